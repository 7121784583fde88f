"""The tree of joints behind a key-point format, for files that animate rotations.

The rest pose is a T-pose: y up, facing +z, the person's left along +x.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.keypoints import KeypointFormat, convert
from human_capture.pose3d.outputs.palette import side_of

Direction = tuple[float, float, float]

_ROOTS = ("pelvis", "mid_hip", "hand_wrist")

# joint without its side: possible parents, and the rest direction from the parent,
# given for the left; the right mirrors it
_RULES: dict[str, tuple[tuple[str, ...], Direction]] = {
    "hip": (_ROOTS, (1, -0.3, 0)),
    "hip_centre": (_ROOTS, (1, 0, 0)),
    "knee": (("hip", "hip_centre"), (0, -1, 0)),
    "ankle": (("knee",), (0, -1, 0)),
    "heel": (("ankle",), (0, -0.7, -0.7)),
    "big_toe": (("ankle",), (-0.1, -0.4, 0.9)),
    "small_toe": (("ankle",), (0.3, -0.4, 0.9)),
    "spine": (_ROOTS, (0, 1, 0)),
    "thorax": (("spine", *_ROOTS), (0, 1, 0)),
    "neck": (_ROOTS, (0, 1, 0)),
    "neck_nose": (("thorax",), (0, 0.8, 0.5)),
    "head_top": (("neck_nose", "neck"), (0, 1, 0)),
    "nose": (("neck",), (0, 0.8, 0.6)),
    "eye_inner": (("nose",), (0.3, 0.8, -0.4)),
    "eye": (("eye_inner", "nose"), (0.7, 0.6, -0.4)),
    "eye_outer": (("eye",), (1, 0, -0.2)),
    "ear": (("eye_outer", "eye", "nose"), (0.4, -0.1, -0.9)),
    "mouth_corner": (("nose",), (0.5, -0.8, -0.3)),
    "shoulder": (("thorax", "neck"), (1, 0, 0)),
    "elbow": (("shoulder",), (1, 0, 0)),
    "wrist": (("elbow",), (1, 0, 0)),
    "pinky": (("wrist",), (0.9, 0, -0.4)),
    "index": (("wrist",), (1, 0, 0.2)),
    "thumb": (("wrist",), (0.6, -0.2, 0.8)),
}
for _number, _finger in enumerate(("thumb", "index", "middle", "ring", "pinky")):
    _spread = (0.0, 1.0, 0.6 - 0.3 * _number)
    _RULES[f"{_finger}_1"] = (("hand_wrist",), _spread)
    for _part, _before in (("2", "1"), ("3", "2"), ("tip", "3")):
        _RULES[f"{_finger}_{_part}"] = ((f"{_finger}_{_before}",), _spread)

_HINGES: dict[str, Direction] = {"knee": (1, 0, 0), "elbow": (0, -1, 0)}


class NoRootError(InputError):
    """The joints that are known do not make a skeleton."""


@dataclass(frozen=True)
class Hierarchy:
    """Joints in an order in which parents come before their children.

    Attributes:
        joints: Their names; the first is the root.
        parents: For every joint the position of its parent; −1 for the root.
        rest: Unit directions from the parent in the rest pose; zero for the root.
    """

    joints: tuple[str, ...]
    parents: tuple[int, ...]
    rest: Float[Tensor, "joint 3"]

    def children(self, joint: int) -> list[int]:
        """Positions of the joints right below one."""
        return [n for n, parent in enumerate(self.parents) if parent == joint]

    def hinge(self, joint: int) -> Direction | None:
        """The axis about which a knee or elbow bends in the rest pose, else None.

        The axis is the cross product of the bone above and the bent bone below.
        """
        if _stem(self.joints[joint]) not in _HINGES:
            return None
        x, y, z = map(float, _HINGES[_stem(self.joints[joint])])
        return (x, -y, -z) if side_of(self.joints[joint]) == "right" else (x, y, z)


def hierarchy_of(joints: tuple[str, ...]) -> Hierarchy:
    """The tree of those of the joints that hang together below a root.

    Args:
        joints: Names as in the key-point formats, in any order.

    Raises:
        NoRootError: None of them is a root.
    """
    roots = [joint for joint in _ROOTS if joint in joints]
    if not roots:
        raise NoRootError(
            "A skeleton needs a pelvis or both hips (or the wrist of a hand), but the "
            f"motion has only {', '.join(joints) or 'nothing'}."
        )
    names, parents, rest = [roots[0]], [-1], [(0.0, 0.0, 0.0)]
    waiting = [joint for joint in joints if _stem(joint) in _RULES]
    while found := [(j, p) for j in waiting if (p := _parent(j, joints)) in names]:
        for joint, parent in found:
            names.append(joint)
            parents.append(names.index(parent))
            rest.append(_rest(joint))
            waiting.remove(joint)
    directions = torch.tensor(rest, dtype=torch.float64)
    unit = directions / directions.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    return Hierarchy(tuple(names), tuple(parents), unit)


def with_middle_joints(
    points: Float[Tensor, "frame joint 3"], form: KeypointFormat
) -> tuple[tuple[str, ...], Float[Tensor, "frame more 3"], Bool[Tensor, "frame more"]]:
    """Names, positions and validity of the joints, a mid-hip and a neck included.

    Formats that lack them get them as the means of hips and shoulders.

    Args:
        points: NaN where unknown.
        form: The format of the points.
    """
    names = list(form.joints)
    if {"left_hip", "right_hip"} <= {*names} and not {*_ROOTS} & {*names}:
        names.append("mid_hip")
    if {"left_shoulder", "right_shoulder"} <= {*names}:
        names += [] if {"neck", "thorax"} & {*names} else ["neck"]
    wider = KeypointFormat(form.name, tuple(names), (), form.root)
    valid = ~points.isnan().any(-1)
    return wider.joints, *convert(points, form, wider, valid)


def _stem(joint: str) -> str:
    return joint.removeprefix("left_").removeprefix("right_")


def _parent(joint: str, joints: tuple[str, ...]) -> str:
    """The first possible parent that is there, on the joint's own side or between."""
    side = side_of(joint)
    for parent in _RULES[_stem(joint)][0]:
        for name in (f"{side}_{parent}", parent):
            if name in joints:
                return name
    return ""


def _rest(joint: str) -> Direction:
    x, y, z = map(float, _RULES[_stem(joint)][1])
    return (-x if side_of(joint) == "right" else x), y, z
