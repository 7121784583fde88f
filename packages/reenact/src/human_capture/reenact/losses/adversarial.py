"""Hinge losses of the two players (arXiv:1705.02894, equations 12 and 13)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def generator_loss(fake: Float[Tensor, " clip"]) -> Float[Tensor, ""]:
    """What the generator loses: it wants high scores.

    Args:
        fake: The discriminator's scores of drawn pictures.
    """
    return -fake.mean()


def discriminator_loss(
    real: Float[Tensor, " clip"], fake: Float[Tensor, " clip"]
) -> Float[Tensor, ""]:
    """What the discriminator loses: it wants real above 1 and drawn below -1.

    Args:
        real: Its scores of photographs.
        fake: Its scores of drawn pictures.
    """
    return torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()
