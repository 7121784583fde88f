"""Pictures stretched, moved or trembling; they go on mirrored at their borders."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


def stretch(
    pictures: Float[Tensor, "clip channel height width"],
    scale: Float[Tensor, "clip 2"],
) -> Float[Tensor, "clip channel height width"]:
    """The pictures, enlarged from their middle, differently along x and y.

    Args:
        pictures: To be stretched.
        scale: Along x and y; above 1 enlarges.
    """
    source = torch.diag_embed(1 / scale)
    view = torch.cat((source, torch.zeros_like(source[:, :, :1])), 2)
    places = F.affine_grid(view, list(pictures.shape), align_corners=True)
    return F.grid_sample(
        pictures, places, padding_mode="reflection", align_corners=True
    )


def shift(
    pictures: Float[Tensor, "clip channel height width"],
    pixels: Int[Tensor, "clip 2"],
) -> Float[Tensor, "clip channel height width"]:
    """The pictures, moved by whole pixels, which blurs nothing.

    Args:
        pictures: To be moved.
        pixels: To the right and down, less than the side of a picture.
    """
    height, width = pictures.shape[-2:]
    reach = int(pixels.abs().max())
    padded = F.pad(pictures, (reach,) * 4, mode="reflect")
    moved = [
        picture[:, reach - y : reach - y + height, reach - x : reach - x + width]
        for picture, (x, y) in zip(padded, pixels.tolist(), strict=True)
    ]
    return torch.stack(moved)


def displace(
    pictures: Float[Tensor, "clip channel height width"],
    pixels: Float[Tensor, "clip height width 2"],
) -> Float[Tensor, "clip channel height width"]:
    """What lies some way off each pixel, interpolated cubically.

    Args:
        pictures: To look at.
        pixels: How far to the right and down to look.
    """
    height, width = pictures.shape[-2:]
    still = torch.eye(2, 3).to(pictures).expand(len(pictures), 2, 3)
    places = F.affine_grid(still, list(pictures.shape), align_corners=True)
    # between the middles of the first and last pixel lie 2 units
    places = places + 2 * pixels / pixels.new_tensor([width - 1, height - 1])
    return F.grid_sample(
        pictures, places, "bicubic", padding_mode="reflection", align_corners=True
    )
