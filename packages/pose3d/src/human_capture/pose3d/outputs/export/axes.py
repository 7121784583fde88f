"""World axes of motion files."""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Up = Literal["y", "z"]


def with_up(
    points: Float[Tensor, "*batch 3"], up: Up = "y"
) -> Float[Tensor, "*batch 3"]:
    """World points, which are z up, in right-handed axes with the wanted one up.

    For ``"y"`` this is (x, y, z) → (x, z, −y), a quarter turn about x.

    Args:
        points: In metres, z up.
        up: ``"y"`` as OpenSim and BVH readers expect, or ``"z"`` to leave them.
    """
    if up == "z":
        return points
    x, y, z = points.unbind(-1)
    return torch.stack((x, z, -y), -1)
