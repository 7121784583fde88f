"""Robust triangulation: every pair of views proposes, all views vote, Huber refines.

RANSAC with random pairs (Iskakov et al., ICCV 2019, the baseline of section 3.1) draws
ten pairs a joint in a Python loop. Four cameras have only six pairs, so here all pairs
propose at once for all joints and frames.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.pose3d.triangulation.linear import (
    MAX_CONDITION,
    Triangulated,
    centred_projection,
    depth_of,
    judged,
    relative_weights,
    triangulate_pixels,
)
from human_capture.pose3d.triangulation.quadrics import (
    least_squares,
    minimum,
    quadric_basis,
    quadric_factors,
)


@dataclass(frozen=True)
class RobustlyTriangulated:
    """Robustly triangulated points with the votes behind them.

    Attributes:
        result: Points, covariance, condition and validity.
        inliers: Which measurements the points rest on.
        residuals: Reprojection error of every measurement, in pixels; NaN where
            there is none.
    """

    result: Triangulated
    inliers: Bool[Tensor, "*batch view joint"]
    residuals: Float[Tensor, "*batch view joint"]


@torch.no_grad()
def triangulate_robustly(
    keypoints: Float[Tensor, "*batch view joint 2"],
    cameras: Cameras,
    weights: Float[Tensor, "*batch view joint"] | None = None,
    valid: Bool[Tensor, "*batch view joint"] | None = None,
    threshold: float = 20.0,
    refinements: int = 5,
    chunk: int = 2**16,
) -> RobustlyTriangulated:
    """Points on which the most views agree.

    The pair whose point has the most inliers wins, ties going to the smaller mean
    error; its inliers are triangulated together and refined by iteratively reweighted
    least squares with Huber's loss (Gauss-Newton on image distances). Choices have no
    gradient, so the points carry none.

    Args:
        keypoints: Pixels; NaN where a view has none.
        cameras: One a view, batch axes ``(*batch, view)`` or just ``(view,)``.
        weights: Confidences; they weigh the refinement, not the votes.
        valid: Which measurements exist; those that are finite when absent.
        threshold: Largest reprojection error of an inlier, in pixels.
        refinements: Reweighted steps after the vote; 0 leaves the linear solution.
        chunk: Reprojection errors of hypotheses held at once, to bound the memory.
    """
    *batch, views, joints, _ = keypoints.shape
    finite = keypoints.isfinite().all(-1)
    valid = finite if valid is None else valid & finite
    pixels = torch.where(valid[..., None], keypoints, 0.0).double()
    if cameras.distortion is not None:
        pixels = cameras.to(torch.float64).undistort(pixels)
    projection = cameras.projection.double()
    if projection.ndim > 3:
        projection = projection.expand(*batch, views, 3, 4).reshape(-1, views, 3, 4)
    whole = _Problem(
        pixels.reshape(-1, views, joints, 2),
        projection,
        relative_weights(weights, valid)[0].reshape(-1, views, joints),
        valid.reshape(-1, views, joints),
    )
    hypotheses = max(1, views * (views - 1) // 2)
    step = max(1, chunk // (hypotheses * views * joints))
    parts = [
        _refine(part, _best_inliers(part, threshold), threshold, refinements)
        for part in whole.parts(step)
    ]
    points, covariance, condition, fine, inliers, residuals = (
        torch.cat(tensors).reshape(*batch, *tensors[0].shape[1:])
        for tensors in zip(*parts, strict=True)
    )
    return RobustlyTriangulated(
        Triangulated(points, covariance, condition, fine).to(keypoints.dtype),
        inliers,
        residuals.to(keypoints.dtype),
    )


@dataclass(frozen=True)
class _Problem:
    """Measurements of a stack of moments.

    Attributes:
        pixels: ``(batch view joint 2)``, without lens distortion.
        projection: ``(view 3 4)`` or ``(batch view 3 4)``.
        weights: ``(batch view joint)``.
        valid: ``(batch view joint)``.
    """

    pixels: Tensor
    projection: Tensor
    weights: Tensor
    valid: Tensor

    def parts(self, step: int) -> Iterator[_Problem]:
        """Consecutive parts of the batch, at least one."""
        for start in range(0, max(len(self.pixels), 1), step):
            window = slice(start, start + step)
            shared = self.projection.ndim == 3
            yield _Problem(
                self.pixels[window],
                self.projection if shared else self.projection[window],
                self.weights[window],
                self.valid[window],
            )

    def errors(self, points: Tensor) -> Tensor:
        """Reprojection errors in pixels, infinite behind a camera.

        Args:
            points: ``(batch joint 3)``.
        """
        return _errors(self.pixels, self.projection, points.mT)


def _errors(pixels: Tensor, projection: Tensor, points: Tensor) -> Tensor:
    """Distances of ``(… 3 joint)`` points to pixels, as ``(… view joint)``."""
    moved = projection[..., :3].flatten(-3, -2) @ points
    views, joints = projection.shape[-3], points.shape[-1]
    moved = moved.reshape(*moved.shape[:-2], views, 3, joints)
    moved = moved + projection[..., 3:]
    depth = moved[..., 2, :]
    safe = depth.clamp_min(1e-6)
    u, v = pixels.unbind(-1)
    errors = torch.hypot(moved[..., 0, :] / safe - u, moved[..., 1, :] / safe - v)
    return torch.where(depth > 1e-3, errors, torch.inf)


def _best_inliers(problem: _Problem, threshold: float) -> Tensor:
    """The largest set of measurements that agree with one pair's point."""
    views = problem.pixels.shape[1]
    if views < 2:
        return problem.valid
    first, second = torch.triu_indices(views, views, 1, device=problem.valid.device)
    _, _, centred = centred_projection(problem.projection)
    factors = quadric_factors(problem.pixels, problem.valid.double())
    quadrics = quadric_basis(centred).mT @ factors
    guess = minimum(quadrics[:, first] + quadrics[:, second])
    errors = _errors(problem.pixels[:, None], centred[..., None, :, :, :], guess.points)
    inliers = problem.valid[:, None] & (errors < threshold)
    count = inliers.sum(-2)
    spread = errors.masked_fill_(~inliers, 0).sum(-2) / count.clamp_min(1)
    score = count - spread / threshold  # the mean error of inliers is below threshold
    usable = problem.valid[:, first] & problem.valid[:, second] & (count >= 2)
    usable &= guess.condition < MAX_CONDITION
    best, place = score.masked_fill_(~usable, -torch.inf).max(1)
    winner = place[:, None, None].expand(-1, 1, views, -1)
    chosen = inliers.gather(1, winner)[:, 0]
    return torch.where(best[:, None].isfinite(), chosen, problem.valid)


def _refine(
    problem: _Problem, inliers: Tensor, threshold: float, refinements: int
) -> tuple[Tensor, ...]:
    """Iteratively reweighted least squares from the inliers of the vote."""
    weights = problem.weights * inliers
    result = triangulate_pixels(problem.pixels, problem.projection, inliers, weights)
    origin, _, centred = centred_projection(problem.projection)
    errors = problem.errors(result.points)
    for _ in range(refinements):
        close = problem.valid & (errors < threshold)
        inliers = torch.where(result.valid[..., None, :], close, inliers)
        enough = inliers.sum(-2, keepdim=True) >= 2
        inliers = torch.where(enough, inliers, weights > 0)
        huber = (0.5 * threshold / errors.clamp_min(1e-9)).clamp_max(1).sqrt()
        weights = problem.weights * inliers * huber  # zero at infinite errors
        depth = depth_of((result.points - origin[..., None, :]).mT, centred)
        solution = least_squares(problem.pixels, weights / depth, centred)
        result = judged(solution, weights, origin)
        errors = problem.errors(result.points)
    return (
        result.points,
        result.covariance,
        result.condition,
        result.valid,
        inliers,
        errors.masked_fill(~problem.valid, torch.nan),
    )
