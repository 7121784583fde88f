"""How sharp a surface is: one number, learned."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Deviation(nn.Module):
    """NeuS's s = exp(10 v) with a learned v, shared by all objects.

    Args:
        start: The v to begin with; 0.3 is a sharpness of 20.
    """

    def __init__(self, start: float = 0.3) -> None:
        super().__init__()
        self.variance = nn.Parameter(torch.tensor(start))

    def forward(self) -> Float[Tensor, ""]:
        """The sharpness, in [1e-6, 1e6]."""
        return torch.exp(10 * self.variance).clamp(1e-6, 1e6)
