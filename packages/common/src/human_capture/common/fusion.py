"""Features of all views in one volume, without keeping a volume for every view.

The same result as :func:`volumes.unproject` followed by :func:`volumes.aggregate`, but
a few thousand voxels at a time, so that everything between the maps and the volume
stays in the processor's cache. Feature maps are laid out pixel by pixel: one bilinear
sample then reads four short runs of memory instead of four numbers from every channel.
The gradient makes the samples again instead of storing them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, no_type_check

import numba
import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.volumes import (
    Aggregation,
    aggregate,
    map_positions,
    unproject,
)

_CHUNK = 2**15 - 1
"""Numbers a chunk, over all views and channels: fewer than torch shares among threads,
which would wait for each other far longer than they would work."""

_LOG2_E = 1 / math.log(2)


def fuse(
    maps: Float[Tensor, "batch view channel row column"],
    cameras: Cameras,
    grid: Float[Tensor, "batch x y z 3"],
    how: Aggregation,
    confidences: Float[Tensor, "batch view channel"] | None = None,
    present: Bool[Tensor, "batch view"] | None = None,
    official: bool = False,
) -> Float[Tensor, "batch channel x y z"]:
    """One volume of what all views show at the projection of every voxel.

    Args:
        maps: Feature maps; gradients flow to them.
        cameras: Of the maps, batch axes (batch, view).
        grid: World positions, in metres.
        how: As in :func:`volumes.aggregate`.
        confidences: As in :func:`volumes.aggregate`; gradients flow to them.
        present: Views that exist; all of them when absent.
        official: As in :func:`volumes.unproject` and :func:`volumes.aggregate`.
    """
    geometry = (grid, cameras.intrinsics, cameras.world_to_camera)
    moving = torch.is_grad_enabled() and any(part.requires_grad for part in geometry)
    if maps.device.type != "cpu" or moving:
        volumes, visible = unproject(maps, cameras, grid, official)
        if present is not None:
            visible = visible & present[:, :, None, None, None]
        return aggregate(volumes, visible, how, confidences, official)
    with torch.no_grad():
        positions, visible = map_positions(cameras, grid, maps.shape[-2:], official)
        if present is not None:
            visible = visible & present[:, :, None]
    if how != "confidence":
        confidences = None
    elif confidences is None:
        raise ValueError("Aggregation by confidence needs confidences.")
    combination = _Combination(how, official)
    fused: Tensor = _Fuse.apply(maps, confidences, positions, visible, combination)
    return fused.reshape(*grid.shape[:4], -1).movedim(-1, 1)


@dataclass(frozen=True)
class _Combination:
    """How the samples of several views become one.

    Samples are ``(view, voxel, channel)``, visibility is ``(view, voxel)``, and
    confidences are ``(view, channel)``.
    """

    how: Aggregation
    official: bool

    def weights(
        self, samples: Tensor, visible: Tensor, confidences: Tensor | None
    ) -> Tensor:
        """What every sample counts; all views' weights are zero where nobody sees."""
        seen = visible[..., None].to(samples)
        if self.how == "softmax":
            hidden = samples + 1e30 * (seen - 1)
            # powers of two come three times as fast as exponentials, by one thread
            powers = hidden.sub_(hidden.amax(0)).mul_(_LOG2_E).exp2_()
            return powers.mul_(seen.amax(0) / powers.sum(0))
        if self.how == "max":
            best = (samples + 1e30 * (seen - 1)).argmax(0, keepdim=True)
            return torch.zeros_like(samples).scatter_(0, best, 1.0) * seen.amax(0)
        if self.how == "confidence":
            assert confidences is not None
            weights = confidences[:, None] * seen
            return weights / weights.sum(0).clamp_min(1e-6)
        undivided = self.how == "total" or self.official
        return seen if undivided else seen / seen.sum(0).clamp_min(1)

    def gradients(
        self,
        samples: Tensor,
        visible: Tensor,
        confidences: Tensor | None,
        by_combined: Tensor,
    ) -> tuple[Tensor, Tensor | None]:
        """Of a loss by samples and confidences, from that by the weighted sum."""
        weights = self.weights(samples, visible, confidences)
        by_samples = weights * by_combined
        if self.how not in ("softmax", "confidence"):
            return by_samples, None
        offset = samples - (weights * samples).sum(0)
        if self.how == "softmax":
            return by_samples.mul_(offset.add_(1)), None
        assert confidences is not None
        seen = visible[..., None].to(samples)
        total = (confidences[:, None] * seen).sum(0).clamp_min(1e-6)
        return by_samples, (offset * seen * (by_combined / total)).sum(1)


