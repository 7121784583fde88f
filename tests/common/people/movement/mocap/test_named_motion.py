"""Motions of named nodes: which of them count, and what is missing."""

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap.named_motion import (
    find_chest,
    named_motion,
)
from human_capture.common.people.movement.motion import MOTION_JOINTS, REQUIRED_JOINTS


def upright(heights, left=()):
    """Points on a vertical line by name."""
    points = {name: np.array([[0.0, 0.0, z]] * 2) for name, z in heights.items()}
    for name, z in left:
        points[name] = np.array([[0.1, 0.0, z]] * 2)
        points[name.replace("Left", "Right")] = np.array([[-0.1, 0.0, z]] * 2)
    return points


LIMBS = [
    *(("LeftUpLeg", 0.9), ("LeftLeg", 0.5), ("LeftFoot", 0.1)),
    *(("LeftArm", 1.4), ("LeftForeArm", 1.1), ("LeftHand", 0.9)),
]


@pytest.mark.parametrize(
    ("spine", "chest"),
    [
        ({"Spine": 1.0, "Spine1": 1.1, "Spine2": 1.25}, "Spine1"),
        ({"Spine": 1.05, "Spine1": 1.3}, "Spine"),
        ({"LowerBack": 0.95, "Spine": 1.1, "Spine1": 1.25}, "Spine"),
        ({"Chest": 1.05, "Chest2": 1.2}, "Chest"),
        ({"spine_01": 1.0, "spine_02": 1.12, "spine_03": 1.3}, "spine_02"),
        ({"Spine": 0.9}, None),
    ],
)
def test_chest_is_the_node_at_the_lowest_ribs(spine, chest):
    points = upright({"Hips": 1.0, "Neck": 1.5, **spine}, LIMBS)
    assert find_chest(points) == chest


def test_pelvis_lies_between_the_hips_wherever_the_root_is():
    points = upright({"Hips": 1.0, "Spine": 1.1, "Neck": 1.5}, LIMBS)
    motion = named_motion(points, 25.0, "a.bvh")
    np.testing.assert_allclose(motion.positions["pelvis"], [[0, 0, 0.9]] * 2)
    assert set(motion.positions) == REQUIRED_JOINTS
    assert list(motion.positions) == [j for j in MOTION_JOINTS if j in REQUIRED_JOINTS]


@pytest.mark.parametrize("name", ["LeftForeArm", "Spine", "Neck", "RightUpLeg"])
def test_missing_joint_is_named(name):
    joint = {"LeftForeArm": "left_elbow", "Spine": "chest", "Neck": "neck"}
    points = upright({"Hips": 1.0, "Spine": 1.1, "Neck": 1.5}, LIMBS)
    del points[name]
    with pytest.raises(InputError, match=rf"no .*{joint.get(name, 'right_hip')}"):
        named_motion(points, 25.0, "a.bvh")


@pytest.mark.parametrize(
    ("end", "kept"),
    [((0.1, -0.15, 0.02), True), ((0.1, 0.0, 0.02), False), ((0.1, 0.0, 0.1), False)],
)
def test_end_of_a_chain_is_a_toe_only_where_a_foot_can_be(end, kept):
    points = upright({"Hips": 1.0, "Spine": 1.1, "Neck": 1.5}, LIMBS)
    points["LeftFoot_end"] = np.array([end] * 2)
    motion = named_motion(points, 25.0, "a.bvh")
    assert ("left_toe" in motion.positions) == kept


def test_frame_without_numbers_is_named():
    points = upright({"Hips": 1.0, "Spine": 1.1, "Neck": 1.5}, LIMBS)
    points["LeftHand"][1, 2] = np.nan
    with pytest.raises(InputError, match="frame 2 of 2"):
        named_motion(points, 25.0, "a.bvh")
