# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Motions of skeletons whose nodes carry the names of their own format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap.joint_names import (
    match_joints,
    spine_names,
)
from human_capture.common.people.movement.motion import (
    MOTION_JOINTS,
    REQUIRED_JOINTS,
    Motion,
)

CHEST_SHARE = 0.35
"""How far from the hips to the base of the neck the lowest ribs are."""

_END = "_end"
_OPTIONAL = frozenset(MOTION_JOINTS) - REQUIRED_JOINTS


def named_motion(
    points: Mapping[str, Float[np.ndarray, "frame 3"]],
    fps: float,
    source: str | Path,
) -> Motion:
    """The motion of a skeleton whose nodes carry the names of its own format.

    Args:
        points: In metres, z up; nodes that are no joints of a motion are left out.
        fps: Frames a second.
        source: Where the points are from, for messages.

    Raises:
        InputError: A required joint is missing, or a position is not a number.
    """
    found = match_joints(points)
    joints = {joint: np.asarray(points[found[joint]], float) for joint in found}
    for joint in sorted(_OPTIONAL & set(joints)):
        if found[joint].endswith(_END) and _only_drawn(joint, joints):
            del joints[joint]
    if {"left_hip", "right_hip"} <= set(joints):
        joints["pelvis"] = (joints["left_hip"] + joints["right_hip"]) / 2
    chest = find_chest(points)
    if chest is not None:
        joints["chest"] = np.asarray(points[chest], float)
    missing = [j for j in MOTION_JOINTS if j in REQUIRED_JOINTS - set(joints)]
    if missing:
        raise InputError(
            f"{source}: the skeleton has no {', '.join(missing)}; its joints are "
            f"{', '.join(points) or 'none'}."
        )
    known = known_frames(list(joints.values()))
    if not known.all():
        raise InputError(
            f"{source}: frame {int(np.argmin(known)) + 1} of {len(known)} has "
            "positions that are not numbers; cut such frames out."
        )
    return Motion({j: joints[j] for j in MOTION_JOINTS if j in joints}, fps)


def find_chest(points: Mapping[str, Float[np.ndarray, "frame 3"]]) -> str | None:
    """The node of the spine that is nearest to the lowest ribs, if there is one.

    How many nodes a spine has and how they are named differs from program to program,
    so its place between hips and neck decides.
    """
    found = match_joints(points)
    if not {"left_hip", "right_hip", "neck"} <= set(found):
        return None
    hips = (points[found["left_hip"]] + points[found["right_hip"]]) / 2
    trunk = points[found["neck"]] - hips
    away = {}
    for name in spine_names(points):
        along = ((points[name] - hips) * trunk).sum(-1)
        share = float(np.median(along / np.maximum((trunk**2).sum(-1), 1e-12)))
        if 0.1 < share < 0.85:
            away[name] = abs(share - CHEST_SHARE)
    return min(away, key=lambda name: away[name]) if away else None


def known_frames(
    tracks: Sequence[Float[np.ndarray, "frame 3"]],
) -> Bool[np.ndarray, " frame"]:
    """In which frames all of the positions are numbers."""
    return np.asarray(np.isfinite(np.stack(tracks, 1)).all((1, 2)))


def required(found: Mapping[str, str]) -> list[str]:
    """The names among those found without which there is no motion."""
    return [name for joint, name in found.items() if joint not in _OPTIONAL]


def _only_drawn(joint: str, joints: Mapping[str, Float[np.ndarray, "frame 3"]]) -> bool:
    """Whether the end of a chain is no part of the body.

    Programs end the chain of an ankle or a neck anywhere, just to draw a last bone: at
    the joint itself, or straight on from the shank, where nobody has a foot.
    """
    start = joint.replace("toe", "ankle").replace("head", "neck")
    above = joint.replace("toe", "knee")
    if start not in joints:
        return True
    bone = joints[joint] - joints[start]
    length = np.linalg.norm(bone, axis=-1)
    if joint == "head" or above not in joints:
        return bool(np.median(length) < 1e-6)
    shank = joints[start] - joints[above]
    along = (bone * shank).sum(-1) / np.maximum(np.linalg.norm(shank, axis=-1), 1e-12)
    return bool(np.median(along) >= 0.95 * np.median(length))