class _Fuse(torch.autograd.Function):
    """Sample and combine, chunk by chunk, forwards and backwards."""

    @staticmethod
    def forward(
        ctx: Any,
        maps: Tensor,
        confidences: Tensor | None,
        positions: Tensor,
        visible: Tensor,
        combination: _Combination,
    ) -> Tensor:
        ctx.save_for_backward(maps, confidences, positions, visible)
        ctx.combination = combination
        fused = maps.new_empty(
            len(maps), visible.shape[-1], maps.shape[2], dtype=torch.float32
        )
        for part in _parts(maps, confidences, positions, visible, combination):
            weights = combination.weights(part.samples, part.visible, part.confidences)
            sums = (weights * part.samples).sum(0)
            fused[part.element, part.window] = sums
        return fused

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, by_fused: Tensor) -> tuple[Tensor | None, ...]:
        maps, confidences, positions, visible = ctx.saved_tensors
        by_maps = torch.zeros_like(
            maps.movedim(2, -1), dtype=torch.float32
        ).contiguous()
        by_confidences = None if confidences is None else torch.zeros_like(confidences)
        for part in _parts(maps, confidences, positions, visible, ctx.combination):
            by_samples, by_own = ctx.combination.gradients(
                part.samples,
                part.visible,
                part.confidences,
                by_fused[part.element, part.window],
            )
            _scatter(
                by_samples.numpy(),
                part.positions.numpy(),
                ctx.combination.official,
                by_maps[part.element].numpy(),
            )
            if by_confidences is not None:
                by_confidences[part.element] += by_own
        return by_maps.movedim(-1, 2).to(maps.dtype), by_confidences, None, None, None


@dataclass(frozen=True)
class _Part:
    """Some voxels of one batch element: where they are, and what all views show."""

    element: int
    window: slice
    positions: Tensor
    visible: Tensor
    confidences: Tensor | None
    samples: Tensor


def _parts(
    maps: Tensor,
    confidences: Tensor | None,
    positions: Tensor,
    visible: Tensor,
    combination: _Combination,
) -> Iterator[_Part]:
    """All voxels in order. The samples of one part are overwritten by the next."""
    pixels = maps.detach().float().movedim(2, -1).contiguous()
    batch, views, _, _, channels = pixels.shape
    voxels = visible.shape[-1]
    step = max(1, _CHUNK // (views * channels))
    buffer = pixels.new_empty(views * min(step, voxels) * channels)
    for element in range(batch):
        own = None if confidences is None else confidences[element].detach().float()
        for start in range(0, voxels, step):
            window = slice(start, min(start + step, voxels))
            places = positions[element, :, window].contiguous()
            shape = (views, places.shape[1], channels)
            samples = buffer[: math.prod(shape)].view(shape)
            _gather(
                pixels[element].numpy(),
                places.numpy(),
                combination.official,
                samples.numpy(),
            )
            seen = visible[element, :, window]
            yield _Part(element, window, places, seen, own, samples)


@no_type_check  # numba infers the types of compiled functions
@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _cell(place: float, length: int, zeros: bool) -> tuple[int, int, float, float]:
    """The two pixels around a position along an axis, and their weights."""
    if not zeros:
        place = min(max(place, np.float32(0)), np.float32(length - 1))
    elif not -1 < place < length:
        return 0, 0, np.float32(0), np.float32(0)
    low = int(np.floor(place))
    share = np.float32(place - low)
    below, above = np.float32(1) - share, share
    if low < 0:
        below = np.float32(0)
    if low + 1 >= length:
        above = np.float32(0)
    return max(low, 0), min(low + 1, length - 1), below, above


@no_type_check
@numba.njit(cache=True, nogil=True, error_model="numpy")
def _gather(
    pixels: np.ndarray, positions: np.ndarray, zeros: bool, samples: np.ndarray
) -> None:
    """Bilinear samples of (view, row, column, channel) at (view, sample, 2)."""
    for view in range(positions.shape[0]):
        for i in range(positions.shape[1]):
            x, y = positions[view, i]
            x0, x1, left, right = _cell(x, pixels.shape[2], zeros)
            y0, y1, top, bottom = _cell(y, pixels.shape[1], zeros)
            a, b, c, d = top * left, top * right, bottom * left, bottom * right
            for channel in range(pixels.shape[3]):
                samples[view, i, channel] = (
                    a * pixels[view, y0, x0, channel]
                    + b * pixels[view, y0, x1, channel]
                    + c * pixels[view, y1, x0, channel]
                    + d * pixels[view, y1, x1, channel]
                )


@no_type_check
@numba.njit(cache=True, nogil=True, error_model="numpy")
def _scatter(
    by_samples: np.ndarray, positions: np.ndarray, zeros: bool, by_pixels: np.ndarray
) -> None:
    """Add to every pixel the gradient of the samples that it is part of."""
    for view in range(positions.shape[0]):
        for i in range(positions.shape[1]):
            x, y = positions[view, i]
            x0, x1, left, right = _cell(x, by_pixels.shape[2], zeros)
            y0, y1, top, bottom = _cell(y, by_pixels.shape[1], zeros)
            for row, column, share in (
                (y0, x0, top * left),
                (y0, x1, top * right),
                (y1, x0, bottom * left),
                (y1, x1, bottom * right),
            ):
                for channel in range(by_pixels.shape[3]):
                    by_pixels[view, row, column, channel] += (
                        share * by_samples[view, i, channel]
                    )
