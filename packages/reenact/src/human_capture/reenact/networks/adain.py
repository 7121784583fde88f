"""Adaptive instance normalisation: the style of a picture as two numbers a channel.

The gradient is written out. PyTorch's instance normalisation leaves the channels-last
layout and half precision, so that every convolution after it has to copy its input.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

_PIXELS = (-2, -1)
_EPS = 1e-4


class AdaIN(nn.Module):
    """Each map normalised over its pixels, then scaled and shifted from outside.

    Huang & Belongie (ICCV 2017), arxiv.org/abs/1703.06868, equation 8.

    Args:
        channels: Of the maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.styles = 2 * channels

    def forward(
        self,
        x: Float[Tensor, "batch channel height width"],
        styles: Float[Tensor, "batch style"],
    ) -> Float[Tensor, "batch channel height width"]:
        """The maps in another style.

        Args:
            styles: First what is added to each channel, then what it is multiplied by.
        """
        exact = torch.promote_types(x.dtype, torch.float32)
        bias, weight = styles.to(exact).chunk(2, dim=1)
        styled: Tensor = _Restyle.apply(x, bias, weight)
        return styled


class _Restyle(torch.autograd.Function):
    """Statistics are kept in single precision or better, maps as they come."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, bias: Tensor, weight: Tensor) -> Tensor:
        # Centred before squaring: maps with little contrast lose no digits.
        centred = x - _per_pixel(x.mean(_PIXELS), x)
        pixels = x.shape[-2] * x.shape[-1]
        norm = torch.linalg.vector_norm(centred, dim=_PIXELS, dtype=bias.dtype)
        inverse = (norm.square() / pixels + _EPS).rsqrt()
        ctx.save_for_backward(centred, inverse, weight)
        scale = _per_pixel(weight * inverse, x)
        return torch.addcmul(_per_pixel(bias, x), centred, scale)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, to_y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        centred, inverse, weight = ctx.saved_tensors
        pixels = centred.shape[-2] * centred.shape[-1]
        # Means, not sums, which half precision might not hold.
        mean = to_y.mean(_PIXELS).to(inverse.dtype)
        along = (to_y * centred).mean(_PIXELS) * inverse
        scale = weight * inverse
        # A map's gradient loses its mean and its part along the map itself.
        to_x = torch.addcmul(
            _per_pixel(-scale * mean, to_y),
            centred,
            _per_pixel(-scale * inverse * along, to_y),
        )
        to_x.addcmul_(to_y, _per_pixel(scale, to_y))
        return to_x, pixels * mean, pixels * along


def _per_pixel(channels: Tensor, maps: Tensor) -> Tensor:
    return channels.to(maps.dtype)[..., None, None]
