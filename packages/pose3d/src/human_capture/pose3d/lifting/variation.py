"""Variations on recorded or procedural motion: the same person, bent otherwise.

Nobody records every pose. Limbs, trunk and head of a clip are turned about their joints
by angles that are constant or change slowly, so that lengths stay what they are, knees
and elbows keep their hinges, and feet stay level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from human_capture.common.keypoints import KeypointFormat
from human_capture.common.rigid import so3_exp
from human_capture.pose3d.corruption import uniform

LEGS = ("knee", "ankle", "heel", "toe")
ARMS = ("elbow", "wrist", "pinky", "index", "thumb")
FACE = ("nose", "eye", "ear", "mouth")
LEAST_BEND, MOST_BEND = math.radians(3), math.radians(145)
"""Between the bones of a limb, from stretched out."""


@dataclass(frozen=True)
class Variation:
    """How far clips are bent; angles are standard deviations in degrees.

    Attributes:
        share: Share of sequences that are varied.
        trunk_deg: Trunk about the hips.
        head_deg: Head about the neck.
        arms_deg: Arms about the shoulders.
        elbows_deg: Bend of the elbows.
        hands_deg: Hands about the wrists.
        legs_deg: Legs about the hips; they do not move meanwhile.
        knees_deg: Bend of the knees; the same.
        fastest_hz: Highest frequency of what moves.
    """

    share: float = 0.7
    trunk_deg: float = 12.0
    head_deg: float = 10.0
    arms_deg: float = 30.0
    elbows_deg: float = 30.0
    hands_deg: float = 15.0
    legs_deg: float = 12.0
    knees_deg: float = 15.0
    fastest_hz: float = 0.8

    def __call__(
        self,
        joints: Float[Tensor, "batch frame joint 3"],
        format: KeypointFormat,
        fps: float,
        generator: Generator,
    ) -> Float[Tensor, "batch frame joint 3"]:
        """Clips of which some are varied.

        Args:
            joints: World positions in metres, z up.
            format: Of the joints; it has shoulders, hips and limbs.
            fps: Frames a second.
            generator: Of everything random.
        """
        body = _Bending(joints.clone(), format)
        draw = _Draw(len(joints), joints.shape[1], fps, self.fastest_hz, generator)
        head = [joint for joint in format.joints if any(w in joint for w in FACE)]
        legs = [j for j in format.joints if any(w in j for w in (*LEGS, "hip"))]
        upper = [joint for joint in format.joints if joint not in legs]
        body.turn(upper, body.middle("hip"), draw.slow(self.trunk_deg, 3))
        body.turn(head, body.middle("shoulder"), draw.slow(self.head_deg, 3))
        for side in ("left", "right"):
            arm = body.limb(side, ARMS)
            hand = [joint for joint in arm if "elbow" not in joint]
            body.turn(arm, body.at(f"{side}_shoulder"), draw.slow(self.arms_deg, 3))
            chain = [f"{side}_{j}" for j in ("shoulder", "elbow", "wrist")]
            body.bend(chain, hand, draw.slow(self.elbows_deg, 1))
            body.turn(hand, body.at(f"{side}_wrist"), draw.slow(self.hands_deg, 3))
            leg = body.limb(side, LEGS)
            foot = [joint for joint in leg if "knee" not in joint]
            before = body.at(f"{side}_ankle").clone()
            feet = body.points[..., body.numbers(foot), :] - before[..., None, :]
            body.turn(leg, body.at(f"{side}_hip"), draw.constant(self.legs_deg, 3))
            chain = [f"{side}_{j}" for j in ("hip", "knee", "ankle")]
            body.bend(chain, foot, draw.constant(self.knees_deg, 1))
            ankle = body.at(f"{side}_ankle")[..., None, :]
            body.points[..., body.numbers(foot), :] = ankle + feet
        lowest = joints[..., 2].amin(-1) - body.points[..., 2].amin(-1)
        body.points[..., 2] += lowest[..., None]  # stands as high as before
        varied = draw.uniform() < self.share
        return torch.where(varied[..., None], body.points, joints)


@dataclass(frozen=True)
class _Draw:
    """Random angles over time."""

    batch: int
    frames: int
    fps: float
    fastest: float
    generator: Generator

    def uniform(self) -> Float[Tensor, "batch 1 1"]:
        return torch.rand(self.batch, 1, 1, generator=self.generator)

    def constant(self, degrees: float, axes: int) -> Float[Tensor, "batch 1 axis"]:
        noise = torch.randn(self.batch, 1, axes, generator=self.generator)
        return math.radians(degrees) * noise

    def slow(self, degrees: float, axes: int) -> Float[Tensor, "batch frame axis"]:
        """A constant, and waves of which some sequences have more than others."""
        waves = (self.batch, 1, axes, 3)
        rate = uniform(0.0, 2 * math.pi * self.fastest, waves, self.generator)
        phase = uniform(0.0, 2 * math.pi, waves, self.generator)
        time = torch.arange(self.frames)[:, None, None] / self.fps
        wave = (rate * time + phase).sin().mean(-1) * self.uniform()
        return self.constant(degrees, axes) + math.radians(degrees) * wave


@dataclass(frozen=True)
class _Bending:
    """A body that is turned joint by joint, in place."""

    points: Float[Tensor, "batch frame joint 3"]
    format: KeypointFormat

    def numbers(self, joints: list[str]) -> list[int]:
        return [self.format.index(joint) for joint in joints]

    def limb(self, side: str, parts: tuple[str, ...]) -> list[str]:
        joints = [joint for joint in self.format.joints if joint.startswith(side)]
        return [joint for joint in joints if any(part in joint for part in parts)]

    def at(self, joint: str) -> Float[Tensor, "batch frame 3"]:
        return self.points[..., self.format.index(joint), :]

    def middle(self, joint: str) -> Float[Tensor, "batch frame 3"]:
        return (self.at(f"left_{joint}") + self.at(f"right_{joint}")) / 2

    def turn(self, joints: list[str], pivot: Tensor, vectors: Tensor) -> None:
        """Turn joints about a pivot by rotation vectors."""
        chosen, pivot = self.numbers(joints), pivot[..., None, :].clone()
        rotation = so3_exp(vectors)
        turned = (self.points[..., chosen, :] - pivot) @ rotation.mT
        self.points[..., chosen, :] = pivot + turned

    def bend(self, chain: list[str], joints: list[str], more: Tensor) -> None:
        """Bend a hinge further, within its limits; straight limbs have no hinge."""
        start, hinge, end = (self.at(joint) for joint in chain)
        upper, lower = hinge - start, end - hinge
        across = torch.linalg.cross(upper, lower)
        sine = across.norm(dim=-1, keepdim=True)
        angle = torch.atan2(sine, (upper * lower).sum(-1, keepdim=True))
        wanted = (angle + more).clamp(LEAST_BEND, MOST_BEND)
        certain = (angle.sin() / 0.3).clamp_max(1)
        axis = across / sine.clamp_min(1e-8)
        self.turn(joints, hinge, axis * certain * (wanted - angle))
