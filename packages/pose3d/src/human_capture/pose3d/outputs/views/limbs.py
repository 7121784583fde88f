"""What a skeleton is made of when it is drawn as a solid figure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float

from human_capture.common.keypoints import KeypointFormat
from human_capture.pose3d.outputs.palette import Colour, PersonColours, side_of

_FACE = ("nose", "eye", "eye_inner", "eye_outer", "ear", "mouth_corner")
_RADII = {  # metres, by the joint's name without its side
    "hip": 0.058, "hip_centre": 0.062, "pelvis": 0.062, "mid_hip": 0.062,
    "spine": 0.058, "thorax": 0.052, "neck": 0.05, "neck_nose": 0.055,
    "head_top": 0.075, "knee": 0.048, "ankle": 0.034, "heel": 0.028, "big_toe": 0.022,
    "small_toe": 0.018, "shoulder": 0.05, "elbow": 0.038, "wrist": 0.028,
    "hand_wrist": 0.02, "index": 0.014, "pinky": 0.012, "thumb": 0.013,
}  # fmt: skip
_OTHER = 0.008  # finger joints
_SKULL, _FACE_BALL, _THROAT, _TRUNK = 0.1, 0.074, (0.052, 0.045), (0.085, 0.095)
_FEATURES = {"nose": 0.021, "eye": 0.02}
_BETWEEN_SIDES = (
    0.8  # thinner, so that shoulders and hips show the colour of their side
)


@dataclass(frozen=True)
class Limb:
    """A round, tapering part of a body; a ball when both ends are the same.

    Attributes:
        start: Joints whose mean is one end.
        stop: Joints whose mean is the other.
        radii: At the two ends, in metres.
        joints: Names that tell the side.
    """

    start: tuple[int, ...]
    stop: tuple[int, ...]
    radii: tuple[float, float]
    joints: tuple[str, ...]

    def ends(self, points: Float[np.ndarray, "joint 3"]) -> Float[np.ndarray, "2 3"]:
        """Where it is; NaN unless all its joints are known.

        Args:
            points: World positions, in metres; NaN where unknown.
        """
        return np.stack([points[list(end)].mean(0) for end in (self.start, self.stop)])

    def colour(self, tones: PersonColours) -> Colour:
        """The tone of its side."""
        return tones.of(*self.joints)


@lru_cache(maxsize=16)
def limbs_of(form: KeypointFormat) -> tuple[Limb, ...]:
    """All parts of a figure: the format's bones, a trunk, a neck and a head.

    Bones between points of the face are left out, for they lie inside the head.

    Args:
        form: The key-point format.
    """
    bones = [
        _bone(form, first, second)
        for first, second in form.bones
        if not {_stem(first), _stem(second)} & {*_FACE}
    ]
    return (*bones, *_trunk(form), *_head(form))


def _bone(form: KeypointFormat, first: str, second: str) -> Limb:
    sides = {side_of(first), side_of(second)}
    scale = _BETWEEN_SIDES if sides == {"left", "right"} else 1.0
    start, stop = (
        scale * _RADII.get(_stem(joint), _OTHER) for joint in (first, second)
    )
    return _limb(form, (first,), (second,), (start, stop))


def _trunk(form: KeypointFormat) -> list[Limb]:
    shoulders, hips = _pair("shoulder"), _pair("hip")
    if not {*shoulders, *hips} <= {*form.joints} or "mid_hip" in form.joints:
        return []
    return [_limb(form, hips, shoulders, _TRUNK)]


def _head(form: KeypointFormat) -> list[Limb]:
    """A skull between the ears, a face before it, and what sits on that."""
    ears, eyes, shoulders = _pair("ear"), _pair("eye"), _pair("shoulder")
    if not {*ears, *eyes} <= {*form.joints}:
        return []
    face = (*ears, *eyes)
    limbs = [
        _limb(form, ears, ears, (_SKULL, _SKULL)),
        _limb(form, face, face, (_FACE_BALL, _FACE_BALL)),
    ]
    if {*shoulders} <= {*form.joints}:
        limbs.append(_limb(form, shoulders, ears, _THROAT))
    for joint in form.joints:
        radius = _FEATURES.get(_stem(joint))
        if radius is not None:
            limbs.append(_limb(form, (joint,), (joint,), (radius, radius)))
    return limbs


def _limb(
    form: KeypointFormat,
    start: tuple[str, ...],
    stop: tuple[str, ...],
    radii: tuple[float, float],
) -> Limb:
    ends = [tuple(form.index(joint) for joint in end) for end in (start, stop)]
    return Limb(ends[0], ends[1], radii, (*start, *stop))


def _pair(stem: str) -> tuple[str, str]:
    return f"left_{stem}", f"right_{stem}"


def _stem(joint: str) -> str:
    return joint.removeprefix("left_").removeprefix("right_")
