"""Where rays meet the unit sphere, and points along them."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def sphere_bounds(
    origins: Float[Tensor, "*ray 3"], directions: Float[Tensor, "*ray 3"]
) -> tuple[Float[Tensor, "*ray"], Float[Tensor, "*ray"]]:
    """Near and far depths: one unit before and behind the point nearest to the centre.

    That covers the part of the ray within the unit sphere, and for rays that miss the
    sphere gives an interval all the same (NeuS, code).

    Args:
        origins: In units of the sphere's radius.
        directions: Of unit length.
    """
    middle = -(origins * directions).sum(-1)
    return middle - 1, middle + 1


def meets_sphere(
    origins: Float[Tensor, "*ray 3"], directions: Float[Tensor, "*ray 3"]
) -> Float[Tensor, "*ray"]:
    """How far inside the unit sphere rays come; negative where they pass it by.

    Args:
        origins: In units of the sphere's radius.
        directions: Of unit length.
    """
    middle = -(origins * directions).sum(-1, keepdim=True)
    nearest = origins + middle * directions
    distance: Tensor = torch.linalg.vector_norm(nearest, dim=-1)
    return 1 - distance


def along(
    origins: Float[Tensor, "*ray 3"],
    directions: Float[Tensor, "*ray 3"],
    depths: Float[Tensor, "*ray sample"],
) -> Float[Tensor, "*ray sample 3"]:
    """Points at depths along rays."""
    return origins[..., None, :] + depths[..., None] * directions[..., None, :]
