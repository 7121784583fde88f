# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Soles on the floor: heights at which an avatar touches what the person touched."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from human_capture.common.people.movement.orientations import ease
from human_capture.common.people.movement.retargeting import Pose
from human_capture.pose3d.outputs.views.acted_joints import ActedJoints
from human_capture.pose3d.outputs.views.avatar_body import AvatarBody

_FEET = ("left_heel", "right_heel", "left_big_toe", "right_big_toe")
_HIGHEST_SOLE = 0.15  # metres over the floor that key points of a standing foot lie
_FLESH = 0.10  # metres between the floor and other joints of somebody who lies there
_TOUCHING, _OFF = 0.02, 0.09  # metres over the floor: surely on it, surely not
_SMOOTHING = 0.06  # seconds
_EVERY = 5  # vertices; the rest differs by millimetres
_AT_ONCE = 256  # frames


def grounded(pose: Pose, joints: ActedJoints, avatar: AvatarBody) -> Pose:
    """The poses moved up or down so that the body rests on the floor or jumps.

    Where the person touched the floor the avatar's lowest point does; where the person
    was in the air the avatar keeps its way, and nowhere does it sink in for long.

    Args:
        pose: From :func:`retarget`.
        joints: What was captured.
        avatar: Who performs.
    """
    lowest = _lowest_points(pose, avatar)
    touching = 1 - ease((clearance(joints) - _TOUCHING) / (_OFF - _TOUCHING))
    usual = float(np.median(-lowest[touching > 0.5])) if touching.max() > 0.5 else 0.0
    lift = touching * -lowest + (1 - touching) * np.maximum(usual, -lowest)
    lift = gaussian_filter1d(lift, _SMOOTHING * joints.fps, mode="nearest")
    moved = pose.root.clone()
    moved[:, 2] += torch.from_numpy(lift).to(moved)
    return Pose(pose.rotations, moved)


def clearance(joints: ActedJoints) -> Float[np.ndarray, " frame"]:
    """How far somebody is off the floor, in metres; about 0 in contact.

    Args:
        joints: Of the person.
    """
    feet = [name for name in _FEET if name in joints.positions]
    feet = feet or ["left_ankle", "right_ankle"]
    heights = []
    for name, position in joints.positions.items():
        level = _FLESH
        if name in feet:
            level = float(np.clip(np.quantile(position[:, 2], 0.05), 0, _HIGHEST_SOLE))
        heights.append(position[:, 2] - level)
    return np.min(heights, axis=0)


@torch.no_grad()
def _lowest_points(pose: Pose, avatar: AvatarBody) -> Float[np.ndarray, " frame"]:
    """Height of the lowest point of the skin, in metres."""
    body = avatar.body
    vertices, bones = body.rest(avatar.coefficients)
    chosen = slice(0, int(body.faces["body"].max()) + 1, _EVERY)
    skin, weights = vertices[0, chosen].mT, body.bone_weights[:, chosen]
    found = []
    for start in range(0, len(pose.root), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        rotations = pose.rotations[part]
        _, shifts = body.articulate(bones, rotations, pose.root[part])
        rows = torch.cat((rotations[:, :, 2], shifts[..., 2:]), -1)
        blended = rows.mT @ weights
        heights = (blended[:, :3] * skin).sum(1) + blended[:, 3]
        found.append(heights.amin(-1))
    return torch.cat(found).double().numpy()
