"""Who somebody is: adult body and face shape, drawn from a seed."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor


def variation_weights(
    phenotype: Float[Tensor, "batch phenotype"],
    owners: Int[Tensor, " variation"],
    anchors: Float[Tensor, " variation"],
) -> Float[Tensor, "batch variation"]:
    """How far each named variation (such as "old" or "maxweight") is present.

    A phenotype runs over its variations like a piecewise linear function over its
    knots; races, whose anchor is NaN, are shares of their sum.

    Args:
        phenotype: Values in [0, 1].
        owners: The phenotype that each variation belongs to.
        anchors: The value at which each variation is fully present.
    """
    values = phenotype[:, owners]
    shares = torch.isnan(anchors)
    peers = (owners[:, None] == owners) & ~shares
    infinity = torch.full_like(anchors, torch.inf)
    known = torch.where(shares, infinity, anchors)
    distance = torch.where(peers, (anchors[:, None] - anchors).abs(), infinity)
    distance = torch.where(distance > 0, distance, infinity)
    spacing = distance.amin(-1)  # knots of one phenotype are evenly spaced
    low = torch.where(peers, known, infinity).amin(-1)
    high = torch.where(peers, known, -infinity).amax(-1)
    clamped = torch.minimum(torch.maximum(values, low), high)
    hats = (1 - (clamped - anchors).abs() / spacing).clamp(min=0)
    total = (values * shares).sum(-1, keepdim=True).clamp_min(1e-6)
    return torch.where(shares, values / total, hats)
