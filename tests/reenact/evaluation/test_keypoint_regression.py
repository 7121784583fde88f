import torch

from human_capture.reenact.evaluation.keypoint_regression import (
    keypoint_regression,
    landmark_network,
)
from human_capture.reenact.evaluation.people import Described, People
from human_capture.reenact.evaluation.pose_error import landmark_errors

FRAMES, LEARNT = 320, 240


def random(seed):
    return torch.Generator().manual_seed(seed)


def faces():
    """Faces that follow from four numbers."""
    numbers = torch.randn(FRAMES, 4, generator=random(0))
    shapes = 0.02 * torch.randn(4, 136, generator=random(1))
    mean = torch.rand(136, generator=random(2))
    return numbers, (mean + numbers @ shapes).unflatten(-1, (68, 2))


def regressed(descriptors, seed, steps):
    """Learnt from the first frames, tested on the others."""
    landmarks = faces()[1]
    parts = []
    for part in (slice(LEARNT), slice(LEARNT, None)):
        number = torch.zeros(len(landmarks[part]), dtype=torch.long)
        pictures = torch.zeros(len(number), 3, 1, 1, dtype=torch.uint8)
        unknown = torch.full((len(number), 52), torch.nan)
        people = People(
            pictures,
            pictures[:, :1],
            landmarks[part],
            unknown,
            unknown[:, :3],
            number,
            number,
        )
        parts.append(Described(people, descriptors[part]))
    return keypoint_regression(*parts, random(seed), steps)


def test_landmarks_are_read_off_a_descriptor_that_holds_them():
    numbers = faces()[0]
    mixed = 10 * numbers @ torch.randn(4, 16, generator=random(3)) + 3
    found = regressed(mixed, 4, 400)
    assert found.error < 0.2 * found.constant


def test_noise_is_no_better_than_the_mean():
    noise = torch.randn(FRAMES, 16, generator=random(5))
    found = regressed(noise, 6, 100)
    assert found.error > 0.95 * found.constant


def test_the_constant_is_the_mean_of_the_people_seen():
    numbers, landmarks = faces()
    found = regressed(numbers, 7, 1)
    true = landmarks[LEARNT:]
    expected = landmark_errors(landmarks[:LEARNT].mean(0).expand_as(true), true)
    assert abs(found.constant - expected.mean().item()) < 1e-6


def test_the_same_seed_gives_the_same_network():
    numbers, landmarks = faces()
    first, second = (
        landmark_network(numbers, landmarks, random(8), 20) for _ in range(2)
    )
    assert torch.equal(first(numbers), second(numbers))
