"""Differences of feature maps, the discriminator's or a trained network's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor


def feature_distance(
    found: Sequence[Float[Tensor, "..."]], wanted: Sequence[Float[Tensor, "..."]]
) -> Float[Tensor, ""]:
    """Mean absolute difference of two lists of maps, summed over the maps.

    Args:
        found: Of drawn pictures.
        wanted: Of photographs; no gradient flows into them.
    """
    pairs = zip(found, wanted, strict=True)
    parts = [(a.float() - b.detach().float()).abs().mean() for a, b in pairs]
    return torch.stack(parts).sum()


def feature_matching(
    found: Sequence[Float[Tensor, "..."]], wanted: Sequence[Float[Tensor, "..."]]
) -> Float[Tensor, ""]:
    """The same as a mean over the maps (pix2pixHD, arXiv:1711.11585, equation 4).

    Args:
        found: The discriminator's maps of drawn pictures.
        wanted: Those of photographs.
    """
    return feature_distance(found, wanted) / len(found)
