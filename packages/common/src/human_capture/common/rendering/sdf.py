"""Opacity of a signed distance field (NeuS, Wang et al., NeurIPS 2021)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import relu

from human_capture.common.rendering.compositing import weights_from_alpha

_EPSILON = 1e-5


def annealed_cosine(
    cosine: Float[Tensor, "*sample"], anneal: float
) -> Float[Tensor, "*sample"]:
    """Slope of the distance along the ray, kept from rising (NeuS, code).

    Early in training also surfaces seen from behind pass gradients; later only those
    that the ray enters.

    Args:
        cosine: Of the angle between ray and gradient of the field.
        anneal: Progress of the annealing, from 0 to 1.
    """
    soft = relu(0.5 - 0.5 * cosine)
    return -((1 - anneal) * soft + anneal * relu(-cosine))


def alpha_from_sdf(
    sdf: Float[Tensor, "*ray sample"],
    slope: Float[Tensor, "*ray sample"],
    lengths: Float[Tensor, "*ray sample"],
    sharpness: Float[Tensor, ""] | float,
) -> Float[Tensor, "*ray sample"]:
    """Opacity of sections from the field in their middles (NeuS, eq. 13).

    The field is taken to be linear in each section.

    Args:
        sdf: In the middle of each section.
        slope: Change of the distance along the ray, not positive.
        lengths: Of the sections.
        sharpness: NeuS's s.
    """
    half = slope * lengths / 2
    ahead = torch.sigmoid(sharpness * (sdf - half))
    behind = torch.sigmoid(sharpness * (sdf + half))
    return ((ahead - behind + _EPSILON) / (ahead + _EPSILON)).clamp(0, 1)


def section_weights(
    depths: Float[Tensor, "*ray sample"],
    sdf: Float[Tensor, "*ray sample"],
    inside: Float[Tensor, "*ray sample"],
    sharpness: float,
) -> Float[Tensor, "*ray section"]:
    """Weights of the sections between samples, from the field at the samples.

    For the choice of further samples, without the field's gradient (NeuS, code): the
    slope is that between neighbouring samples or that of the section before, whichever
    falls more.

    Args:
        depths: Ascending.
        sdf: At those depths.
        inside: Positive at samples within the unit sphere; sections without any count
            for little.
        sharpness: Assumed for this round of sampling.
    """
    lengths = depths.diff(dim=-1)
    middle = (sdf[..., 1:] + sdf[..., :-1]) / 2
    slope = sdf.diff(dim=-1) / (lengths + _EPSILON)
    before = torch.cat((torch.zeros_like(slope[..., :1]), slope[..., :-1]), -1)
    counts = (inside[..., 1:] > 0) | (inside[..., :-1] > 0)
    slope = torch.minimum(slope, before).clamp(-1000, 0) * counts
    return weights_from_alpha(alpha_from_sdf(middle, slope, lengths, sharpness))


def section_lengths(
    depths: Float[Tensor, "*ray sample"], last: float
) -> Float[Tensor, "*ray sample"]:
    """Distance from each sample to the next.

    Args:
        depths: Ascending.
        last: Length of the section that the last sample begins.
    """
    end = torch.full_like(depths[..., :1], last)
    return torch.cat((depths.diff(dim=-1), end), -1)
