import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.evaluation.leakage import (
    bootstrap_error,
    explained_variance,
    identity_leakage,
    recovery,
)

PEOPLE, CLIPS, FRAMES = 6, 3, 20
PERSON = torch.arange(PEOPLE).repeat_interleave(CLIPS * FRAMES)
CLIP = torch.arange(PEOPLE * CLIPS).repeat_interleave(FRAMES)


def random(seed=0):
    return torch.Generator().manual_seed(seed)


def noise(seed, *shape):
    return torch.randn(*shape, generator=random(seed))


def test_a_descriptor_that_is_the_person_gives_the_person_away():
    told = identity_leakage(torch.eye(PEOPLE)[PERSON], PERSON, CLIP, random())
    assert told.accuracy == 1
    assert told.standard_error == 0
    assert told.chance == 1 / PEOPLE


def test_noise_gives_nothing_away():
    told = identity_leakage(noise(1, len(PERSON), 12), PERSON, CLIP, random())
    assert abs(told.accuracy - told.chance) < 0.1
    assert 0 < told.standard_error < 0.1


def test_what_tells_the_clip_but_not_the_person_does_not_help():
    # a room of its own for each clip: frames of it are known, the next clip is not
    rooms = noise(2, PEOPLE * CLIPS, 40)[CLIP] + 0.01 * noise(3, len(CLIP), 40)
    told = identity_leakage(rooms, PERSON, CLIP, random())
    assert told.accuracy < 0.5


def test_one_clip_of_each_person_is_halved():
    person = torch.arange(PEOPLE).repeat_interleave(FRAMES)
    told = identity_leakage(torch.eye(PEOPLE)[person], person, person, random())
    assert told.accuracy == 1


def test_the_error_of_single_draws_is_the_textbook_one():
    values = noise(4, 400)
    error = bootstrap_error(values, torch.arange(400), random(), 4000)
    assert abs(error - values.std().item() / 20) < 0.05 / 20


def test_frames_that_repeat_each_other_are_no_evidence():
    values = noise(5, 40)
    single = bootstrap_error(values, torch.arange(40), random())
    groups = torch.arange(40).repeat_interleave(25)
    repeated = bootstrap_error(values.repeat_interleave(25), groups, random())
    assert abs(repeated - single) < 1e-6


def truth():
    actions = torch.zeros(len(PERSON), 52)
    actions[:, :10] = torch.rand(len(PERSON), 10, generator=random(6))
    return actions, noise(7, len(PERSON), 3)


def test_a_linear_descriptor_tells_all_of_expression_and_turn():
    actions, turn = truth()
    mixed = torch.cat((actions[:, :10], turn), 1) @ noise(8, 13, 32)
    found = recovery(mixed, actions, turn, PERSON)
    assert found.expression > 0.99
    assert found.turn.min() > 0.99
    assert found.actions.isnan().sum() == 42  # what does not vary is not judged


def test_noise_tells_nothing_of_expression_and_turn():
    actions, turn = truth()
    found = recovery(noise(9, len(PERSON), 16), actions, turn, PERSON)
    assert abs(found.expression) < 0.05
    assert found.turn.abs().max() < 0.05


def test_what_is_known_of_one_person_does_not_help_with_others():
    actions, turn = truth()
    # each person's descriptor speaks another language
    descriptors = torch.zeros(len(PERSON), 3 * PEOPLE)
    for number in range(PEOPLE):
        own = number == PERSON
        descriptors[own, 3 * number : 3 * number + 3] = turn[own]
    assert recovery(descriptors, actions, turn, PERSON).turn.max() < 0.05
    with pytest.raises(InputError, match="four people"):
        few = PERSON < 3
        recovery(descriptors[few], actions[few], turn[few], PERSON[few])


def test_explained_variance_matches_its_definition():
    predicted, true = noise(10, 9, 2), noise(11, 9, 2)
    found = explained_variance(predicted, true)
    for column in range(2):
        p, t = predicted[:, column].numpy(), true[:, column].numpy()
        expected = 1 - np.sum((p - t) ** 2) / np.sum((t - t.mean()) ** 2)
        assert abs(found[column] - expected) < 1e-5
    assert (explained_variance(true, true) == 1).all()
