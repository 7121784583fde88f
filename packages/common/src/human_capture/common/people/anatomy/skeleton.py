# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""The skeleton of one person at rest, and how the torso carries neck and shoulders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.people.anatomy.body import Body
from human_capture.common.people.movement.orientations import (
    apply,
    between,
    ease,
    exponential,
    logarithm,
    swing,
    unit,
)

SIDES = ("left", "right")
SPINE = {
    "spine05": 0.15,
    "spine04": 0.4,
    "spine03": 0.65,
    "spine02": 0.9,
    "spine01": 1.0,
}
"""How much of the turn from pelvis to chest each bone of the spine has made."""

NECK = {"neck01": 0.25, "neck02": 0.5, "neck03": 0.75, "head": 1.0}
"""How much of the turn from chest to head each bone of the neck has made."""

SHOULDER = {"clavicle": 0.16, "shoulder01": 0.30}
"""How much of the arm's swing the shoulder girdle follows."""


@dataclass(frozen=True)
class Skeleton:
    """Joints of a person at rest, in metres, z up, facing -y.

    Attributes:
        joints: Head of every bone by name.
        sole: Height of the ground under the feet, in the coordinates of the joints.
        heel: How far behind the ankle the heel ends.
        waist: Half the width and half the depth of the trunk.
    """

    joints: Mapping[str, Float[np.ndarray, "3"]]
    sole: float
    heel: float
    waist: tuple[float, float]

    @classmethod
    def of(cls, body: Body, coefficients: Float[Tensor, "1 coefficient"]) -> Skeleton:
        """The skeleton of a person given by shape coefficients."""
        with torch.no_grad():
            vertices, joints = (x[0].double().numpy() for x in body.rest(coefficients))
        named = dict(zip(body.bone_names, joints, strict=True))
        skin = vertices[: int(body.faces["body"].max()) + 1]
        sole = float(skin[:, 2].min())
        foot = skin[(skin[:, 2] < sole + 0.03) & (skin[:, 0] > 0)]
        heel = float(foot[:, 1].max() - named["foot.L"][1])
        spine = [body.bone(bone) for bone in SPINE]
        trunk = skin[np.isin(body.dominant_bone[: len(skin)].numpy(), spine)]
        width = float(np.quantile(np.abs(trunk[:, 0]), 0.95))
        depth = float(np.quantile(np.abs(trunk[:, 1] - named["spine03"][1]), 0.9))
        return cls(named, sole, heel, (width, depth))

    def bone(self, side: str, name: str) -> Float[np.ndarray, "3"]:
        """The head of a bone of one side."""
        return self.joints[f"{name}.{side[0].upper()}"]

    def hand(
        self, side: str
    ) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
        """Axes of a hand at rest: to the fingers, out of the palm, to the thumb."""
        names = ("wrist", "finger3-1", "finger2-1", "finger5-1")
        wrist, middle, index, little = (self.bone(side, name) for name in names)
        along = unit(middle - wrist)
        back = unit(np.cross(index - little, along))
        palm = -back if side == "left" else back
        thumb = unit(index - little - along * ((index - little) @ along))
        return along, palm, thumb

    def _length(self, start: str, end: str) -> float:
        return float(np.linalg.norm(self.bone("left", end) - self.bone("left", start)))

    @cached_property
    def thigh(self) -> float:
        """Length from hip to knee."""
        return self._length("upperleg01", "lowerleg01")

    @cached_property
    def shank(self) -> float:
        """Length from knee to ankle."""
        return self._length("lowerleg01", "foot")

    @cached_property
    def upper_arm(self) -> float:
        """Length from shoulder to elbow."""
        return self._length("upperarm01", "lowerarm01")

    @cached_property
    def forearm(self) -> float:
        """Length from elbow to wrist."""
        return self._length("lowerarm01", "wrist")

    @property
    def leg(self) -> float:
        """Length of the stretched leg, hip to ankle."""
        return self.thigh + self.shank

    @property
    def arm(self) -> float:
        """Length of the stretched arm, shoulder to wrist."""
        return self.upper_arm + self.forearm

    @cached_property
    def hips(self) -> Float[np.ndarray, "3"]:
        """Midway between the hip joints: what motions call the pelvis."""
        return (self.bone("left", "upperleg01") + self.bone("right", "upperleg01")) / 2

    @cached_property
    def hip_width(self) -> float:
        """Half the distance between the hip joints."""
        return float(self.bone("left", "upperleg01")[0])

    @cached_property
    def shoulder_width(self) -> float:
        """Half the distance between the shoulder joints."""
        return float(self.bone("left", "upperarm01")[0])

    @cached_property
    def ankle_height(self) -> float:
        """Height of the ankle over the ground when the foot is flat."""
        return float(self.bone("left", "foot")[2] - self.sole)


