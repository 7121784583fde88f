import numpy as np
import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.rigid import move, so3_exp
from human_capture.common.rigs import ring
from human_capture.multineus.canonical import canonical_landmarks, sphere_in_metres
from human_capture.multineus.datasets.neus_scenes import write_scene
from human_capture.multineus.datasets.synthetic import DrawHead, HeadRecipe
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.registration import read_registered_scene, register


def scene(views, scale=3.0):
    """A head somewhere in a world of another unit, and its landmarks."""
    place = torch.eye(4)
    place[:3, :3] = scale * so3_exp(torch.tensor([0.4, -0.2, 0.9]))
    place[:3, 3] = torch.tensor([1.0, 2.0, 0.5])
    rig = ring(8, target=(1.0, 2.0, 0.5), radius=6.0, height=0.5, width=500)
    cameras = Cameras(rig.intrinsics, rig.world_to_camera)[torch.tensor(views)]
    blank = torch.zeros(len(views), 3, 500, 500, dtype=torch.uint8)
    guess = torch.eye(4)
    guess[:3, 3] = place[:3, 3] + 0.1
    pixels, _ = cameras.project(move(canonical_landmarks(), place))
    return Portraits(blank, blank[:, 0], cameras, guess), list(pixels.numpy()), place


def test_a_head_is_found_where_it_is():
    portraits, landmarks, place = scene([0, 1, 2, 5])
    landmarks[1] = None
    found = register(portraits, landmarks)
    torch.testing.assert_close(
        found.sphere, place @ sphere_in_metres(), atol=2e-3, rtol=0
    )


def test_one_view_takes_the_distance_from_the_scene():
    portraits, landmarks, _ = scene([0])
    found = register(portraits, landmarks)
    pixels, _ = portraits.cameras[0].project(
        move(canonical_landmarks(), found.sphere @ torch.linalg.inv(sphere_in_metres()))
    )
    assert np.abs(pixels.numpy() - landmarks[0]).max() < 0.2
    assert float(found.metres) == pytest.approx(3 * 0.24, rel=0.1)


def test_views_that_disagree_are_said():
    portraits, landmarks, _ = scene([0, 2, 4])
    landmarks[1] = landmarks[1] + np.array([150.0, 90.0])
    landmarks[2] = landmarks[2] - np.array([0.0, 180.0])
    with pytest.warns(UserWarning, match="do not agree"):
        register(portraits, landmarks)


def test_a_drawn_scene_is_brought_into_the_frame_of_heads(tmp_path):
    item = DrawHead(HeadRecipe(views=4, size=256, supersampling=1), 905)(0)
    cameras = Cameras(item["intrinsics"], item["world_to_camera"])
    true = Portraits(item["images"], item["masks"], cameras, item["sphere"])
    write_scene(true, tmp_path / "scene")
    found = read_registered_scene(tmp_path / "scene", None, 256)
    between = torch.linalg.inv(true.sphere) @ found.sphere
    assert float(torch.linalg.det(between[:3, :3])) ** (1 / 3) == pytest.approx(
        1, abs=0.1
    )
    turn = between[:3, :3] / torch.linalg.det(between[:3, :3]) ** (1 / 3)
    angle = torch.rad2deg(torch.arccos((turn.trace() - 1) / 2))
    assert float(angle) < 10
    assert float(between[:3, 3].norm()) < 0.1


def test_a_scene_without_a_face_is_said(tmp_path):
    portraits, _, _ = scene([0, 1], scale=1.0)
    portraits.masks.fill_(255)
    write_scene(portraits, tmp_path / "scene")
    with pytest.raises(InputError, match="shows a face"):
        read_registered_scene(tmp_path / "scene", None, 100)
