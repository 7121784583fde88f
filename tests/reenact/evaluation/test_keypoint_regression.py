import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.evaluation.keypoint_regression import (
    keypoint_regression,
    landmark_network,
)
from human_capture.reenact.evaluation.pose_error import landmark_errors

PERSON = torch.arange(8).repeat_interleave(40)


def random(seed):
    return torch.Generator().manual_seed(seed)


def faces():
    """Faces that follow from four numbers."""
    numbers = torch.randn(len(PERSON), 4, generator=random(0))
    shapes = 0.02 * torch.randn(4, 136, generator=random(1))
    mean = torch.rand(136, generator=random(2))
    return numbers, (mean + numbers @ shapes).unflatten(-1, (68, 2))


def test_landmarks_are_read_off_a_descriptor_that_holds_them():
    numbers, landmarks = faces()
    mixed = 10 * numbers @ torch.randn(4, 16, generator=random(3)) + 3
    found = keypoint_regression(mixed, landmarks, PERSON, random(4), 400)
    assert found.error < 0.2 * found.constant


def test_noise_is_no_better_than_the_mean():
    noise = torch.randn(len(PERSON), 16, generator=random(5))
    found = keypoint_regression(noise, faces()[1], PERSON, random(6), 100)
    assert found.error > 0.95 * found.constant


def test_the_constant_is_the_mean_of_the_people_seen():
    numbers, landmarks = faces()
    found = keypoint_regression(numbers, landmarks, PERSON, random(7), 1)
    held = PERSON % 4 == 0
    mean = landmarks[~held].mean(0).expand(int(held.sum()), -1, -1)
    expected = landmark_errors(mean, landmarks[held]).mean().item()
    assert abs(found.constant - expected) < 1e-6


def test_the_same_seed_gives_the_same_network():
    numbers, landmarks = faces()
    first, second = (
        landmark_network(numbers, landmarks, random(8), 20) for _ in range(2)
    )
    assert torch.equal(first(numbers), second(numbers))


def test_one_person_is_not_enough():
    numbers, landmarks = faces()
    with pytest.raises(InputError, match="two people"):
        keypoint_regression(numbers, landmarks, torch.zeros_like(PERSON), random(9))
