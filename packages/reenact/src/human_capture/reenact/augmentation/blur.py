"""Pictures with less detail."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from human_capture.reenact.augmentation.correlation import correlate

GAUSSIAN_REACH = 2
"""Pixels to each side that a Gaussian blur sums over."""


def gaussian_blur(
    pictures: Float[Tensor, "clip 3 height width"], sigma: Float[Tensor, " clip"]
) -> Float[Tensor, "clip 3 height width"]:
    """The pictures, blurred by a bell of 5 x 5 pixels.

    Args:
        pictures: To be blurred.
        sigma: Deviation of the bell in pixels, up to about 1; 0 does not blur.
    """
    places = torch.arange(
        -GAUSSIAN_REACH, GAUSSIAN_REACH + 1, device=sigma.device, dtype=sigma.dtype
    )
    # below a thousandth of a pixel there is nothing but the middle left
    bell = torch.exp(-0.5 * (places / sigma[:, None].clamp(min=1e-3)) ** 2)
    bell = bell / bell.sum(1, keepdim=True)
    return correlate(correlate(pictures, bell[:, None, :]), bell[:, :, None])


def average_blur(
    pictures: Float[Tensor, "clip 3 height width"], side: Int[Tensor, " clip"]
) -> Float[Tensor, "clip 3 height width"]:
    """Means of a square of pixels; one of 2 reaches to the left and up, as OpenCV's.

    Args:
        pictures: To be blurred.
        side: Of the square in pixels: 1, 2 or 3.
    """
    places = torch.arange(-1, 2, device=side.device)
    first = -(side // 2)[:, None]
    within = (places >= first) & (places < first + side[:, None])
    mean = within.to(pictures) / side[:, None]
    return correlate(correlate(pictures, mean[:, None, :]), mean[:, :, None])


def median_blur(
    pictures: Float[Tensor, "clip 3 height width"],
) -> Float[Tensor, "clip 3 height width"]:
    """Medians of 3 x 3 pixels; pictures go on as their borders."""
    padded = F.pad(pictures, (1, 1, 1, 1), mode="replicate")
    # the median of nine is the middle one of three: of the largest of the columns'
    # least, the middle of their middles, and the least of their largest
    low, middle, high = _sort(*_neighbours(padded, 2))
    return _sort(
        _sort(*_neighbours(low, 3))[2],
        _sort(*_neighbours(middle, 3))[1],
        _sort(*_neighbours(high, 3))[0],
    )[1]


Rows = Float[Tensor, "clip 3 rows columns"]


def _neighbours(
    pictures: Float[Tensor, "clip 3 height width"], axis: int
) -> tuple[Rows, Rows, Rows]:
    """Each pixel's predecessor, the pixel and its successor, without the borders."""
    length = pictures.shape[axis] - 2
    first, second, third = (pictures.narrow(axis, start, length) for start in range(3))
    return first, second, third


def _sort(first: Rows, second: Rows, third: Rows) -> tuple[Rows, Rows, Rows]:
    """The three in ascending order, pixel by pixel."""
    first, second = torch.minimum(first, second), torch.maximum(first, second)
    second, third = torch.minimum(second, third), torch.maximum(second, third)
    first, second = torch.minimum(first, second), torch.maximum(first, second)
    return first, second, third
