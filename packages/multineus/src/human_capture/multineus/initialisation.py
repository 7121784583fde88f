"""How the weights of fields begin."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Geometric:
    """A hidden layer of a field that begins as a sphere (SAL, Atzmon & Lipman 2020).

    Attributes:
        unused: Inputs at the end whose weights begin at zero: positions encoded as
            waves, which would begin as noise.
    """

    unused: int = 0

    def __call__(self, weight: Tensor, bias: Tensor) -> None:
        """Fill them in place."""
        outputs, inputs = weight.shape
        weight.normal_(0, math.sqrt(2 / outputs))
        weight[:, inputs - self.unused :] = 0
        bias.zero_()


@dataclass(frozen=True)
class GeometricOutput:
    """The last layer of such a field.

    Attributes:
        radius: Of the sphere, by NeuS's convention; the field is a little off it.
    """

    radius: float = 0.5

    def __call__(self, weight: Tensor, bias: Tensor) -> None:
        """Fill them in place."""
        weight.normal_(math.sqrt(math.pi / weight.shape[1]), 1e-4)
        bias.fill_(-self.radius)


def kaiming(weight: Tensor, bias: Tensor) -> None:
    """What torch's linear layers begin with; fills them in place."""
    bound = 1 / math.sqrt(weight.shape[1])
    torch.nn.init.uniform_(weight, -bound, bound)
    torch.nn.init.uniform_(bias, -bound, bound)
