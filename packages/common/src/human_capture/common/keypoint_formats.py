"""Key-point formats: names, bones, mirror pairs and roots.

Sides are part of the joint names, so mirroring follows from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from jaxtyping import Float
from torch import Tensor

from human_capture.common.errors import InputError


@dataclass(frozen=True)
class KeypointFormat:
    """A fixed order of named joints.

    Attributes:
        name: What users call it.
        joints: Joint names in order; ``left_`` and ``right_`` mark sides.
        bones: Pairs of joint names that a skeleton drawing connects.
        root: Joints whose mean is the origin of root-relative errors.
    """

    name: str
    joints: tuple[str, ...]
    bones: tuple[tuple[str, str], ...]
    root: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Position of a joint; raises InputError when the format lacks it."""
        if joint not in self.joints:
            raise InputError(f"Key-point format {self.name!r} has no joint {joint!r}.")
        return self.joints.index(joint)

    @property
    def bone_indices(self) -> tuple[tuple[int, int], ...]:
        """The bones as pairs of positions."""
        return tuple((self.index(a), self.index(b)) for a, b in self.bones)

    @property
    def root_indices(self) -> tuple[int, ...]:
        """Positions of the joints whose mean is the root."""
        return tuple(self.index(joint) for joint in self.root)

    @property
    def flip(self) -> tuple[int, ...]:
        """For every joint the position of its mirror image."""
        return tuple(self.index(_mirrored(joint)) for joint in self.joints)

    def root_of(
        self, points: Float[Tensor, "*batch joint dim"]
    ) -> Float[Tensor, "*batch 1 dim"]:
        """Mean of the root joints, ready to be subtracted."""
        return points[..., list(self.root_indices), :].mean(-2, keepdim=True)


def _mirrored(joint: str) -> str:
    for side, other in (("left", "right"), ("right", "left")):
        if joint.startswith(f"{side}_"):
            return f"{other}_{joint.removeprefix(f'{side}_')}"
    return joint


def _both(*names: str) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for name in names for side in ("left", "right"))


def _limbs(*chains: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for chain in chains for pair in pairwise(chain))


_ARMS = (
    ("left_shoulder", "left_elbow", "left_wrist"),
    ("right_shoulder", "right_elbow", "right_wrist"),
)
_LEGS = (
    ("left_hip", "left_knee", "left_ankle"),
    ("right_hip", "right_knee", "right_ankle"),
)
_FACE = (("left_ear", "left_eye", "nose", "right_eye", "right_ear"),)
_FEET = (
    ("left_ankle", "left_heel", "left_big_toe", "left_ankle"),
    ("right_ankle", "right_heel", "right_big_toe", "right_ankle"),
    ("left_big_toe", "left_small_toe"),
    ("right_big_toe", "right_small_toe"),
)
_BOX = (("left_shoulder", "right_shoulder", "right_hip", "left_hip", "left_shoulder"),)

HUMAN36M = KeypointFormat(
    "human36m",
    (
        "right_ankle",
        "right_knee",
        "right_hip_centre",
        "left_hip_centre",
        "left_knee",
        "left_ankle",
        "pelvis",
        "spine",
        "thorax",
        "head_top",
        "right_wrist",
        "right_elbow",
        "right_shoulder",
        "left_shoulder",
        "left_elbow",
        "left_wrist",
        "neck_nose",
    ),
    _limbs(
        ("left_hip_centre", "left_knee", "left_ankle"),
        ("right_hip_centre", "right_knee", "right_ankle"),
        ("left_hip_centre", "pelvis", "right_hip_centre"),
        ("pelvis", "spine", "thorax", "neck_nose", "head_top"),
        ("left_shoulder", "thorax", "right_shoulder"),
        *_ARMS,
    ),
    ("pelvis",),
)
"""17 joints in the order of the learnable-triangulation code; joint 6 is the pelvis.

Its hips are the rotation centres inside the body, about 3 cm from the surface-based
hips of COCO, so the two do not share a name and are not converted into each other.
"""

COCO17 = KeypointFormat(
    "coco17",
    (
        "nose",
        *_both("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"),
    ),
    _limbs(*_FACE, *_BOX, *_ARMS, *_LEGS),
    ("left_hip", "right_hip"),
)

