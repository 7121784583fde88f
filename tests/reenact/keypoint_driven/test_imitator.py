"""Models that are driven by landmarks are judged like all others."""

import pytest
import torch

from human_capture.reenact.evaluation.methods import TrainedImitator
from human_capture.reenact.networks.keypoint_driven.reenactor import landmarks_to_pose


def faces(pictures):
    """Landmarks that move with the brightness; dark pictures show nobody."""
    brightness = pictures.mean((1, 2, 3))
    face = torch.linspace(0.2, 0.6, 136).reshape(68, 2)
    found = face + 0.2 * brightness[:, None, None]
    found[brightness < 0.1] = torch.nan
    return found


@pytest.fixture
def pictures():
    return torch.rand(5, 3, 24, 24, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", ["vector", "drawing"])
def test_descriptors_are_landmarks_of_the_pictures(kind, pictures, request):
    reenactor = request.getfixturevalue(kind)[0]
    model = TrainedImitator(reenactor, landmarks=faces)
    parts = TrainedImitator(reenactor, batch=2, landmarks=faces)
    pose = model.describe(pictures)
    torch.testing.assert_close(pose, landmarks_to_pose(faces(pictures)))
    assert torch.equal(parts.describe(pictures), pose)
    drawn = model.draw(model.identity(pictures), pose)
    assert drawn.shape == (5, 3, 16, 16) and drawn.min() >= 0 and drawn.max() <= 1


def test_who_it_is_depends_on_the_landmarks_that_are_drawn(drawing, pictures):
    def others(seen):
        return 1 - faces(seen)

    said = [
        TrainedImitator(drawing[0], landmarks=judge).identity(pictures)
        for judge in (faces, others)
    ]
    assert said[0].shape == (8,) and not torch.allclose(*said)


def test_a_face_that_is_not_found_has_the_mean_of_the_others(vector, pictures):
    model = TrainedImitator(vector[0], landmarks=faces)
    pictures[1] = 0
    pose = model.describe(pictures)
    torch.testing.assert_close(pose[1], pose[[0, 2, 3, 4]].mean(0))
    nobody = model.describe(torch.zeros(2, 3, 16, 16))
    assert not nobody.any()  # all landmarks are in the middle
