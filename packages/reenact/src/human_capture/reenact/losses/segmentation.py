"""How well a mask covers another."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def dice_loss(
    found: Float[Tensor, "clip 1 height width"],
    wanted: Float[Tensor, "clip 1 height width"],
    channels: int = 1,
) -> Float[Tensor, ""]:
    """Negative logarithm of the Dice coefficient of all masks together; 0 at best.

    Args:
        found: Drawn masks in (0, 1).
        wanted: True masks.
        channels: How often the true mask is counted. The official code has three equal
            channels of it, which makes -0.405 the value of a perfect mask and rewards
            masks that are too large.
    """
    found, wanted = found.float(), wanted.float()
    shared = channels * (found * wanted).sum()
    total = found.square().sum() + channels * wanted.square().sum()
    return -(2 * shared / total.clamp_min(1e-6)).clamp_min(1e-6).log()
