"""From heat maps to key points, and back for training.

A map of width W spans [0, W] in its own cells; the centre of the first cell is 0.5.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def _centres(length: int, like: Tensor) -> Tensor:
    return torch.arange(length, device=like.device, dtype=like.dtype) + 0.5


def soft_argmax(
    logits: Float[Tensor, "*batch joint row column"], temperature: float = 1.0
) -> tuple[Float[Tensor, "*batch joint 2"], Float[Tensor, "*batch joint row column"]]:
    """Expected position in cells, and the probability of every cell.

    Iskakov et al. (ICCV 2019), eqs. 1-2.

    Args:
        logits: Heat maps before the softmax.
        temperature: Multiplies the logits; the authors use 100 on maps that were
            trained by regression, maps trained as here use 1.
    """
    probability = (temperature * logits.float()).flatten(-2).softmax(-1)
    probability = probability.reshape(logits.shape)
    x = (probability.sum(-2) * _centres(logits.shape[-1], probability)).sum(-1)
    y = (probability.sum(-1) * _centres(logits.shape[-2], probability)).sum(-1)
    return torch.stack((x, y), -1), probability


def argmax(
    logits: Float[Tensor, "*batch joint row column"], refine: bool = True
) -> Float[Tensor, "*batch joint 2"]:
    """Position of the largest value in cells.

    Args:
        logits: Heat maps before the softmax.
        refine: Move to the top of the parabola through the neighbours in each
            direction; without it the result is a cell centre.
    """
    rows, columns = logits.shape[-2:]
    flat = logits.flatten(-2)
    best = flat.argmax(-1)
    x, y = best % columns, best // columns
    position = torch.stack((x, y), -1).to(logits) + 0.5
    if not refine:
        return position
    shift = [
        _parabola_top(flat, best, x, columns, 1),
        _parabola_top(flat, best, y, rows, columns),
    ]
    return position + torch.stack(shift, -1)


def _parabola_top(
    flat: Tensor, best: Tensor, place: Tensor, length: int, step: int
) -> Tensor:
    """Offset of the maximum along one axis, in [-0.5, 0.5]; 0 at the border."""
    inside = (place > 0) & (place < length - 1)
    before = flat.gather(-1, torch.where(inside, best - step, best)[..., None])[..., 0]
    middle = flat.gather(-1, best[..., None])[..., 0]
    after = flat.gather(-1, torch.where(inside, best + step, best)[..., None])[..., 0]
    curvature = before - 2 * middle + after
    offset = 0.5 * (before - after) / curvature.clamp_max(-1e-6)
    return torch.where(inside, offset.clamp(-0.5, 0.5), 0.0)


def gaussian(
    keypoints: Float[Tensor, "*batch joint 2"],
    rows: int,
    columns: int,
    sigma: float = 1.0,
) -> Float[Tensor, "*batch joint row column"]:
    """Normalised Gaussian bumps at key points; all zero far outside the map.

    Args:
        keypoints: In cells.
        rows: Height of the maps.
        columns: Width of the maps.
        sigma: Standard deviation, in cells.
    """
    x, y = keypoints.unbind(-1)
    dx = (x[..., None] - _centres(columns, keypoints)) / sigma
    dy = (y[..., None] - _centres(rows, keypoints)) / sigma
    bump = (-0.5 * dy.square()).exp()[..., :, None]
    bump = bump * (-0.5 * dx.square()).exp()[..., None, :]
    return bump / bump.sum((-2, -1), keepdim=True).clamp_min(1e-8)
