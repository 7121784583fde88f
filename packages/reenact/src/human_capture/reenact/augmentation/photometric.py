"""Pictures of other brightness, colour and contrast."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def brighten(
    pictures: Float[Tensor, "clip 3 height width"], offset: Float[Tensor, "clip 3"]
) -> Float[Tensor, "clip 3 height width"]:
    """The pictures with something added to each channel."""
    return pictures + offset[:, :, None, None]


def multiply(
    pictures: Float[Tensor, "clip 3 height width"], factor: Float[Tensor, " clip"]
) -> Float[Tensor, "clip 3 height width"]:
    """The pictures times a factor each."""
    return pictures * factor[:, None, None, None]


def saturate(
    pictures: Float[Tensor, "clip 3 height width"], offset: Float[Tensor, " clip"]
) -> Float[Tensor, "clip 3 height width"]:
    """The pictures with other saturation, and the same hue and value, of HSV.

    What is exactly grey has no hue and stays grey.

    Args:
        pictures: To be changed.
        offset: Added to the saturation, which is 0 for grey and 1 for a pure colour.
    """
    value = pictures.amax(1, keepdim=True)
    below = value - pictures
    chroma = below.amax(1, keepdim=True)
    saturation = torch.where(value > 0, chroma / value, 0)
    wanted = (saturation + offset[:, None, None, None]).clamp(0, 1)
    # all channels keep their ratio of distances below the largest, which is the hue
    return value - torch.where(chroma > 0, below / chroma, 0) * wanted * value


def linear_contrast(
    pictures: Float[Tensor, "clip 3 height width"], factor: Float[Tensor, " clip"]
) -> Float[Tensor, "clip 3 height width"]:
    """The pictures with distances from middle grey multiplied."""
    return torch.lerp(
        torch.full_like(pictures, 0.5), pictures, factor[:, None, None, None]
    )


def sigmoid_contrast(
    pictures: Float[Tensor, "clip 3 height width"],
    gain: Float[Tensor, " clip"],
    cutoff: float = 0.5,
) -> Float[Tensor, "clip 3 height width"]:
    """The pictures through the curve 1 / (1 + exp(gain · (cutoff − x))).

    Args:
        pictures: To be changed.
        gain: Four times the steepness of the curve where it is steepest.
        cutoff: What becomes middle grey.
    """
    return torch.sigmoid(gain[:, None, None, None] * (pictures - cutoff))
