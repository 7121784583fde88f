"""What a field is asked for: the colours of images, masks, gradients of unit length."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

EVERYWHERE = 1.2
"""Gradients are asked for within this many radii of the unit sphere (NeuS, code)."""


def colour_loss(
    colour: Float[Tensor, "*ray 3"],
    image: Float[Tensor, "*ray 3"],
    weights: Float[Tensor, "*ray"] | None = None,
) -> Float[Tensor, ""]:
    """Mean absolute difference over all rays and channels (Multi-NeuS, code).

    Rays of weight 0 count as right, so a loss over few pixels of a mask is small.

    Args:
        colour: Rendered.
        image: Wanted.
        weights: Of the rays, such as a soft mask; all 1 if absent.
    """
    apart = (colour - image).abs()
    return (apart if weights is None else apart * weights[..., None]).mean()


def masked_colour_loss(
    colour: Float[Tensor, "*ray 3"],
    image: Float[Tensor, "*ray 3"],
    mask: Float[Tensor, "*ray"],
) -> Float[Tensor, ""]:
    """Absolute difference, summed over channels, a pixel of the mask (NeuS, eq. 15).

    Args:
        colour: Rendered.
        image: Wanted.
        mask: Of the rays.
    """
    apart = ((colour - image) * mask[..., None]).abs()
    return apart.sum() / (mask.sum() + 1e-5)


def surface_loss(
    sdf: Float[Tensor, "*point"], known: Bool[Tensor, "*point"]
) -> Float[Tensor, ""]:
    """Mean distance of the field's surface from where it is known to be.

    Args:
        sdf: Signed distances at points of the true surface.
        known: Which points are; the others do not count.
    """
    return (sdf.abs() * known).sum() / (known.sum() + 1e-5)


def mask_loss(
    opacity: Float[Tensor, "*ray"],
    mask: Float[Tensor, "*ray"],
    clip: float = 1e-3,
    weights: Float[Tensor, "*ray"] | None = None,
) -> Float[Tensor, ""]:
    """Binary cross entropy of opacities; the mask may be soft.

    Args:
        opacity: Rendered, in [0, 1].
        mask: Wanted, in [0, 1].
        clip: Distance that opacities keep from 0 and 1.
        weights: Of the rays; all 1 if absent.
    """
    opacity = opacity.clamp(clip, 1 - clip)
    entropy = -(mask * opacity.log() + (1 - mask) * (1 - opacity).log())
    return (entropy if weights is None else entropy * weights).mean()


def eikonal_loss(
    gradient: Float[Tensor, "*point 3"], points: Float[Tensor, "*point 3"]
) -> Float[Tensor, ""]:
    """Mean squared difference of gradients' lengths from one (Gropp et al., 2020).

    Args:
        gradient: Of the signed distance.
        points: Where; those far outside the unit sphere do not count.
    """
    near = (points.norm(dim=-1) < EVERYWHERE).to(gradient)
    length: Tensor = torch.linalg.vector_norm(gradient, dim=-1)
    wrong = (length - 1).square()
    loss: Tensor = (near * wrong).sum() / (near.sum() + 1e-5)
    return loss
