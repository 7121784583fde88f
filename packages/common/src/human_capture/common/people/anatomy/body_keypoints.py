"""Key points of posed bodies in every format, by anatomical definition.

COCO-like formats (COCO, Panoptic, BODY_25, Halpe, BlazePose) are means of the surface,
as annotators see it. Human3.6M joints are the rotation centres of the bones. Hips and
shoulders of the two lie about 3 cm apart, so they are never mixed.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.keypoints import FORMATS, HAND21, keypoint_format
from human_capture.common.people.anatomy.body import Body, Posed

Points = dict[str, Tensor]

FACE68_OF_478 = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,
    168, 197, 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,
    78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip
"""The iBUG 68 points (jaw, brows, nose, eyes, lips) among MediaPipe's 478 landmarks."""

_HEAD_TOP = 0.80  # canonical height in metres above which the crown begins
_FACE_POINTS = {
    "right_eye_outer": 33,
    "right_eye_inner": 133,
    "left_eye_inner": 362,
    "left_eye_outer": 263,
    "right_mouth_corner": 61,
    "left_mouth_corner": 291,
}
_HAND_BONES = {"pinky": "finger5-1", "index": "finger2-1", "thumb": "finger1-3"}


def body_keypoints(
    body: Body, posed: Posed, format_name: str
) -> Float[Tensor, "batch joint 3"]:
    """Joints in the order of a format, in the world, in metres.

    Args:
        body: That was posed.
        posed: The result.
        format_name: A body format of ``human_capture.common.keypoints``, or
            ``face68``, ``face478``, ``left_hand21``, ``right_hand21``.
    """
    special: dict[str, Callable[[], Tensor]] = {
        "face68": lambda: face_keypoints(body, posed)[:, list(FACE68_OF_478)],
        "face478": lambda: face_keypoints(body, posed),
        "left_hand21": lambda: hand_keypoints(body, posed, "left"),
        "right_hand21": lambda: hand_keypoints(body, posed, "right"),
    }
    if format_name in special:
        return special[format_name]()
    if format_name == HAND21.name or format_name not in FORMATS:
        known = [name for name in FORMATS if name != HAND21.name]
        raise InputError(
            f"No body key points are defined for {format_name!r}; known are "
            f"{', '.join([*known, *special])}."
        )
    inner = format_name == "human36m"
    points = _bone_points(body, posed) if inner else _surface_points(body, posed)
    joints = keypoint_format(format_name).joints
    return torch.stack([points[joint] for joint in joints], 1)


def face_keypoints(body: Body, posed: Posed) -> Float[Tensor, "batch landmark 3"]:
    """The 478 landmarks of MediaPipe, irises last, as mesh vertices."""
    return posed.vertices[:, body.landmarks_478]


def hand_keypoints(
    body: Body, posed: Posed, side: str
) -> Float[Tensor, "batch joint 3"]:
    """Wrist, three joints of each finger and its tip, thumb first."""
    letter, first = ("L", 0) if side == "left" else ("R", 5)
    joints = [posed.joints[:, body.bone(f"wrist.{letter}")]]
    for finger in range(1, 6):
        bones = [body.bone(f"finger{finger}-{k}.{letter}") for k in (1, 2, 3)]
        joints += list(posed.joints[:, bones].unbind(1))
        joints.append(posed.vertices[:, body.fingertips[first + finger - 1]])
    return torch.stack(joints, 1)


def _crown(body: Body, posed: Posed) -> Tensor:
    skin = int(body.faces["body"].max()) + 1
    top = body.canonical[:skin, 2] > _HEAD_TOP
    return posed.vertices[:, :skin][:, top].mean(1)


def _bone_points(body: Body, posed: Posed) -> Points:
    """Joints inside the body, where bones turn."""

    def bone(name: str) -> Tensor:
        return posed.joints[:, body.bone(name)]

    points: Points = {}
    names = {
        "hip_centre": "upperleg01", "knee": "lowerleg01", "ankle": "foot",
        "shoulder": "upperarm01", "elbow": "lowerarm01", "wrist": "wrist",
    }  # fmt: skip
    for side in ("left", "right"):
        for joint, name in names.items():
            points[f"{side}_{joint}"] = bone(f"{name}.{side[0].upper()}")
    shoulders = (points["left_shoulder"] + points["right_shoulder"]) / 2
    nose = body.coco(posed.vertices)[:, body.coco_names.index("nose")]
    return points | {
        "pelvis": (points["left_hip_centre"] + points["right_hip_centre"]) / 2,
        "spine": bone("spine03"),
        "thorax": (shoulders + bone("neck01")) / 2,
        "neck_nose": (nose + bone("head")) / 2,
        "head_top": _crown(body, posed),
    }


def _surface_points(body: Body, posed: Posed) -> Points:
    """Joints as annotators place them, from the surface."""
    regressed = body.coco(posed.vertices).unbind(1)
    points = dict(zip(body.coco_names, regressed, strict=True))
    points["neck"] = (points["left_shoulder"] + points["right_shoulder"]) / 2
    points["mid_hip"] = (points["left_hip"] + points["right_hip"]) / 2
    points["head_top"] = _crown(body, posed)
    face = face_keypoints(body, posed)
    points |= {name: face[:, index] for name, index in _FACE_POINTS.items()}
    for side in ("left", "right"):
        for joint, name in _HAND_BONES.items():
            index = body.bone(f"{name}.{side[0].upper()}")
            points[f"{side}_{joint}"] = posed.joints[:, index]
    return points
