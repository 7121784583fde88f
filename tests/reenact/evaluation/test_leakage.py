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
from human_capture.reenact.evaluation.people import Described, People

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
    assert told.each.shape == (PEOPLE,) and told.each.std() > 0
    assert told.each.mean().item() == pytest.approx(told.accuracy)


def test_who_is_given_away_is_told_apart_from_who_is_not():
    known = torch.eye(PEOPLE)[PERSON] * (PERSON == 2)[:, None]
    told = identity_leakage(known, PERSON, CLIP, random())
    assert told.each[2] == 1
    assert told.each[torch.arange(PEOPLE) != 2].mean() < 0.5


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


def people(first, people=PEOPLE):
    """Frames of some people of whom only what they do is known."""
    number = torch.arange(people).repeat_interleave(CLIPS * FRAMES)
    actions = torch.zeros(len(number), 52)
    actions[:, :10] = torch.rand(len(number), 10, generator=random(first))
    turn = noise(first + 1, len(number), 3)
    pictures = torch.zeros(len(number), 3, 1, 1, dtype=torch.uint8)
    return People(
        frames=pictures,
        masks=pictures[:, :1],
        landmarks=noise(first, len(number), 68, 2),
        actions=actions,
        turn=turn,
        person=number,
        clip=number,
    )


LEARNT, JUDGED = people(6, 2 * PEOPLE), people(16)


def found(describe):
    pair = (Described(each, describe(each)) for each in (LEARNT, JUDGED))
    return recovery(*pair, random())


def test_a_linear_descriptor_tells_all_of_expression_and_turn():
    def mixed(seen):
        return torch.cat((seen.actions[:, :10], seen.turn), 1) @ noise(8, 13, 32)

    told = found(mixed)
    assert told.expression > 0.99
    assert told.standard_error < 0.01
    assert told.turn.min() > 0.99
    assert told.actions.isnan().sum() == 42  # what does not vary is not judged


def test_noise_tells_nothing_of_expression_and_turn():
    told = found(lambda seen: noise(len(seen), len(seen), 16))
    assert abs(told.expression) < 0.05
    assert told.turn.abs().max() < 0.05


def test_what_is_known_of_one_person_does_not_help_with_others():
    def strange(seen, first):
        # each person's descriptor speaks another language
        descriptors = torch.zeros(len(seen), 3 * 3 * PEOPLE)
        for number in range(seen.count):
            own, place = number == seen.person, 3 * (first + number)
            descriptors[own, place : place + 3] = seen.turn[own]
        return Described(seen, descriptors)

    told = recovery(strange(LEARNT, 0), strange(JUDGED, 2 * PEOPLE), random())
    assert told.turn.max() < 0.05


def test_the_error_is_that_of_other_draws_of_people():
    def half_known(seen):
        # of half of the people everything is said, of the others nothing
        known = (seen.person % 2 == 0)[:, None]
        return torch.where(known, seen.actions[:, :10], 0.5)

    assert found(half_known).standard_error > 0.05


def test_few_people_are_not_learnt_from():
    few = people(6, 3)
    with pytest.raises(InputError, match="four people"):
        recovery(Described(few, few.turn), Described(JUDGED, JUDGED.turn), random())


def test_explained_variance_matches_its_definition():
    predicted, true = noise(10, 9, 2), noise(11, 9, 2)
    found = explained_variance(predicted, true)
    for column in range(2):
        p, t = predicted[:, column].numpy(), true[:, column].numpy()
        expected = 1 - np.sum((p - t) ** 2) / np.sum((t - t.mean()) ** 2)
        assert abs(found[column] - expected) < 1e-5
    assert (explained_variance(true, true) == 1).all()
