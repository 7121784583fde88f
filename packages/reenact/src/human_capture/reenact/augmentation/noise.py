"""Noise: fine and grey, or a mask of blobs."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor
from torch.nn import functional as F

from human_capture.reenact.augmentation.draws import normal, uniform, whole

CELLS = (2, 16)
"""Fewest and most random numbers along each side of a mask of blobs."""

LAYERS = 3
"""Most masks of which one mask of blobs is the largest value everywhere."""


def add_grey_noise(
    pictures: Float[Tensor, "clip 3 height width"],
    sigma: Float[Tensor, " clip"],
    generator: Generator,
) -> Float[Tensor, "clip 3 height width"]:
    """The pictures with normal noise that is equal on all channels.

    Args:
        pictures: To be disturbed.
        sigma: Deviation of the noise.
        generator: Of the noise.
    """
    noise = normal(pictures, generator, (1, *pictures.shape[-2:]))
    return pictures + sigma[:, None, None, None] * noise


def draw_blobs(
    pictures: Float[Tensor, "clip 3 height width"], generator: Generator
) -> Float[Tensor, "clip 1 height width"]:
    """Random masks of connected blobs of nearly 1 on nearly 0.

    As imgaug's masks of simplex noise, with what matters of them: the size of the
    blobs, their soft borders and how much of the picture they cover differ from mask
    to mask. The noise is of random numbers on a grid, with lines between them.

    Args:
        pictures: To be masked.
        generator: Of the masks.
    """
    cells = whole(pictures, *CELLS, generator, (LAYERS,))
    layers = whole(pictures, 1, LAYERS, generator)
    noise = _coarse_noise(pictures, cells, generator)
    absent = torch.arange(LAYERS, device=noise.device) >= layers[:, None]
    largest = noise.masked_fill(absent[:, :, None, None], 0).amax(1, keepdim=True)
    threshold = 5 * normal(pictures, generator, (1, 1, 1))
    return torch.sigmoid(20 * largest - 10 - threshold)


def _coarse_noise(
    pictures: Float[Tensor, "clip 3 height width"],
    cells: Int[Tensor, "clip layer"],
    generator: Generator,
) -> Float[Tensor, "clip layer height width"]:
    """Numbers in [0, 1] that change within so many cells along each side."""
    most, (height, width) = CELLS[1], pictures.shape[-2:]
    numbers = uniform(pictures, 0.0, 1.0, generator, (cells.shape[1], 1, most, most))
    # a part of the grid that has as many cells as wanted
    part = (cells / most).to(pictures).flatten()
    view = pictures.new_zeros(len(part), 2, 3)
    view[:, 0, 0] = view[:, 1, 1] = part
    size = [len(part), 1, height, width]
    places = F.affine_grid(view, size, align_corners=False)
    noise = F.grid_sample(
        numbers.flatten(0, 1), places, padding_mode="border", align_corners=False
    )
    return noise.view(*cells.shape, height, width)
