"""The gradient of triangulated points, written out.

With the rows p1 p2 p3 of a projection and the homogeneous point X, the equations of a
view have the errors e = (u p3 - p1) X and f = (v p3 - p2) X. The point minimises the
sum of g² (e² + f²) over the views with gains g; N is its normal matrix. For a gradient
d of the loss by the point let λ = (N⁻¹ d, 0), l = (u p3 - p1) λ and m = (v p3 - p2) λ.
By the implicit function theorem the loss then varies as -Σ g² (l e + m f) does with
the points held fixed, whatever else it is a function of.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.pose3d.triangulation import compiled
from human_capture.pose3d.triangulation.quadrics import one_batch_axis


@dataclass(frozen=True)
class Solved:
    """A weighted least-squares problem and its solution, free of gradients.

    Attributes:
        pixels: Measured positions.
        gain: Factor of every view's errors.
        slope: Derivative of the gain by the weight it was made from.
        points: The solution in the world, in metres.
        covariance: Inverse of the normal matrix.
    """

    pixels: Float[Tensor, "*batch view joint 2"]
    gain: Float[Tensor, "*batch view joint"]
    slope: Float[Tensor, "*batch view joint"]
    points: Float[Tensor, "*batch joint 3"]
    covariance: Float[Tensor, "*batch 3 3 joint"]


def points_with_gradient(
    solved: Solved,
    pixels: Float[Tensor, "*batch view joint 2"],
    weights: Float[Tensor, "*batch view joint"] | None,
    projection: Float[Tensor, "*#batch view 3 4"],
) -> Float[Tensor, "*batch joint 3"]:
    """The solution, through which gradients flow to what it was found from.

    Args:
        solved: The problem and its solution.
        pixels: As in ``solved``, perhaps NaN where the gain is zero; the solution
            takes their precision.
        weights: What the gain was made from.
        projection: Of the cameras, in the world.
    """
    parts = (solved.pixels, solved.gain, solved.slope, solved.points, solved.covariance)
    points: Tensor = _Points.apply(pixels, weights, projection, *parts)
    return points


class _Points(torch.autograd.Function):
    """Hands the solution on, and gradients back."""

    @staticmethod
    def forward(
        ctx: Any,
        pixels: Tensor,
        weights: Tensor | None,
        projection: Tensor,
        *solved: Tensor,
    ) -> Tensor:
        ctx.save_for_backward(projection, *solved)
        ctx.types = pixels.dtype, None if weights is None else weights.dtype
        return solved[3].to(pixels.dtype, copy=True)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, by_points: Tensor) -> tuple[Tensor | None, ...]:
        projection, pixels, gain, slope, points, covariance = ctx.saved_tensors
        rows = projection.double()
        change = (covariance * by_points.double().mT[..., None, :, :]).sum(-2)
        if rows.device.type == "cpu" and not ctx.needs_input_grad[2]:
            gradients = _compiled(pixels, gain, slope, rows, points, change)
            return *_cast(gradients, ctx.types), *6 * (None,)
        u, v = pixels.unbind(-1)
        e, f, depth = _errors(u, v, rows[..., :3], points.mT, rows[..., 3:])
        l, m, deeper = _errors(u, v, rows[..., :3], change)  # noqa: E741
        square = gain.square()
        by_pixels, by_weights, by_projection = None, None, None
        if ctx.needs_input_grad[0]:
            by_u = torch.addcmul(deeper * e, depth, l)
            by_v = torch.addcmul(deeper * f, depth, m)
            by_pixels = torch.stack((by_u, by_v), -1) * -square[..., None]
        if ctx.needs_input_grad[1]:
            by_weights = -2 * gain * slope * torch.addcmul(l * e, m, f)
        if ctx.needs_input_grad[2]:
            by_projection = _by_projection(square, (u, v), (l, m), points)
            by_projection += _by_projection(square, (u, v), (e, f), change.mT, 0)
            by_projection = by_projection.sum_to_size(rows.shape).to(projection.dtype)
        both = _cast((by_pixels, by_weights), ctx.types)
        return *both, by_projection, *5 * (None,)


def _cast(
    gradients: tuple[Tensor | None, Tensor | None],
    types: tuple[torch.dtype, torch.dtype | None],
) -> tuple[Tensor | None, Tensor | None]:
    """Gradients in the precision of their inputs, those that are wanted."""
    pixels, weights = gradients
    return (
        None if pixels is None else pixels.to(types[0]),
        None if weights is None or types[1] is None else weights.to(types[1]),
    )


def _compiled(
    pixels: Tensor,
    gain: Tensor,
    slope: Tensor,
    projection: Tensor,
    points: Tensor,
    change: Tensor,
) -> tuple[Tensor, Tensor]:
    *batch, views, joints = gain.shape
    count = math.prod(batch)
    by_pixels = pixels.new_empty(count, views, joints, 2)
    by_weights = pixels.new_empty(count, views, joints)
    compiled.differentiate(
        pixels.reshape(count, views, joints, 2).contiguous().numpy(),
        gain.reshape(count, views, joints).contiguous().numpy(),
        slope.reshape(count, views, joints).contiguous().numpy(),
        one_batch_axis(projection, batch).numpy(),
        points.reshape(count, joints, 3).contiguous().numpy(),
        change.reshape(count, 3, joints).contiguous().numpy(),
        by_pixels.numpy(),
        by_weights.numpy(),
    )
    return by_pixels.view(pixels.shape), by_weights.view(gain.shape)


def _errors(
    u: Tensor,
    v: Tensor,
    square: Tensor,
    points: Tensor,
    last: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Both equations' errors and the depth at (… 3 joint) points."""
    image = square.flatten(-3, -2) @ points
    image = image.reshape(*image.shape[:-2], square.shape[-3], 3, image.shape[-1])
    if last is not None:
        image = image + last
    x, y, depth = image.unbind(-2)
    return u * depth - x, v * depth - y, depth


def _by_projection(
    square: Tensor,
    pixel: tuple[Tensor, Tensor],
    errors: tuple[Tensor, Tensor],
    points: Tensor,
    last: int = 1,
) -> Tensor:
    """Σ over joints of gain² times the errors' derivative, by (p1, p2, p3)."""
    (u, v), (e, f) = pixel, errors
    factors = square[..., None, :] * torch.stack((e, f, -u * e - v * f), -2)
    fourth = torch.full_like(points[..., :1], last)
    return factors @ torch.cat((points, fourth), -1)[..., None, :, :]
