"""Sums over the neighbourhood of each pixel, and what they bring out."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F


def correlate(
    pictures: Float[Tensor, "clip 3 height width"],
    kernels: Float[Tensor, "clip rows columns"],
) -> Float[Tensor, "clip 3 height width"]:
    """Weighted sums around each pixel; pictures go on mirrored at their border pixels.

    A sum of shifted pictures is faster on a CPU than a convolution that has a kernel
    of its own for each picture, and few kernels are larger than 3 x 3.

    Args:
        pictures: To be summed.
        kernels: Weights, not mirrored, of an odd number of rows and columns.
    """
    height, width = pictures.shape[-2:]
    rows, columns = kernels.shape[-2:]
    reach = (columns // 2, columns // 2, rows // 2, rows // 2)
    padded = F.pad(pictures, reach, mode="reflect")
    total = torch.zeros_like(pictures)
    for row in range(rows):
        for column in range(columns):
            shifted = padded[..., row : row + height, column : column + width]
            total.addcmul_(shifted, kernels[:, row, column, None, None, None])
    return total


def sharpen(
    pictures: Float[Tensor, "clip 3 height width"],
    alpha: Float[Tensor, " clip"],
    lightness: Float[Tensor, " clip"],
) -> Float[Tensor, "clip 3 height width"]:
    """The pictures, blended with what stands out from its eight neighbours.

    Args:
        pictures: To be sharpened.
        alpha: Share of the sharpened picture.
        lightness: Of the sharpened picture; 1 keeps even areas as they are.
    """
    kernel = pictures.new_full((3, 3), -1.0)
    kernels = kernel.repeat(len(pictures), 1, 1)
    kernels[:, 1, 1] = 8 + lightness
    return _blend(pictures, kernels, alpha)


def emboss(
    pictures: Float[Tensor, "clip 3 height width"],
    alpha: Float[Tensor, " clip"],
    strength: Float[Tensor, " clip"],
) -> Float[Tensor, "clip 3 height width"]:
    """The pictures, blended with a relief of them, lit from the top left.

    Args:
        pictures: To be embossed.
        alpha: Share of the relief.
        strength: Of the relief.
    """
    plain = pictures.new_tensor([[-1, 0, 0], [0, 1, 0], [0, 0, 1]])
    slope = pictures.new_tensor([[-1, -1, 0], [-1, 0, 1], [0, 1, 1]])
    return _blend(pictures, plain + strength[:, None, None] * slope, alpha)


def outline(
    pictures: Float[Tensor, "clip 3 height width"], alpha: Float[Tensor, " clip"]
) -> Float[Tensor, "clip 3 height width"]:
    """The pictures, blended with their edges, bright on black.

    Args:
        pictures: To be outlined.
        alpha: Share of the edges.
    """
    edges = pictures.new_tensor([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    return _blend(pictures, edges.expand(len(pictures), 3, 3), alpha)


def _blend(
    pictures: Float[Tensor, "clip 3 height width"],
    kernels: Float[Tensor, "clip 3 3"],
    alpha: Float[Tensor, " clip"],
) -> Float[Tensor, "clip 3 height width"]:
    """Sums with the kernels and the pictures themselves, blended before any cutting."""
    share = alpha[:, None, None]
    kernels = share * kernels
    kernels[:, 1, 1] += 1 - alpha
    return correlate(pictures, kernels)
