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

from collections.abc import Callable
from functools import partial
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
    return torch.stack(_FORMULAS[model](*_unpacked(points, coefficients, model)), -1)


def _unpacked(
    points: Tensor, coefficients: Tensor, model: DistortionModel
) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
    missing = MAX_COEFFICIENTS[model] - coefficients.shape[-1]
    x, y = points.unbind(-1)
    return x, y, pad(coefficients, (0, missing))[..., None, :].unbind(-1)


def _opencv(x: Tensor, y: Tensor, k: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
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


def _opencv_jacobian(x: Tensor, y: Tensor, k: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4 = k
    r2 = x * x + y * y
    below = 1 + r2 * (k4 + r2 * (k5 + r2 * k6))
    radial = (1 + r2 * (k1 + r2 * (k2 + r2 * k3))) / below
    slope = k1 + r2 * (2 * k2 + r2 * 3 * k3)  # of the radial factor, over r²
    slope = 2 * (slope - radial * (k4 + r2 * (2 * k5 + r2 * 3 * k6))) / below
    prism_x, prism_y = 2 * (s1 + 2 * r2 * s2), 2 * (s3 + 2 * r2 * s4)
    mixed = x * y * slope + 2 * (p1 * x + p2 * y)
    return (
        radial + x * x * slope + 2 * p1 * y + 6 * p2 * x + x * prism_x,
        mixed + y * prism_x,
        mixed + x * prism_y,
        radial + y * y * slope + 6 * p1 * y + 2 * p2 * x + y * prism_y,
    )


def _human36m(x: Tensor, y: Tensor, k: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    k1, k2, p1, p2, k3 = k
    r2 = x * x + y * y
    scale = 1 + r2 * (k1 + r2 * (k2 + r2 * k3)) + p1 * y + p2 * x
    return x * scale + p2 * r2, y * scale + p1 * r2


def _human36m_jacobian(
    x: Tensor, y: Tensor, k: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    k1, k2, p1, p2, k3 = k
    r2 = x * x + y * y
    scale = 1 + r2 * (k1 + r2 * (k2 + r2 * k3)) + p1 * y + p2 * x
    slope = 2 * (k1 + r2 * (2 * k2 + r2 * 3 * k3))
    return (
        scale + x * x * slope + 3 * p2 * x,
        x * y * slope + p1 * x + 2 * p2 * y,
        x * y * slope + p2 * y + 2 * p1 * x,
        scale + y * y * slope + 3 * p1 * y,
    )


def _fisheye(x: Tensor, y: Tensor, k: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    r = (x * x + y * y).clamp_min(torch.finfo(x.dtype).tiny).sqrt()
    bent, _ = _bent_angle(r.atan(), k)
    scale = torch.where(r > 1e-8, bent / r, torch.ones_like(r))  # limit on the axis
    return x * scale, y * scale


def _fisheye_jacobian(
    x: Tensor, y: Tensor, k: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    r2 = (x * x + y * y).clamp_min(torch.finfo(x.dtype).tiny)
    r = r2.sqrt()
    bent, slope = _bent_angle(r.atan(), k)
    across = torch.where(r > 1e-8, bent / r, torch.ones_like(r))
    change = (slope / (1 + r2) - across) / r2  # from across to along the radius
    return (
        across + x * x * change,
        x * y * change,
        x * y * change,
        across + y * y * change,
    )


def _bent_angle(theta: Tensor, k: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
    """Image radius of a ray at an angle to the axis, and its derivative."""
    k1, k2, k3, k4 = k
    t2 = theta * theta
    bent = theta * (1 + t2 * (k1 + t2 * (k2 + t2 * (k3 + t2 * k4))))
    slope = 1 + t2 * (3 * k1 + t2 * (5 * k2 + t2 * (7 * k3 + t2 * 9 * k4)))
    return bent, slope


_Formula = Callable[[Tensor, Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]
_FORMULAS: dict[DistortionModel, _Formula] = {
    "opencv": _opencv,
    "human36m": _human36m,
    "fisheye": _fisheye,
}
_JACOBIANS: dict[DistortionModel, _Formula] = {  # of x' by x, y, then of y'
    "opencv": _opencv_jacobian,
    "human36m": _human36m_jacobian,
    "fisheye": _fisheye_jacobian,
}


def undistort(
    points: Float[Tensor, "*batch point 2"],
    coefficients: Float[Tensor, "*batch coefficient"],
    model: DistortionModel = "opencv",
    stages: int = 8,
    iterations: int = 8,
) -> Float[Tensor, "*batch point 2"]:
    """Return the pinhole coordinates that the lens moved to ``points``.

    Newton's method with the exact Jacobian, where fixed-point iteration (as OpenCV
    does) diverges for strong lenses. Newton alone leaps over the fold of some lenses,
    so its target first moves from the axis, where every lens is the identity, to the
    point in question. The last step runs on a detached solution, so gradients are
    those of the implicit function whatever the number of steps.

    Args:
        points: Distorted coordinates. Far outside the lens's valid field, where the
            model folds back on itself, there is no inverse and the result is the
            nearest the iteration came.
        coefficients: As in :func:`distort`.
        model: As in :func:`distort`.
        stages: Steps in which the target moves outwards.
        iterations: Steps after that; fewer are taken once they are tiny.
    """
    target, lens = points.detach(), coefficients.detach()
    solution: Tensor
    if model == "fisheye":
        # Solved for the angle to the axis, which is bounded where x and y are not.
        bent = target.norm(dim=-1).clamp_min(torch.finfo(target.dtype).tiny)
        _, _, k = _unpacked(target, lens, model)
        start, step = torch.zeros_like(bent), partial(_angle_step, k=k)
        theta = _follow(start, bent, step, stages, iterations)
        solution = target * (theta.clamp(0, 1.57).tan() / bent)[..., None]
    else:
        step = partial(_newton_step, coefficients=lens, model=model)
        start = torch.zeros_like(target)
        solution = _follow(start, target, step, stages, iterations)
    return solution - _newton_step(solution, points, coefficients, model)


def _follow(
    solution: Tensor,
    target: Tensor,
    newton_step: Callable[[Tensor, Tensor], Tensor],
    stages: int,
    iterations: int,
) -> Tensor:
    """Newton's method towards a target that moves outwards, then stands still."""
    for stage in range(1, stages + iterations):
        step = newton_step(solution, target * min(1.0, stage / stages))
        solution = solution - step
        tiny = torch.finfo(step.dtype).eps ** 0.5  # its square is lost in rounding
        if stage > stages and not bool((step.abs() > tiny).any()):
            break
    return solution


def _angle_step(theta: Tensor, bent: Tensor, k: tuple[Tensor, ...]) -> Tensor:
    value, slope = _bent_angle(theta, k)
    step: Tensor = (value - bent) / slope
    return step.clamp(-1, 1)


def _newton_step(
    solution: Tensor, target: Tensor, coefficients: Tensor, model: DistortionModel
) -> Tensor:
    residual = distort(solution, coefficients, model) - target
    arguments = _unpacked(solution, coefficients.detach(), model)
    xx, xy, yx, yy = _JACOBIANS[model](*arguments)
    determinant = xx * yy - xy * yx
    determinant = torch.where(determinant.abs() < 1e-9, 1e-9, determinant)
    x, y = residual.unbind(-1)
    step = torch.stack((x * yy - xy * y, xx * y - x * yx), -1)
    step = step / determinant[..., None]
    return step.clamp(-1, 1)  # keeps points that have no inverse finite
