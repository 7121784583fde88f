# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""From captured joints to the motion of an avatar's bones.

Key points lie a few centimetres from where bones turn, most of all at hips and
shoulders. The avatar at rest tells how far; this offset turns with the part of the
body that it belongs to and is added to the captured joint.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from human_capture.common.people.anatomy.skeleton import SIDES
from human_capture.common.people.movement.motion import Motion
from human_capture.common.people.movement.orientations import (
    UP,
    apply,
    axes,
    dot,
    ease,
    swing,
    unit,
)
from human_capture.pose3d.outputs.views.acted_joints import (
    ActedJoints,
    Joints,
    leg_length,
)
from human_capture.pose3d.outputs.views.avatar_body import AvatarBody

Vectors = Float[np.ndarray, "frame 3"]
Rotations = Float[np.ndarray, "frame 3 3"]

_ARM = (("shoulder", "upperarm01"), ("elbow", "lowerarm01"), ("wrist", "wrist"))
_LEG = (("hip", "upperleg01"), ("knee", "lowerleg01"), ("ankle", "foot"))


def avatar_motion(joints: ActedJoints, avatar: AvatarBody) -> Motion:
    """The motion that puts the avatar's key points where the captured ones are.

    Args:
        joints: Captured.
        avatar: Who is to perform, at the place and of the size of the captured person.
    """
    transfer = _Transfer(joints, avatar)
    now, rest = joints.positions, avatar.keypoints
    pelvis = _turned(_trunk(now, "hip"), _trunk(rest, "hip"))
    chest = _turned(_trunk(now, "shoulder"), _trunk(rest, "shoulder"))
    placed: Joints = {"neck": transfer.bone("neck01", "neck", chest)}
    for side in SIDES:
        placed |= transfer.limb(side, _ARM, chest) | transfer.limb(side, _LEG, pelvis)
        known = f"{side}_heel" in now and f"{side}_big_toe" in now
        toe = transfer.toe if known else transfer.unseen_toe
        placed[f"{side}_toe"] = toe(side, placed[f"{side}_ankle"])
    placed["pelvis"] = (placed["left_hip"] + placed["right_hip"]) / 2
    placed["chest"] = transfer.chest(placed["pelvis"], placed["neck"], pelvis, chest)
    rotations = {}
    if {"nose", "left_ear", "right_ear"} <= {*now}:
        rotations["head"] = _turned(_face(now), _face(rest))
    elif "head_top" in now:
        placed["head"] = now["head_top"]
    return Motion(placed, joints.fps, rotations)


class _Transfer:
    """From key points to bones, by how the avatar at rest has them."""

    def __init__(self, joints: ActedJoints, avatar: AvatarBody) -> None:
        self.now, self.rest = joints.positions, avatar.keypoints
        self.skeleton = avatar.skeleton
        self.size = joints.leg / leg_length(avatar.keypoints)

    def bone(self, name: str, keypoint: str, rotation: Rotations) -> Vectors:
        """The head of a bone, whose offset from a key point turns with the body."""
        offset = self.skeleton.joints[name] - self.rest[keypoint][0]
        return self.now[keypoint] + self.size * apply(rotation, offset)

    def limb(
        self, side: str, parts: tuple[tuple[str, str], ...], rotation: Rotations
    ) -> Joints:
        """The three joints of an arm or a leg, from the rotation it hangs on."""
        names = [f"{side}_{joint}" for joint, _ in parts]
        placed = {}
        for index, (name, (_, bone)) in enumerate(zip(names, parts, strict=True)):
            if index:
                before, after = (
                    joints[name] - joints[names[index - 1]]
                    for joints in (self.rest, self.now)
                )
                rotation = swing(apply(rotation, before), after) @ rotation
            placed[name] = self.bone(f"{bone}.{side[0].upper()}", name, rotation)
        return placed

    def toe(self, side: str, ankle: Vectors) -> Vectors:
        """The ball of the foot, which points where heel and big toe do."""
        rotation = _turned(_foot(self.now, side), _foot(self.rest, side))
        ball = self.skeleton.bone(side, "toe2-1") - self.skeleton.bone(side, "foot")
        return ankle + self.size * apply(rotation, ball)

    def unseen_toe(self, side: str, ankle: Vectors) -> Vectors:
        """A ball of the foot: flat on the floor where a shin stands, else under it."""
        shin = self.now[f"{side}_ankle"] - self.now[f"{side}_knee"]
        rest = self.rest[f"{side}_ankle"] - self.rest[f"{side}_knee"]
        pelvis = _turned(_trunk(self.now, "hip"), _trunk(self.rest, "hip"))
        hanging = swing(apply(pelvis, rest), shin) @ pelvis
        standing = axes(pelvis[..., 0] * [1, 1, 0], UP + 0 * shin)
        level = np.quantile(ankle[:, 2], 0.05)
        share = ease((level + 0.15 - ankle[:, 2:]) / 0.12) * ease(
            -2 * unit(shin)[:, 2:]
        )
        ball = self.skeleton.bone(side, "toe2-1") - self.skeleton.bone(side, "foot")
        flat, loose = apply(standing, ball), apply(hanging, ball)
        return ankle + self.size * (share * flat + (1 - share) * loose)

    def chest(
        self, hips: Vectors, neck: Vectors, pelvis: Rotations, chest: Rotations
    ) -> Vectors:
        """Between hips and neck, as far up and as far back as at rest."""
        bones = self.skeleton.joints
        whole = bones["neck01"] - self.skeleton.hips
        offset = bones["spine03"] - self.skeleton.hips
        share = float(dot(offset, whole)[0] / dot(whole, whole)[0])
        back = self.size * (offset - share * whole)
        sideways = (apply(pelvis, back) + apply(chest, back)) / 2
        return hips + share * (neck - hips) + sideways


def _turned(now: Rotations, rest: Float[np.ndarray, "1 3 3"]) -> Rotations:
    """Rotations away from rest."""
    return now @ np.swapaxes(rest, -1, -2)


def _trunk(joints: Joints, part: str) -> Rotations:
    """Axes of the trunk: across hips or shoulders, and up to the neck."""
    across = joints[f"left_{part}"] - joints[f"right_{part}"]
    return axes(across, joints["neck"] - joints["mid_hip"])


def _face(joints: Joints) -> Rotations:
    """Axes of the head: across the ears, and up from the plane of ears and nose."""
    left = joints["left_ear"] - joints["right_ear"]
    ahead = joints["nose"] - (joints["left_ear"] + joints["right_ear"]) / 2
    return axes(left, np.cross(ahead, left))


def _foot(joints: Joints, side: str) -> Rotations:
    """Axes of a foot: from heel to toe exactly, and up nearest the shin."""
    shin = unit(joints[f"{side}_knee"] - joints[f"{side}_ankle"])
    ahead = joints[f"{side}_big_toe"] - joints[f"{side}_heel"]
    left = np.cross(shin, ahead)
    return axes(left, np.cross(ahead, left))
