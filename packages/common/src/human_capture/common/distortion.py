"""Lens distortion of normalised image coordinates.

Notation: (x, y) are pinhole coordinates, ``x = X / Z`` and ``y = Y / Z`` in the camera
frame; r² = x² + y². Coefficients come in OpenCV's order.

- ``opencv``: k1 k2 p1 p2 k3 [k4 k5 k6 [s1 s2 s3 s4]], the rational and thin-prism model
  of ``cv2.projectPoints``.
- ``human36m``: k1 k2 p1 p2 k3 as Human3.6M's own toolbox applies them; its tangential
  term lacks OpenCV's factor of two.
- ``fisheye``: k1 k2 k3 k4 of ``cv2.fisheye`` (Kannala and Brandt, TPAMI 2006).
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import pad

DistortionModel = Literal["opencv", "human36m", "fisheye"]
MAX_COEFFICIENTS: dict[DistortionModel, int] = {
    "opencv": 12,
    "human36m": 5,
    "fisheye": 4,
}


def distort(
    points: Float[Tensor, "*batch point 2"],
    coefficients: Float[Tensor, "*batch coefficient"],
    model: DistortionModel = "opencv",
) -> Float[Tensor, "*batch point 2"]:
    """Return where the lens moves pinhole coordinates to.

    Args:
        points: Pinhole coordinates.
        coefficients: Fewer than the model has count as zeros.
        model: Which formula the coefficients belong to.
    """
    missing = MAX_COEFFICIENTS[model] - coefficients.shape[-1]
    k = pad(coefficients, (0, missing))[..., None, :].unbind(-1)
    x, y = points.unbind(-1)
    if model == "fisheye":
        return torch.stack(_fisheye(x, y, k), -1)
    if model == "human36m":
        return torch.stack(_human36m(x, y, k), -1)
    return torch.stack(_opencv(x, y, k), -1)


def _opencv(x: Tensor, y: Tensor, k: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4 = k
    r2 = x * x + y * y
    radial = (1 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (
        1 + r2 * (k4 + r2 * (k5 + r2 * k6))
    )
    xy = 2 * x * y
    return (
        x * radial + p1 * xy + p2 * (r2 + 2 * x * x) + r2 * (s1 + r2 * s2),
        y * radial + p1 * (r2 + 2 * y * y) + p2 * xy + r2 * (s3 + r2 * s4),
    )


def _human36m(x: Tensor, y: Tensor, k: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    k1, k2, p1, p2, k3 = k
    r2 = x * x + y * y
    scale = 1 + r2 * (k1 + r2 * (k2 + r2 * k3)) + p1 * y + p2 * x
    return x * scale + p2 * r2, y * scale + p1 * r2


def _fisheye(x: Tensor, y: Tensor, k: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    k1, k2, k3, k4 = k
    r = (x * x + y * y).clamp_min(torch.finfo(x.dtype).tiny).sqrt()
    theta = r.atan()
    t2 = theta * theta
    bent = theta * (1 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4))))
    scale = torch.where(r > 1e-8, bent / r, torch.ones_like(r))  # limit on the axis
    return x * scale, y * scale


def undistort(
    points: Float[Tensor, "*batch point 2"],
    coefficients: Float[Tensor, "*batch coefficient"],
    model: DistortionModel = "opencv",
    iterations: int = 12,
) -> Float[Tensor, "*batch point 2"]:
    """Return the pinhole coordinates that the lens moved to ``points``.

    Newton's method with the exact Jacobian, where fixed-point iteration (as OpenCV
    does) diverges for strong lenses. The last step runs on a detached solution, so
    gradients are those of the implicit function whatever the number of iterations.

    Args:
        points: Distorted coordinates. Far outside the lens's valid field, where the
            model folds back on itself, there is no inverse and the result is the
            nearest the iteration came.
        coefficients: As in :func:`distort`.
        model: As in :func:`distort`.
        iterations: Newton steps; convergence is quadratic.
    """
    target, lens = points.detach(), coefficients.detach()
    solution = target
    if model == "fisheye":  # start from the lens with no coefficients
        angle = target.norm(dim=-1, keepdim=True).clamp(1e-12, 1.5)
        solution = target * (angle.tan() / angle)
    for _ in range(iterations):
        solution = solution - _newton_step(solution, target, lens, model)
    return solution - _newton_step(solution, points, coefficients, model)


def _newton_step(
    solution: Tensor, target: Tensor, coefficients: Tensor, model: DistortionModel
) -> Tensor:
    def lens(points: Tensor) -> Tensor:
        return distort(points, coefficients.detach(), model)

    along_x = torch.zeros_like(solution)
    along_x[..., 0] = 1
    column_x = torch.func.jvp(lens, (solution,), (along_x,))[1]
    column_y = torch.func.jvp(lens, (solution,), (along_x.flip(-1),))[1]
    residual = distort(solution, coefficients, model) - target
    determinant = _cross(column_x, column_y)
    determinant = torch.where(determinant.abs() < 1e-6, 1e-6, determinant)
    step = (_cross(residual, column_y), _cross(column_x, residual))
    return torch.stack(step, -1) / determinant[..., None]


def _cross(first: Tensor, second: Tensor) -> Tensor:
    return first[..., 0] * second[..., 1] - second[..., 0] * first[..., 1]
