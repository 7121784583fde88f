"""Where a person goes: root positions that explain the rays and do not slide.

A lifted pose and its rays say well in which direction the root is and badly how far.
The whole path is therefore found at once, by weighted linear least squares: the rays of
every frame, feet that stand keep their place, and the path has no kinks. The normal
equations are banded, so the cost grows with the length of the video and no faster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.linalg import solveh_banded
from torch import Tensor

from human_capture.common.keypoints import KeypointFormat
from human_capture.pose3d.lifting.stream import LiftedFrames
from human_capture.pose3d.networks.lifters.lifter import CONTACTS

_REACH = 8
"""Numbers of the band: two frames before, of three coordinates, and two more."""


@dataclass(frozen=True)
class PathOptions:
    """What a path is made to obey, as standard deviations.

    Attributes:
        ray: Of a key point across its ray, over its distance.
        slide_m: Of a standing foot's step from frame to frame, in metres.
        kink_m: Of the change of the root's step from frame to frame, in metres.
    """

    ray: float = 0.012
    slide_m: float = 0.004
    kink_m: float = 0.006


USUAL_PATH = PathOptions()


def find_path(
    lifted: LiftedFrames, format: KeypointFormat, options: PathOptions = USUAL_PATH
) -> Float[Tensor, "frame 3"]:
    """Root positions of a stretch of motion, in the camera's frame, in metres.

    Args:
        lifted: The motion; frames in which nobody is seen are bridged.
        format: Of its joints.
        options: Weights.
    """
    frames = len(lifted.root)
    seen = (lifted.confidence > 0).any(-1)
    if not seen.any():
        return lifted.root
    band = np.zeros((_REACH + 1, 3 * frames))
    right = np.zeros((frames, 3))
    _add_rays(band, right, lifted, options.ray)
    _add_feet(band, right, lifted, format, options.slide_m)
    _add_smoothness(band, frames, options.kink_m)
    band[-1] += 1e-9
    path = solveh_banded(band, right.reshape(-1))
    return torch.from_numpy(path.reshape(frames, 3)).to(lifted.root)


def _put(band: np.ndarray, row: np.ndarray, column: np.ndarray, x: np.ndarray) -> None:
    """Add entries of the upper triangle to its bands."""
    np.add.at(band, (_REACH + row - column, column), x)


def _add_rays(
    band: np.ndarray, right: np.ndarray, lifted: LiftedFrames, spread: float
) -> None:
    """Distances in the image, linear about the place of each frame alone."""
    root = lifted.root.double().numpy()
    placed = lifted.placed.double().numpy()
    depth = np.maximum(placed[..., 2], 0.3)
    weight = (lifted.confidence.double().numpy() / (spread * depth)) ** 2
    weight /= 4  # neighbouring joints err alike
    seen = (weight > 0)[..., None]
    again = placed[..., :2] / depth[..., None]
    missed = np.where(seen, lifted.rays.double().numpy() - again, 0)
    goal = depth[..., None] * missed + root[:, None, :2] - again * root[:, None, 2:]
    at = 3 * np.arange(len(right))
    for own in range(2):
        ray, offset = again[..., own], goal[..., own]
        right[:, own] += (weight * offset).sum(1)
        right[:, 2] -= (weight * ray * offset).sum(1)
        _put(band, at + own, at + own, weight.sum(1))
        _put(band, at + own, at + 2, -(weight * ray).sum(1))
        _put(band, at + 2, at + 2, (weight * ray**2).sum(1))


def _add_feet(
    band: np.ndarray,
    right: np.ndarray,
    lifted: LiftedFrames,
    format: KeypointFormat,
    spread: float,
) -> None:
    """A foot that stands in two frames is at one place."""
    index = [format.index(joint) for joint in CONTACTS]
    feet = lifted.joints[:, index].double().numpy()
    stands = lifted.contact.double().numpy()
    weight = (stands[1:] * stands[:-1]) ** 2 / spread**2
    step = (weight[..., None] * np.diff(feet, axis=0)).sum(1)
    total, first = weight.sum(1), 3 * np.arange(len(feet) - 1)
    for axis in range(3):
        one, two = first + axis, first + 3 + axis
        _put(band, one, one, total)
        _put(band, two, two, total)
        _put(band, one, two, -total)
        right[:-1, axis] += step[:, axis]
        right[1:, axis] -= step[:, axis]


def _add_smoothness(band: np.ndarray, frames: int, spread: float) -> None:
    """Second differences (1, -2, 1)."""
    taps = (1.0, -2.0, 1.0)
    start = 3 * np.arange(max(frames - 2, 0))
    for axis in range(3):
        for i, a in enumerate(taps):
            for j, b in enumerate(taps[i:], i):
                row, column = start + 3 * i + axis, start + 3 * j + axis
                _put(band, row, column, np.full(len(start), a * b / spread**2))
