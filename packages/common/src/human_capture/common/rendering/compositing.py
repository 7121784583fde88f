"""From opacities along rays to what arrives at the camera."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

TRANSPARENCY_FLOOR = 1e-7
"""Added to each transparency, so that gradients pass opaque sections (NeuS, code)."""


def weights_from_alpha(
    alpha: Float[Tensor, "*ray sample"],
) -> Float[Tensor, "*ray sample"]:
    """How much of what arrives comes from each section.

    Args:
        alpha: Opacity of each section, front to back, in [0, 1].
    """
    passed = torch.cumprod(1 - alpha[..., :-1] + TRANSPARENCY_FLOOR, -1)
    before = torch.cat((torch.ones_like(alpha[..., :1]), passed), -1)
    return alpha * before


def composite(
    weights: Float[Tensor, "*ray sample"],
    values: Float[Tensor, "*ray sample channel"],
    background: Float[Tensor, "#*ray channel"] | None = None,
) -> Float[Tensor, "*ray channel"]:
    """Weighted sums along rays, with what is left over taken from the background.

    Args:
        weights: From :func:`weights_from_alpha`.
        values: Colour, or anything else, of each section.
        background: Behind everything; nothing (black) if absent.
    """
    total = (weights[..., None] * values).sum(-2)
    if background is None:
        return total
    return total + (1 - weights.sum(-1, keepdim=True)) * background


def alpha_from_density(
    density: Float[Tensor, "*ray sample"], lengths: Float[Tensor, "*ray sample"]
) -> Float[Tensor, "*ray sample"]:
    """Opacity of sections of constant density (NeRF, eq. 3).

    Args:
        density: Not negative, per unit of length.
        lengths: Of the sections.
    """
    return 1 - torch.exp(-density * lengths)
