# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""An avatar's poses in which its key points come as near the captured ones as they can.

Retargeting takes over directions. What is then left between the avatar's key points
and the captured ones is added to the joints that were asked for, and so again: a spine
bends differently from a straight line, and shoulders rise with the arms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float

from human_capture.common.people.anatomy.skeleton import SIDES
from human_capture.common.people.movement.motion import Motion
from human_capture.common.people.movement.retargeting import Pose, retarget
from human_capture.pose3d.outputs.views.acted_joints import ActedJoints
from human_capture.pose3d.outputs.views.avatar_body import AvatarBody
from human_capture.pose3d.outputs.views.avatar_motion import avatar_motion

_REPEATS = 2  # more change little
_LOW_SPINE = 0.3  # share of the way from hips to neck at which a motion's chest lies


def follow(
    joints: ActedJoints,
    avatar: AvatarBody,
    fingers: Mapping[str, Float[np.ndarray, "1 3 3"]],
) -> Pose:
    """The poses in which an avatar follows captured joints.

    The middle of the way stays where it is, also where the avatar is of another size;
    steps and heights then grow with its legs.

    Args:
        joints: Captured.
        avatar: Who follows.
        fingers: Rotations against the hands, by the names of bones.
    """
    middle = joints.positions["mid_hip"].mean(0) * [1, 1, 0]
    near = {name: position - middle for name, position in joints.positions.items()}
    motion = avatar_motion(replace(joints, positions=near), avatar)
    for _ in range(_REPEATS):
        motion = _corrected(motion, near, avatar)
    pose = retarget(motion, avatar.body, avatar.skeleton, fingers)
    return Pose(pose.rotations, pose.root + torch.from_numpy(middle).to(pose.root))


def _corrected(
    motion: Motion, wanted: Mapping[str, np.ndarray], avatar: AvatarBody
) -> Motion:
    """The motion, moved by what the avatar's key points still lack."""
    pose = retarget(motion, avatar.body, avatar.skeleton)
    found = avatar.posed(pose)
    scale = _scale(motion, avatar)
    lack = {name: wanted[name] - found[name] / scale for name in wanted}
    hips = (lack["left_hip"] + lack["right_hip"]) / 2
    lack |= {"pelvis": hips, "chest": hips + _LOW_SPINE * (lack["neck"] - hips)}
    for side in SIDES:
        if f"{side}_big_toe" in lack:
            lack[f"{side}_toe"] = lack[f"{side}_big_toe"]
    moved = {
        name: position + lack[name] if name in lack else position
        for name, position in motion.positions.items()
    }
    return replace(motion, positions=moved)


def _scale(motion: Motion, avatar: AvatarBody) -> float:
    """How much larger than the captured person the avatar is, for retargeting."""
    hip, knee, ankle = (motion.positions[f"left_{j}"] for j in ("hip", "knee", "ankle"))
    thigh, shank = (np.linalg.norm(x, axis=-1) for x in (knee - hip, ankle - knee))
    return float(avatar.skeleton.leg / np.median(thigh + shank))
