"""Key points: every format, on the right side, moving with the body."""

from itertools import pairwise

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.keypoints import FORMATS, keypoint_format
from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.body_keypoints import (
    FACE68_OF_478,
    body_keypoints,
)
from human_capture.common.rigid import so3_exp

BODY_FORMATS = sorted(set(FORMATS) - {"hand21"})
COUNTS = {"face68": 68, "face478": 478, "left_hand21": 21, "right_hand21": 21}
COUNTS |= {name: len(FORMATS[name]) for name in BODY_FORMATS}


@pytest.fixture(scope="module")
def body():
    return default_body()


@pytest.fixture(scope="module")
def coefficients(body):
    return body.shape(torch.full((1, 11), 0.5))


@pytest.fixture(scope="module")
def resting(body, coefficients):
    still = torch.eye(3).expand(1, len(body.bone_names), 3, 3)
    return body.pose(coefficients, still, torch.zeros(1, 3))


def joint(body, posed, name, format_name):
    index = keypoint_format(format_name).index(name)
    return body_keypoints(body, posed, format_name)[0, index]


@pytest.mark.parametrize("name", COUNTS)
def test_formats_move_rigidly_with_the_body(body, coefficients, resting, name):
    turn = so3_exp(torch.tensor([0.4, -0.7, 1.1]))
    shift = torch.tensor([[1.0, 2.0, 3.0]])
    rotations = turn.expand(1, len(body.bone_names), 3, 3)
    moved = body.pose(coefficients, rotations, shift)
    still = body_keypoints(body, resting, name)
    assert still.shape == (1, COUNTS[name], 3)
    expected = still @ turn.T + shift
    assert torch.allclose(body_keypoints(body, moved, name), expected, atol=1e-4)


@pytest.mark.parametrize("name", BODY_FORMATS)
def test_left_is_left_and_mirrors_right(body, resting, name):
    points = body_keypoints(body, resting, name)[0]
    kind = keypoint_format(name)
    for index, label in enumerate(kind.joints):
        if label.startswith("left_"):
            assert points[index, 0] > 0.005, label
    mirrored = points[list(kind.flip)] * torch.tensor([-1.0, 1.0, 1.0])
    assert (mirrored - points).norm(dim=-1).max() < 0.006


def test_order_from_head_to_foot(body, resting):
    names = ("head_top", "neck_nose", "thorax", "spine", "pelvis", "left_knee")
    heights = [joint(body, resting, name, "human36m")[2] for name in names]
    assert all(upper > lower + 0.03 for upper, lower in pairwise(heights))


def test_surface_and_bone_hips_differ_by_centimetres(body, resting):
    inner = joint(body, resting, "left_hip_centre", "human36m")
    surface = joint(body, resting, "left_hip", "coco17")
    assert 0.015 < (inner - surface).norm() < 0.06


def test_pelvis_is_midway_between_the_hips(body, resting):
    sides = [
        joint(body, resting, f"{side}_hip_centre", "human36m")
        for side in ("left", "right")
    ]
    middle = joint(body, resting, "pelvis", "human36m")
    assert torch.allclose(middle, (sides[0] + sides[1]) / 2)


def test_face68_is_part_of_face478(body, resting):
    whole = body_keypoints(body, resting, "face478")
    some = body_keypoints(body, resting, "face68")
    assert len(FACE68_OF_478) == len(set(FACE68_OF_478)) == 68
    assert torch.equal(some, whole[:, list(FACE68_OF_478)])
    face = some[0]
    assert face[30, 1] < face[0, 1] - 0.05  # the nose tip lies before the jaw's end
    assert face[8, 2] < face[57, 2] < face[30, 2] < face[27, 2] < face[19, 2]
    assert face[0, 0] < face[16, 0]  # the jaw runs from the person's right to left
    nose = joint(body, resting, "nose", "coco17")
    assert (face[30] - nose).norm() < 0.02


@pytest.mark.parametrize("side", ["left", "right"])
def test_fingertips_lie_beyond_the_last_joints(body, resting, side):
    hand = body_keypoints(body, resting, f"{side}_hand21")[0]
    for finger in range(5):
        last, tip = hand[3 + 4 * finger], hand[4 + 4 * finger]
        assert 0.012 < (tip - last).norm() < 0.05
        assert (tip - hand[0]).norm() > (last - hand[0]).norm()


def test_unknown_formats_list_the_known(body, resting):
    with pytest.raises(InputError, match="left_hand21"):
        body_keypoints(body, resting, "hand21")
