"""Squared image errors of a point as quadratic forms, and where their sum is least.

A camera with projection rows p1 p2 p3 that sees a homogeneous point X at pixel (u, v)
gives it the algebraic error ``((u p3 - p1) X)² + ((v p3 - p2) X)² = Xᵀ Q X``. Q is the
sum of four matrices that depend on the camera alone, times 1, u, v and u² + v². Hence
the forms of all views and joints come from one product of matrices, and a triangulated
point is the minimum of a sum of forms.

Joints are the last axis throughout, so that the arithmetic runs along memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.pose3d.triangulation import compiled

_RIDGE = 1e-12
"""Added to normal matrices of unit trace; keeps singular ones finite."""

_FORMS = torch.zeros(4, 3, 3, dtype=torch.float64)
"""Which products of p1 p2 p3 go with 1, u, v and u² + v²."""
_FORMS[0, 0, 0] = _FORMS[0, 1, 1] = _FORMS[3, 2, 2] = 1
_FORMS[1, 0, 2] = _FORMS[1, 2, 0] = _FORMS[2, 1, 2] = _FORMS[2, 2, 1] = -1


@dataclass(frozen=True)
class Minimum:
    """Where sums of quadratic forms are least.

    Attributes:
        points: The minima.
        covariance: Inverses of the normal matrices.
        condition: Condition numbers of the normal matrices (Frobenius).
    """

    points: Float[Tensor, "*batch 3 joint"]
    covariance: Float[Tensor, "*batch 3 3 joint"]
    condition: Float[Tensor, "*batch joint"]


def quadric_basis(
    projection: Float[Tensor, "*batch view 3 4"],
) -> Float[Tensor, "*batch view 4 16"]:
    """The four matrices of each camera, row by row."""
    rows = projection[..., None, :, :]
    return (rows.mT @ _FORMS.to(rows) @ rows).flatten(-2)


def quadric_factors(
    pixels: Float[Tensor, "*batch view joint 2"],
    gain: Float[Tensor, "*batch view joint"],
) -> Float[Tensor, "*batch view 4 joint"]:
    """The factors of the four matrices for every measurement.

    Args:
        pixels: Measured positions.
        gain: Multiplies the errors, so it counts squared.
    """
    u, v = pixels.unbind(-1)
    weight = gain.square()
    return torch.stack((weight, weight * u, weight * v, weight * (u * u + v * v)), -2)


def minimum(quadrics: Float[Tensor, "*batch 16 joint"]) -> Minimum:
    """Minima over points (x, y, z, 1), by the adjugate of the normal matrix.

    Finite even where a form has a flat valley. Written out in components: on joints
    that lie along memory that is ten times as fast as small matrices are.
    """
    a, b, c, _, _, d, e, _, _, _, f, *_ = quadrics.unbind(-2)
    ridge = _RIDGE * (a + d + f).clamp_min(1e-24)
    a, d, f = a + ridge, d + ridge, f + ridge
    xx = torch.addcmul(d * f, e, e, value=-1)
    xy = torch.addcmul(c * e, b, f, value=-1)
    xz = torch.addcmul(b * e, c, d, value=-1)
    yy = torch.addcmul(a * f, c, c, value=-1)
    yz = torch.addcmul(b * c, a, e, value=-1)
    zz = torch.addcmul(a * d, b, b, value=-1)
    determinant = torch.addcmul(torch.addcmul(a * xx, b, xy), c, xz)
    adjugate = torch.stack((xx, xy, xz, xy, yy, yz, xz, yz, zz), -2)
    inverse = adjugate / determinant.clamp_min(1e-200)[..., None, :]
    *batch, joints = a.shape
    inverse = inverse.reshape(*batch, 3, 3, joints)
    quadrics = quadrics.reshape(*batch, 4, 4, joints)
    points = -(inverse * quadrics[..., None, :3, 3, :]).sum(-2)
    normal = quadrics[..., :3, :3, :].square().sum((-3, -2))
    condition = (normal * inverse.square().sum((-3, -2))).sqrt()
    return Minimum(points, inverse, condition)


def least_squares(
    pixels: Float[Tensor, "*batch view joint 2"],
    gain: Float[Tensor, "*batch view joint"],
    projection: Float[Tensor, "*#batch view 3 4"],
) -> Minimum:
    """The points with the least error over all views.

    Args:
        pixels: Measured positions.
        gain: As in :func:`quadric_factors`.
        projection: Of the cameras.
    """
    if pixels.device.type == "cpu":
        return _compiled_least_squares(pixels, gain, projection)
    factors = quadric_factors(pixels, gain).flatten(-3, -2)
    return minimum(quadric_basis(projection).flatten(-3, -2).mT @ factors)


def _compiled_least_squares(
    pixels: Tensor, gain: Tensor, projection: Tensor
) -> Minimum:
    *batch, views, joints = gain.shape
    count = math.prod(batch)
    points = pixels.new_empty(count, 3, joints)
    covariance = pixels.new_empty(count, 3, 3, joints)
    condition = pixels.new_empty(count, joints)
    compiled.solve(
        pixels.reshape(count, views, joints, 2).contiguous().numpy(),
        gain.reshape(count, views, joints).contiguous().numpy(),
        one_batch_axis(projection, batch).numpy(),
        _RIDGE,
        points.numpy(),
        covariance.numpy(),
        condition.numpy(),
    )
    return Minimum(
        points.view(*batch, 3, joints),
        covariance.view(*batch, 3, 3, joints),
        condition.view(*batch, joints),
    )


def one_batch_axis(
    projection: Float[Tensor, "*batch view 3 4"], batch: Sequence[int]
) -> Float[Tensor, "moment view 3 4"]:
    """Contiguous cameras with one batch axis, of length one if all share them."""
    if projection.ndim > 3:
        projection = projection.expand(*batch, *projection.shape[-3:])
    return projection.reshape(-1, *projection.shape[-3:]).contiguous()
