"""What JPEG leaves of pictures (ITU-T T.81), without writing a file.

As libjpeg does it by default: Y'CbCr of JFIF, colour at half the resolution, the tables
of T.81 annex K scaled by quality, colour interpolated between its samples.
"""

from __future__ import annotations

import math

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

LUMA_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
"""Steps of the brightness at quality 50; T.81 table K.1."""

CHROMA_TABLE = (
    (17, 18, 24, 47, 99, 99, 99, 99),
    (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * 8,) * 4,
)
"""Steps of the colour at quality 50; T.81 table K.2."""

RGB_TO_YCBCR = (
    (0.299, 0.587, 0.114),
    (-0.168736, -0.331264, 0.5),
    (0.5, -0.418688, -0.081312),
)
"""JFIF 1.02, in levels; the two colours are around 0 here."""

YCBCR_TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136, -0.714136), (1.0, 1.772, 0.0))
"""The way back."""

COSINES = tuple(
    tuple(
        math.sqrt((1 if wave else 0.5) / 4)
        * math.cos((2 * x + 1) * wave * math.pi / 16)
        for x in range(8)
    )
    for wave in range(8)
)
"""The orthonormal cosine transform of 8 pixels; T.81 A.3.3."""


def compress(
    pictures: Float[Tensor, "clip 3 height width"], quality: Float[Tensor, " clip"]
) -> Float[Tensor, "clip 3 height width"]:
    """The pictures, written as JPEG and read again.

    Args:
        pictures: To be compressed.
        quality: Of libjpeg, a whole number from 1 to 100.
    """
    height, width = pictures.shape[-2:]
    padded = F.pad(pictures, (0, -width % 16, 0, -height % 16), mode="replicate")
    levels = (255 * padded).round()
    planes = _mix(levels, RGB_TO_YCBCR).round()
    luma, chroma = planes[:, :1] - 128, F.avg_pool2d(planes[:, 1:], 2).round()
    luma = _quantize(luma, _steps(LUMA_TABLE, quality)) + 128
    chroma = _quantize(chroma, _steps(CHROMA_TABLE, quality))
    # weights of 3/4 and 1/4 in both directions, libjpeg's "fancy upsampling"
    chroma = F.interpolate(chroma, scale_factor=2, mode="bilinear").round()
    read = _mix(torch.cat((luma, chroma), 1), YCBCR_TO_RGB).round().clamp(0, 255)
    return read[..., :height, :width] / 255


def _mix(
    planes: Float[Tensor, "clip 3 height width"],
    matrix: tuple[tuple[float, ...], ...],
) -> Float[Tensor, "clip 3 height width"]:
    """Sums of the three planes."""
    return (planes.new_tensor(matrix) @ planes.flatten(2)).view_as(planes)


def _steps(
    table: tuple[tuple[int, ...], ...], quality: Float[Tensor, " clip"]
) -> Float[Tensor, "clip 8 8"]:
    """Size of the steps for each wave, as libjpeg's ``jpeg_set_quality`` has them."""
    percent = torch.where(quality < 50, (5000 / quality).floor(), 200 - 2 * quality)
    steps = percent[:, None, None] * quality.new_tensor(table) / 100
    return (steps + 0.5).floor().clamp(1, 255)


def _quantize(
    planes: Float[Tensor, "clip plane height width"],
    steps: Float[Tensor, "clip 8 8"],
) -> Float[Tensor, "clip plane height width"]:
    """The planes, with the waves in each block of 8 x 8 rounded to whole steps."""
    cosines = planes.new_tensor(COSINES)
    steps = steps[:, None, None, :, None, :]
    waves = _along_both(planes, cosines)
    blocks = rearrange(waves, "n c (y v) (x u) -> n c y v x u", v=8, u=8)
    rounded = (blocks / steps).round() * steps
    levels = _along_both(rounded.reshape(planes.shape), cosines.T)
    return levels.round().clamp(-128, 127)


def _along_both(
    planes: Float[Tensor, "clip plane height width"], transform: Float[Tensor, "8 8"]
) -> Float[Tensor, "clip plane height width"]:
    """Each block of 8 x 8 transformed along its columns and its rows."""
    columns = transform @ rearrange(planes, "n c (y v) x -> n c y v x", v=8)
    rows = rearrange(columns, "n c y v (x u) -> n c (y v) x u", u=8) @ transform.T
    return rows.flatten(3)
