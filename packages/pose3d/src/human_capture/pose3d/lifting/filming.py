"""Virtual cameras for motion that no camera has seen: from clips to what one sees."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from human_capture.common.keypoints import KeypointFormat
from human_capture.common.rigs import look_at
from human_capture.pose3d.corruption import uniform
from human_capture.pose3d.lifting.noise import DetectorNoise, Misses
from human_capture.pose3d.lifting.sequences import Sequences
from human_capture.pose3d.lifting.variation import Variation
from human_capture.pose3d.networks.lifters.lifter import CONTACTS

CONTACT_HEIGHT, CONTACT_SPEED = 0.06, 0.25
"""A heel or toe below this height (metres) and speed (metres a second) stands."""

ASPECTS = (16 / 9, 16 / 9, 9 / 16, 4 / 3, 1.0)
"""Width over height of the images."""


@dataclass(frozen=True)
class Filming:
    """How a camera films a clip.

    Attributes:
        frames: Length of the sequences; shorter than the clips, to start anywhere.
        fps: Frames a second of the clips.
        field_of_view_deg: Narrowest and widest angle across the longer image side.
        distance_m: Nearest and farthest camera.
        height_m: Lowest and highest camera.
        roll_deg: Standard deviation of the camera's roll.
        aim_m: Standard deviation of what the camera aims at about the person.
        follows: Share of sequences in which the camera turns after the person.
        shake_deg: Standard deviation of the turns of a camera held by hand, in those.
        focal_error: Standard deviation of the logarithm of the assumed focal length
            over the true one, in half of the sequences; the others are calibrated.
        mirror: Share of sequences that are mirrored.
        variation: How poses are varied; None to film them as they are.
        noise: What a detector makes of the true key points; None for the truth.
        misses: Key points that are not seen at all.
    """

    frames: int = 128
    fps: float = 30.0
    field_of_view_deg: tuple[float, float] = (35.0, 95.0)
    distance_m: tuple[float, float] = (1.8, 8.0)
    height_m: tuple[float, float] = (0.3, 2.6)
    roll_deg: float = 8.0
    aim_m: float = 0.25
    follows: float = 0.3
    shake_deg: float = 0.4
    focal_error: float = 0.2
    mirror: float = 0.5
    variation: Variation | None = None
    noise: DetectorNoise | None = field(default_factory=DetectorNoise)
    misses: Misses = field(default_factory=Misses)

    def __call__(
        self,
        joints: Float[Tensor, "batch whole joint 3"],
        action: Tensor,
        format: KeypointFormat,
        generator: Generator,
    ) -> Sequences:
        """What a camera of its own sees of each clip.

        Args:
            joints: World positions in metres, z up, the floor at z = 0.
            action: Number of each clip's action.
            format: Of the joints.
            generator: Of everything random.
        """
        joints = self._part(joints, generator)
        joints = self._mirrored(joints, format, generator)
        if self.variation is not None:
            joints = self.variation(joints, format, self.fps, generator)
        cameras = self._cameras(joints, generator)
        rotation, centre = (
            cameras[..., :3, :3],
            -cameras[..., :3, :3].mT @ (cameras[..., :3, 3:]),
        )
        seen = joints @ rotation.mT + cameras[..., None, :3, 3]
        rays = seen[..., :2] / seen[..., 2:].clamp_min(0.1)
        inside = self._inside(rays, seen[..., 2], generator)
        confidence = inside.to(rays)
        if self.noise is not None:
            rays, confidence = self.noise(rays, inside, seen, format, generator)
        confidence = self.misses(confidence, format, generator)
        return Sequences(
            rays * self._focal_error(len(joints), generator),
            confidence,
            seen,
            rotation[..., 2],
            contacts(joints, format, self.fps),
            centre[..., 2, 0],
            action,
        )

    def without_noise(self) -> Filming:
        """The same with the true key points, all of those inside the image."""
        return replace(self, noise=None, misses=Misses(0.0, 0.0, 0.0), focal_error=0.0)

    def _part(self, joints: Tensor, generator: Generator) -> Tensor:
        spare = joints.shape[1] - self.frames
        if spare < 0:
            raise ValueError(f"Clips are shorter than {self.frames} frames.")
        start = torch.randint(spare + 1, (len(joints), 1), generator=generator)
        index = start + torch.arange(self.frames)
        return joints[torch.arange(len(joints))[:, None], index]

    def _mirrored(
        self, joints: Tensor, format: KeypointFormat, generator: Generator
    ) -> Tensor:
        chosen = torch.rand(len(joints), 1, 1, 1, generator=generator) < self.mirror
        other = joints[:, :, list(format.flip)] * joints.new_tensor([-1.0, 1.0, 1.0])
        return torch.where(chosen, other, joints)

    def _cameras(
        self, joints: Tensor, generator: Generator
    ) -> Float[Tensor, "batch frame 4 4"]:
        """World-to-camera transforms."""
        batch, frames = joints.shape[:2]

        def normal(*shape: int) -> Tensor:
            return torch.randn(batch, *shape, generator=generator)

        middle = joints.mean(2)
        around = middle.mean(1)
        azimuth = uniform(0.0, 2 * math.pi, (batch,), generator)
        distance = uniform(*self.distance_m, (batch,), generator)
        height = uniform(*self.height_m, (batch,), generator)
        flat = torch.stack((azimuth.cos(), azimuth.sin()), -1) * distance[:, None]
        centre = torch.cat((around[:, :2] + flat, height[:, None]), -1)
        follows = torch.rand(batch, 1, 1, generator=generator) < self.follows
        target = torch.where(follows, _slow(middle), around[:, None])
        target = target + self.aim_m * normal(1, 3)
        shake = math.radians(self.shake_deg) * _slow(normal(frames, 3), 12)
        target = target + torch.where(follows, distance[:, None, None] * shake, 0.0)
        roll = math.radians(self.roll_deg) * normal(1)
        return look_at(centre[:, None].expand_as(target), target, roll=roll)

    def _inside(
        self, rays: Tensor, depth: Tensor, generator: Generator
    ) -> Bool[Tensor, "batch frame joint"]:
        """Whether points are within the image."""
        batch = len(rays)
        low, high = (math.radians(angle) / 2 for angle in self.field_of_view_deg)
        half = uniform(low, high, (batch,), generator).tan()
        pick = torch.randint(len(ASPECTS), (batch,), generator=generator)
        aspect = torch.tensor(ASPECTS)[pick]
        sides = torch.stack((aspect.clamp_max(1), (1 / aspect).clamp_max(1)), -1)
        limits = (half[:, None] * sides)[:, None, None]
        return (rays.abs() < limits).all(-1) & (depth > 0.1)

    def _focal_error(self, batch: int, generator: Generator) -> Tensor:
        error = self.focal_error * torch.randn(batch, generator=generator)
        wrong = torch.rand(batch, generator=generator) < 0.5
        return torch.where(wrong, error, 0.0).exp()[:, None, None, None]


def contacts(
    joints: Float[Tensor, "batch frame joint 3"], format: KeypointFormat, fps: float
) -> Bool[Tensor, "batch frame contact"]:
    """Which heels and toes stand on the floor.

    Args:
        joints: World positions in metres, the floor at z = 0.
        format: Of the joints; it has heels and toes.
        fps: Frames a second.
    """
    feet = joints[:, :, [format.index(joint) for joint in CONTACTS]]
    step = feet.diff(dim=1).norm(dim=-1) * fps
    speed = torch.cat((step[:, :1], step), 1)
    return (feet[..., 2] < CONTACT_HEIGHT) & (speed < CONTACT_SPEED)


def _slow(x: Float[Tensor, "batch frame 3"], reach: int = 20) -> Tensor:
    """Averaged over some frames before and after."""
    padded = torch.nn.functional.pad(x.mT, (reach, reach), mode="replicate")
    return torch.nn.functional.avg_pool1d(padded, 2 * reach + 1, 1).mT