COCO19 = KeypointFormat(
    "coco19",
    (
        "neck",
        "nose",
        "mid_hip",
        *(f"left_{j}" for j in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")),
        *(f"right_{j}" for j in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")),
        "left_eye",
        "left_ear",
        "right_eye",
        "right_ear",
    ),
    _limbs(
        *_FACE,
        *_ARMS,
        *_LEGS,
        ("nose", "neck", "mid_hip"),
        ("left_shoulder", "neck", "right_shoulder"),
        ("left_hip", "mid_hip", "right_hip"),
    ),
    ("mid_hip",),
)
"""19 joints of CMU Panoptic."""

BODY25 = KeypointFormat(
    "body25",
    (
        "nose",
        "neck",
        *(f"right_{j}" for j in ("shoulder", "elbow", "wrist")),
        *(f"left_{j}" for j in ("shoulder", "elbow", "wrist")),
        "mid_hip",
        *(f"right_{j}" for j in ("hip", "knee", "ankle")),
        *(f"left_{j}" for j in ("hip", "knee", "ankle")),
        "right_eye",
        "left_eye",
        "right_ear",
        "left_ear",
        *(f"left_{j}" for j in ("big_toe", "small_toe", "heel")),
        *(f"right_{j}" for j in ("big_toe", "small_toe", "heel")),
    ),
    _limbs(
        *_FACE,
        *_ARMS,
        *_LEGS,
        *_FEET,
        ("nose", "neck", "mid_hip"),
        ("left_shoulder", "neck", "right_shoulder"),
        ("left_hip", "mid_hip", "right_hip"),
    ),
    ("mid_hip",),
)
"""25 joints of OpenPose."""

BLAZEPOSE33 = KeypointFormat(
    "blazepose33",
    (
        "nose",
        *(f"left_{j}" for j in ("eye_inner", "eye", "eye_outer")),
        *(f"right_{j}" for j in ("eye_inner", "eye", "eye_outer")),
        *_both("ear"),
        *_both("mouth_corner"),
        *_both("shoulder", "elbow", "wrist", "pinky", "index", "thumb"),
        *_both("hip", "knee", "ankle", "heel", "big_toe"),
    ),
    _limbs(
        *_FACE,
        *_BOX,
        *_ARMS,
        *_LEGS,
        ("left_mouth_corner", "right_mouth_corner"),
        ("left_wrist", "left_pinky", "left_index", "left_wrist", "left_thumb"),
        ("right_wrist", "right_pinky", "right_index", "right_wrist", "right_thumb"),
        ("left_ankle", "left_heel", "left_big_toe", "left_ankle"),
        ("right_ankle", "right_heel", "right_big_toe", "right_ankle"),
    ),
    ("left_hip", "right_hip"),
)
"""33 joints of MediaPipe Pose; its foot index is the big toe here."""

HALPE26 = KeypointFormat(
    "halpe26",
    (
        *COCO17.joints,
        "head_top",
        "neck",
        "mid_hip",
        *_both("big_toe", "small_toe", "heel"),
    ),
    _limbs(
        *_FACE,
        *_ARMS,
        *_LEGS,
        *_FEET,
        ("head_top", "neck", "mid_hip"),
        ("left_shoulder", "neck", "right_shoulder"),
        ("left_hip", "mid_hip", "right_hip"),
    ),
    ("mid_hip",),
)
"""26 joints of the Halpe data set, as RTMPose gives them."""

HAND21 = KeypointFormat(
    "hand21",
    (
        "hand_wrist",
        *(
            f"{finger}_{part}"
            for finger in ("thumb", "index", "middle", "ring", "pinky")
            for part in ("1", "2", "3", "tip")
        ),
    ),
    _limbs(
        *(
            ("hand_wrist", *(f"{finger}_{part}" for part in ("1", "2", "3", "tip")))
            for finger in ("thumb", "index", "middle", "ring", "pinky")
        )
    ),
    ("hand_wrist",),
)
"""21 joints of one hand, from the wrist to the finger tips."""

FORMATS = {
    f.name: f for f in (HUMAN36M, COCO17, COCO19, BODY25, BLAZEPOSE33, HALPE26, HAND21)
}
