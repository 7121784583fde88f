"""Contact sheets: many pictures in one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn.functional import interpolate

from human_capture.common.images import to_bytes

CELL = 128
"""Width and height of a picture in a sheet, in pixels."""


def sheet(
    rows: Sequence[Sequence[Float[Tensor, "3 height width"]]],
) -> UInt8[np.ndarray, "sheet_height sheet_width 3"]:
    """Pictures in rows; short rows end in white.

    Args:
        rows: Square pictures in [0, 1], of any sizes.
    """
    longest = max(len(row) for row in rows)
    blank = torch.ones(3, CELL, CELL)
    whole = [
        torch.cat([*map(_cell, row), *[blank] * (longest - len(row))], -1)
        for row in rows
    ]
    return to_bytes(torch.cat(whole, -2))


def _cell(picture: Float[Tensor, "3 height width"]) -> Float[Tensor, "3 cell cell"]:
    size = (CELL, CELL)
    return interpolate(picture[None], size=size, mode="bilinear", antialias=True)[0]


def framed(
    picture: Float[Tensor, "3 height width"], colour: tuple[float, float, float]
) -> Float[Tensor, "3 height width"]:
    """A picture with a coloured border.

    Args:
        picture: RGB in [0, 1].
        colour: RGB in [0, 1].
    """
    width = max(picture.shape[-1] // 32, 1)
    inner = slice(width, -width)
    marked = torch.tensor(colour)[:, None, None].expand_as(picture).clone()
    marked[:, inner, inner] = picture[:, inner, inner]
    return marked