@dataclass(frozen=True)
class Torso:
    """A posed trunk over time: what the limbs hang on.

    Attributes:
        skeleton: Whose trunk it is.
        position: Midway between the hip joints.
        pelvis: Rotation away from rest.
        chest: Rotation away from rest.
        head: Rotation away from rest.
    """

    skeleton: Skeleton
    position: Float[np.ndarray, "frame 3"]
    pelvis: Float[np.ndarray, "frame 3 3"]
    chest: Float[np.ndarray, "frame 3 3"]
    head: Float[np.ndarray, "frame 3 3"]

    def hip(self, side: str) -> Float[np.ndarray, "frame 3"]:
        """A hip joint."""
        offset = self.skeleton.bone(side, "upperleg01") - self.skeleton.hips
        return self.position + apply(self.pelvis, offset)

    @cached_property
    def spine(self) -> dict[str, Float[np.ndarray, "frame 3 3"]]:
        """Rotation of every bone from the spine to the head."""
        trunk = {b: between(self.pelvis, self.chest, w) for b, w in SPINE.items()}
        return trunk | {b: between(self.chest, self.head, w) for b, w in NECK.items()}

    @cached_property
    def column(self) -> dict[str, Float[np.ndarray, "frame 3"]]:
        """Head of every bone from the spine to the head."""
        rest = self.skeleton.joints
        offset = rest["spine05"] - self.skeleton.hips
        placed = {"spine05": self.position + apply(self.pelvis, offset)}
        bones = [*SPINE, *NECK]
        for below, bone in pairwise(bones):
            offset = rest[bone] - rest[below]
            placed[bone] = placed[below] + apply(self.spine[below], offset)
        return placed

    def girdle(
        self, side: str, direction: Float[np.ndarray, "frame 3"]
    ) -> dict[str, Float[np.ndarray, "frame 3 3"]]:
        """Rotations of collar bone and shoulder for an upper arm that points somewhere.

        Args:
            side: Left or right.
            direction: Of the upper arm, in the world.
        """
        rest = self.skeleton.bone(side, "lowerarm01")
        rest = rest - self.skeleton.bone(side, "upperarm01")
        turn = logarithm(swing(rest, apply(np.swapaxes(self.chest, -1, -2), direction)))
        # opposite to rest the axis of the swing flips: there the girdle is back at rest
        turn = turn * ease((np.pi - np.linalg.norm(turn, axis=-1, keepdims=True)) / 1.5)
        return {b: self.chest @ exponential(w * turn) for b, w in SHOULDER.items()}

    def shoulder(
        self, side: str, direction: Float[np.ndarray, "frame 3"]
    ) -> Float[np.ndarray, "frame 3"]:
        """The shoulder joint when the upper arm points along ``direction``."""
        bones = ("clavicle", "shoulder01", "upperarm01")
        collar, blade, joint = (self.skeleton.bone(side, bone) for bone in bones)
        turned = self.girdle(side, direction)
        base = collar - self.skeleton.joints["spine01"]
        base = self.column["spine01"] + apply(self.spine["spine01"], base)
        base = base + apply(turned["clavicle"], blade - collar)
        return base + apply(turned["shoulder01"], joint - blade)
