import numpy as np
import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.rigid import so3_exp
from human_capture.multineus.canonical import (
    canonical_landmarks,
    find_camera,
    likely_focal,
)


def camera(focal=900.0, turn=0.3):
    intrinsics = torch.tensor([[focal, 0, 256], [0, focal, 256], [0, 0, 1.0]])
    upright = torch.tensor([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    world_to_camera = torch.eye(4)
    world_to_camera[:3, :3] = upright @ so3_exp(torch.tensor([0.1, 0.05, turn]))
    world_to_camera[:3, 3] = torch.tensor([0.1, -0.05, 1.7])
    return Cameras(intrinsics, world_to_camera)


def landmarks(camera):
    return camera.project(canonical_landmarks())[0].numpy()


def test_faces_look_along_minus_y_with_z_up():
    points = canonical_landmarks()
    nose, chin, forehead = points[1], points[152], points[10]
    right_eye, left_eye = points[33], points[263]
    assert nose[1] < min(right_eye[1], left_eye[1])
    assert chin[2] < nose[2] < forehead[2]
    assert left_eye[0] > 0 > right_eye[0]
    assert 0.07 < (left_eye - right_eye).norm() < 0.13  # metres


@pytest.mark.parametrize("turn", [-0.8, 0.0, 0.8])
def test_the_camera_of_exact_landmarks_is_found(turn):
    true = camera(turn=turn)
    found = find_camera(landmarks(true), 512, 512, 900.0)
    torch.testing.assert_close(
        found.world_to_camera, true.world_to_camera, atol=1e-3, rtol=1e-3
    )


def test_a_likely_focal_length_puts_the_camera_at_the_usual_distance():
    seen = landmarks(camera(focal=1234.0, turn=0.0))
    found = find_camera(seen, 512, 512)
    assert found.intrinsics[0, 0] == pytest.approx(likely_focal(seen))
    assert 1.3 < float(found.translation.norm()) < 2.1


def test_landmarks_without_extent_have_no_camera():
    with pytest.raises(InputError, match="No camera fits"):
        find_camera(np.full((478, 2), 100.0), 512, 512, 900.0)
