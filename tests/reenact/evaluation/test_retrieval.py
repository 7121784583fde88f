import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.evaluation.retrieval import (
    nearest_others,
    retrieval_accuracy,
    retrieval_chance,
)


def random_frames(seed=0, people=4, frames=30, classes=3):
    generator = torch.Generator().manual_seed(seed)
    count = people * frames
    return (
        torch.randn(count, 8, generator=generator, dtype=torch.float64),
        torch.randint(classes, (count,), generator=generator),
        torch.arange(people).repeat_interleave(frames),
    )


def reference(descriptors, classes, person, count):
    unit = descriptors / np.linalg.norm(descriptors, axis=1, keepdims=True)
    hits = []
    for query in range(len(unit)):
        others = np.flatnonzero(person != person[query])
        order = np.argsort(-(unit[others] @ unit[query]))[:count]
        hits += (classes[others[order]] == classes[query]).tolist()
    return np.mean(hits)


def test_accuracy_matches_a_loop_over_queries():
    frames = random_frames()
    found = retrieval_accuracy(*frames, counts=(1, 7, 20))
    for count, share in found.items():
        expected = reference(*(part.numpy() for part in frames), count)
        assert abs(share - expected) < 1e-12


def test_perfect_clusters_are_found_whatever_their_lengths():
    _, classes, person = random_frames(frames=60)
    lengths = torch.rand(len(classes), 1) + 0.1
    descriptors = lengths * torch.eye(3)[classes]
    found = retrieval_accuracy(descriptors, classes, person, (1, 10, 20))
    assert set(found.values()) == {1.0}


def test_own_frames_are_never_found():
    descriptors, _, person = random_frames()
    descriptors = descriptors * 0.1 + 5 * torch.eye(8).double()[person]
    nearest = nearest_others(descriptors, person, 5)
    assert (person[nearest] != person[:, None]).all()


def test_noise_finds_what_chance_finds():
    frames = random_frames(people=8, frames=60)
    found = retrieval_accuracy(*frames, counts=(50,))
    assert abs(found[50] - retrieval_chance(*frames[1:])) < 0.02


def test_chance_counts_others_only():
    classes, person = torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 1, 1])
    # each of the first two has a half, the third both of two, the last none
    assert retrieval_chance(classes, person) == (0.5 + 0.5 + 1 + 0) / 4


def test_too_few_frames_are_answered_with_a_sentence():
    with pytest.raises(InputError, match="more people"):
        retrieval_accuracy(*random_frames(), counts=(91,))
