"""What detectors make of true key points: errors that last, swaps, misses.

The errors are not modelled but replayed: the shipped detector was run on rendered
people in motion, and its errors and confidences were kept with the direction in which
the person faced (``tools/measure_detector.py``). A training sequence gets the errors of
a stretch in which somebody faced the camera alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor

from human_capture.common.keypoints import KeypointFormat
from human_capture.pose3d.corruption import uniform

BANK = Path(__file__).parent / "detector_errors.npz"
LEAST_CONFIDENCE = 0.3
"""Key points less sure than this are not used, as in the recordings' options."""


@dataclass(frozen=True)
class ErrorBank:
    """Errors of a detector on stretches of video.

    Attributes:
        errors: Found minus true key point, over the person's apparent size.
        confidence: That the detector gave.
        facing: Direction in which the person faces in the middle of the stretch, as
            seen from the camera, in radians; 0 towards it.
    """

    errors: Float[Tensor, "stretch frame joint 2"]
    confidence: Float[Tensor, "stretch frame joint"]
    facing: Float[Tensor, " stretch"]

    @classmethod
    @lru_cache(maxsize=2)
    def read(cls, path: Path = BANK) -> ErrorBank:
        """A bank from its file."""
        with np.load(path, allow_pickle=False) as file:
            numbers = [
                torch.from_numpy(file[name].astype(np.float32))
                for name in ("errors", "confidence", "facing")
            ]
        return cls(*numbers)

    def mirrored(self, format: KeypointFormat) -> ErrorBank:
        """The errors on mirrored pictures."""
        order = list(format.flip)
        flip = self.errors.new_tensor([-1.0, 1.0])
        return ErrorBank(
            self.errors[:, :, order] * flip, self.confidence[:, :, order], -self.facing
        )


@dataclass(frozen=True)
class DetectorNoise:
    """Errors of the shipped detector, replayed.

    Attributes:
        strength: Factor on the errors.
        candidates: Stretches drawn for each sequence, of which the one whose person
            faces most alike is taken.
        grain: Standard deviation of additional white noise, in apparent sizes, at
            most; each sequence draws its own.
        path: File of the errors.
    """

    strength: float = 1.0
    candidates: int = 12
    grain: float = 0.02
    path: Path = BANK

    def __call__(
        self,
        rays: Float[Tensor, "batch frame joint 2"],
        inside: Bool[Tensor, "batch frame joint"],
        joints: Float[Tensor, "batch frame joint 3"],
        format: KeypointFormat,
        generator: Generator,
    ) -> tuple[
        Float[Tensor, "batch frame joint 2"], Float[Tensor, "batch frame joint"]
    ]:
        """Key points and confidences as the detector would have given them.

        Args:
            rays: True key points, in pinhole coordinates.
            inside: Whether they are within the image.
            joints: True positions in the camera's frame, for the direction.
            format: Of the key points, that of the errors.
            generator: Of everything random.
        """
        bank = ErrorBank.read(self.path)
        if torch.rand((), generator=generator) < 0.5:
            bank = bank.mirrored(format)
        batch, frames = rays.shape[:2]
        wanted = facing(joints[:, frames // 2], format)
        drawn = torch.randint(
            len(bank.facing), (batch, self.candidates), generator=generator
        )
        apart = torch.remainder(
            bank.facing[drawn] - wanted[:, None] + math.pi, 2 * math.pi
        )
        best = (apart - math.pi).abs().argmin(1, keepdim=True)
        stretch = drawn.gather(1, best)
        frame = _to_and_fro(bank.errors.shape[1], batch, frames, generator)
        errors, confidence = (
            bank.errors[stretch, frame],
            bank.confidence[stretch, frame],
        )
        size = apparent_size(rays, inside)[..., None, None]
        grain = uniform(0.0, self.grain, (batch, 1, 1, 1), generator)
        noise = grain * torch.randn(rays.shape, generator=generator)
        found = rays + size * (self.strength * errors + noise)
        sure = inside & (confidence >= LEAST_CONFIDENCE)
        return found, torch.where(sure, confidence, 0.0)


@dataclass(frozen=True)
class Misses:
    """Key points that are not seen.

    Attributes:
        frames: Share of frames in which nobody is found, in runs.
        parts: Share of sequences that lack hands, feet or faces throughout, as other
            detectors do.
        blocked: Share of sequences in which something covers a few joints for a while.
    """

    frames: float = 0.03
    parts: float = 0.3
    blocked: float = 0.3

    def __call__(
        self,
        confidence: Float[Tensor, "batch frame joint"],
        format: KeypointFormat,
        generator: Generator,
    ) -> Float[Tensor, "batch frame joint"]:
        """Confidences some of which have become 0."""
        batch, frames, joints = confidence.shape

        def some(share: float, *shape: int) -> Tensor:
            return torch.rand(batch, *shape, generator=generator) < share

        starts = some(self.frames / 6, frames)
        runs = torch.nn.functional.max_pool1d(
            torch.nn.functional.pad(starts[:, None].float(), (11, 0)), 12, 1
        )[:, 0]
        gone = (runs > 0)[..., None].expand_as(confidence)
        for part in PARTS:
            names = [any(word in joint for word in part) for joint in format.joints]
            absent = some(self.parts, 1, 1) & torch.tensor(names)
            gone = gone | absent
        begin = torch.randint(frames, (batch, 1, 1), generator=generator)
        length = torch.randint(8, 60, (batch, 1, 1), generator=generator)
        time = torch.arange(frames)[:, None]
        during = (time >= begin) & (time < begin + length)
        covered = some(0.25, 1, joints) & some(self.blocked, 1, 1)
        return torch.where(gone | (during & covered), 0.0, confidence)


PARTS = (
    ("pinky", "index", "thumb"),
    ("heel", "toe"),
    ("eye_inner", "eye_outer", "mouth"),
)
"""Groups of key points that not every detector gives, by words in their names."""


def facing(
    joints: Float[Tensor, "*batch joint 3"], format: KeypointFormat
) -> Float[Tensor, "*batch"]:
    """Direction in which people face, in radians about the camera's vertical.

    0 is towards the camera, positive towards the right of the image.

    Args:
        joints: In the camera's frame.
        format: Of the joints; it has shoulders and hips.
    """

    def at(*names: str) -> Tensor:
        return joints[..., [format.index(name) for name in names], :].mean(-2)

    across = at("left_shoulder", "left_hip") - at("right_shoulder", "right_hip")
    return torch.atan2(-across[..., 2], across[..., 0])


def apparent_size(
    rays: Float[Tensor, "*batch joint 2"], seen: Bool[Tensor, "*batch joint"]
) -> Float[Tensor, "*batch"]:
    """Root mean square distance of the seen key points from their mean."""
    weight = seen[..., None].to(rays)
    total = weight.sum(-2, keepdim=True).clamp_min(1)
    centre = (weight * rays).sum(-2, keepdim=True) / total
    squared = (weight * (rays - centre).square()).sum((-2, -1)) / total[..., 0, 0]
    return squared.sqrt()


def _to_and_fro(length: int, batch: int, frames: int, generator: Generator) -> Tensor:
    """Frame numbers of a stretch that is run through forwards and backwards."""
    start = torch.randint(2 * length, (batch, 1), generator=generator)
    place = (start + torch.arange(frames)) % (2 * length)
    return torch.where(place < length, place, 2 * length - 1 - place)
