"""Squared image errors of a point as quadratic forms, and where their sum is least.

A camera with projection rows p1 p2 p3 that sees a homogeneous point X at pixel (u, v)
gives it the algebraic error ``((u p3 - p1) X)² + ((v p3 - p2) X)² = Xᵀ Q X``. Q is the
sum of four matrices that depend on the camera alone, times 1, u, v and u² + v². Hence
the forms of all views and joints come from one product of matrices, and a triangulated
point is the minimum of a sum of forms.

Joints are the last axis throughout, so that the arithmetic runs along memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

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


def least_squares(
    pixels: Float[Tensor, "*batch view joint 2"],
    gain: Float[Tensor, "*batch view joint"],
    basis: Float[Tensor, "*#batch view 4 16"],
) -> Minimum:
    """The points with the least error over all views, with gradients.

    Args:
        pixels: Measured positions.
        gain: As in :func:`quadric_factors`.
        basis: Of the cameras.
    """
    return Minimum(*_LeastSquares.apply(pixels, gain, basis))


def minimum(quadrics: Float[Tensor, "*batch 16 joint"]) -> Minimum:
    """Minima over points (x, y, z, 1), without gradients.

    Finite even where a form has a flat valley.
    """
    normal, right, trace = _normal_equations(quadrics)
    adjugate = torch.linalg.cross(
        normal[..., [1, 2, 0], :, :], normal[..., [2, 0, 1], :, :], dim=-2
    )
    determinant = (normal[..., 0, :, :] * adjugate[..., 0, :, :]).sum(-2)
    inverse = adjugate / determinant.clamp_min(1e-30)[..., None, None, :]
    points = (inverse * right[..., None, :, :]).sum(-2)
    return Minimum(points, inverse / trace, _norm(normal) * _norm(inverse))


def _normal_equations(quadrics: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Normal matrices of unit trace plus a ridge, right sides, and the true traces."""
    quadrics = quadrics.unflatten(-2, (4, 4))
    trace = quadrics[..., :3, :3, :].diagonal(dim1=-3, dim2=-2).sum(-1)
    trace = trace.clamp_min(1e-30)[..., None, None, :]
    scaled = quadrics / trace
    normal = scaled[..., :3, :3, :]
    normal.diagonal(dim1=-3, dim2=-2).add_(_RIDGE)
    return normal, -scaled[..., :3, 3, :], trace


def _norm(matrices: Tensor) -> Tensor:
    return torch.linalg.vector_norm(matrices, dim=(-3, -2))


class _LeastSquares(torch.autograd.Function):
    """The solution x = N⁻¹ r in closed form, with its gradient in closed form.

    For a gradient g of x and λ = N⁻¹ g, the gradient of r is λ and that of N is -λ xᵀ;
    a gradient G of the covariance C = N⁻¹ adds -C G C to it. N and r are parts of the
    summed form, which is linear in the factors and in the basis.
    """

    @staticmethod
    def forward(
        ctx: Any, pixels: Tensor, gain: Tensor, basis: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        factors = quadric_factors(pixels, gain).flatten(-3, -2)
        result = minimum(basis.flatten(-3, -2).mT @ factors)
        ctx.save_for_backward(pixels, gain, basis, result.points, result.covariance)
        ctx.mark_non_differentiable(result.condition)
        ctx.set_materialize_grads(False)
        return result.points, result.covariance, result.condition

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, *by_result: Tensor | None) -> tuple[Tensor | None, ...]:
        pixels, gain, basis, points, covariance = ctx.saved_tensors
        by_form = _form_gradient(points, covariance, *by_result[:2]).flatten(-3, -2)
        by_basis = None
        if ctx.needs_input_grad[2]:
            factors = quadric_factors(pixels, gain)
            by_basis = factors @ by_form[..., None, :, :].mT
            by_basis = by_basis.sum_to_size(basis.shape)
        one, along_u, along_v, along_squares = (basis @ by_form[..., None, :, :]).unbind(
            -2
        )
        u, v = pixels.unbind(-1)
        weight = gain.square()
        twice = 2 * along_squares
        by_u, by_v = along_u + u * twice, along_v + v * twice
        by_weight = one + u * along_u + v * along_v + (u * u + v * v) * along_squares
        by_pixels = torch.stack((by_u, by_v), -1) * weight[..., None]
        return by_pixels, 2 * gain * by_weight, by_basis


def _form_gradient(
    points: Tensor,
    covariance: Tensor,
    by_points: Tensor | None,
    by_covariance: Tensor | None,
) -> Tensor:
    form = points.new_zeros(*points.shape[:-2], 4, 4, points.shape[-1])
    if by_points is not None:
        change = (covariance * by_points[..., None, :, :]).sum(-2)
        form[..., :3, 3, :] = -change
        form[..., :3, :3, :] = -change[..., :, None, :] * points[..., None, :, :]
    if by_covariance is not None:
        change = _product(_product(covariance, by_covariance), covariance)
        form[..., :3, :3, :] -= change
    return form


def _product(first: Tensor, second: Tensor) -> Tensor:
    """Products of 3 x 3 matrices whose joints are the last axis."""
    return (first[..., :, :, None, :] * second[..., None, :, :, :]).sum(-3)
