"""Positions as waves (NeRF's positional encoding without pi), and the way back."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def encode(
    x: Float[Tensor, "*point axis"], frequencies: int
) -> Float[Tensor, "*point code"]:
    """The positions themselves, then the sines and cosines of 2^k x for each k.

    Args:
        x: Positions or directions.
        frequencies: How many k, from 0.
    """
    parts = [x]
    for k in range(frequencies):
        parts += [torch.sin(2**k * x), torch.cos(2**k * x)]
    return torch.cat(parts, -1)


def code_length(axes: int, frequencies: int) -> int:
    """Numbers of an encoded position."""
    return axes * (1 + 2 * frequencies)


def pull_back(
    gradient: Float[Tensor, "*point code"], code: Float[Tensor, "*point code"]
) -> Float[Tensor, "*point axis"]:
    """Gradients of positions from those of their encoding.

    Args:
        gradient: Of the encoding of three-dimensional positions.
        code: The encoding, whose sines are the derivatives of its cosines.
    """
    to_raw, *to_waves = torch.split(gradient, 3, -1)
    _, *waves = torch.split(code, 3, -1)
    total: Tensor = to_raw
    for k in range(len(waves) // 2):
        sine, cosine = waves[2 * k], waves[2 * k + 1]
        to_sine, to_cosine = to_waves[2 * k], to_waves[2 * k + 1]
        total = total + 2**k * (to_sine * cosine - to_cosine * sine)
    return total
