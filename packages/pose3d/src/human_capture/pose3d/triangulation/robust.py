"""Robust triangulation: every pair of views proposes, all views vote, Huber refines.

RANSAC with random pairs (Iskakov et al., ICCV 2019, the baseline of section 3.1) draws
ten pairs a joint in a Python loop. Four cameras have only six pairs, so here all pairs
propose at once for all joints and frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.pose3d.triangulation.linear import (
    Triangulated,
    relative_weights,
    triangulate_rays,
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


def triangulate_robustly(
    keypoints: Float[Tensor, "*batch view joint 2"],
    cameras: Cameras,
    weights: Float[Tensor, "*batch view joint"] | None = None,
    valid: Bool[Tensor, "*batch view joint"] | None = None,
    threshold: float = 20.0,
    refinements: int = 5,
    chunk: int = 4096,
) -> RobustlyTriangulated:
    """Points on which the most views agree.

    The pair whose point has the most inliers wins, ties going to the smaller mean
    error; its inliers are triangulated together and refined by iteratively reweighted
    least squares with Huber's loss (Gauss-Newton on image distances).

    Args:
        keypoints: Pixels; NaN where a view has none.
        cameras: One a view, batch axes ``(*batch, view)`` or just ``(view,)``.
        weights: Confidences; they weigh the refinement, not the votes.
        valid: Which measurements exist; those that are finite when absent.
        threshold: Largest reprojection error of an inlier, in pixels.
        refinements: Reweighted steps after the vote; 0 leaves the linear solution.
        chunk: Batch elements handled at once, to bound the memory.
    """
    *batch, views, joints, _ = keypoints.shape
    finite = keypoints.isfinite().all(-1)
    valid = finite if valid is None else valid & finite
    pixels = torch.where(valid[..., None], keypoints, 0.0).double()
    rays = cameras.normalise(pixels).expand(*batch, views, joints, 2)
    shared = cameras.world_to_camera.ndim == 3
    focal = cameras.intrinsics.diagonal(dim1=-2, dim2=-1)[..., :2].mean(-1).double()
    flat = _Problem(
        rays.reshape(-1, views, joints, 2),
        cameras.world_to_camera.double()
        if shared
        else cameras.world_to_camera.double().reshape(-1, views, 4, 4),
        focal if shared else focal.reshape(-1, views),
        relative_weights(weights, valid).reshape(-1, views, joints),
        valid.reshape(-1, views, joints),
    )
    parts = [
        _vote_and_refine(flat.part(start, chunk), threshold, refinements)
        for start in range(0, len(flat.rays), chunk)
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
    rays: Tensor
    world_to_camera: Tensor
    focal: Tensor
    weights: Tensor
    valid: Tensor

    def part(self, start: int, length: int) -> _Problem:
        window = slice(start, start + length)
        shared = self.world_to_camera.ndim == 3
        rays = self.rays[window]
        transforms = self.world_to_camera if shared else self.world_to_camera[window]
        focal = self.focal if shared else self.focal[window]
        return _Problem(
            rays,
            transforms.expand(*rays.shape[:2], 4, 4),
            focal.expand(rays.shape[:2]),
            self.weights[window],
            self.valid[window],
        )

    def errors(self, points: Tensor) -> Tensor:
        """Reprojection errors in pixels, infinite behind a camera.

        Args:
            points: ``(..., batch joint 3)``.
        """
        rotation = self.world_to_camera[..., :3, :3]
        moved = torch.einsum("bvik,...bjk->...bvji", rotation, points)
        moved = moved + self.world_to_camera[..., None, :3, 3]
        depth = moved[..., 2:]
        offset = moved[..., :2] / depth.clamp_min(1e-6) - self.rays
        errors = offset.norm(dim=-1) * self.focal[..., None]
        return torch.where(depth[..., 0] > 1e-3, errors, torch.inf)

    def triangulate(self, weights: Tensor, reweightings: int = 1) -> Triangulated:
        return triangulate_rays(
            self.rays, self.world_to_camera, weights, self.focal, reweightings
        )


def _vote_and_refine(
    problem: _Problem, threshold: float, refinements: int
) -> tuple[Tensor, ...]:
    inliers = _best_inliers(problem, threshold)
    weights = problem.weights * inliers
    result = problem.triangulate(weights)
    for _ in range(refinements):
        errors = problem.errors(result.points)
        huber = (0.5 * threshold / errors.clamp_min(1e-9)).clamp_max(1).sqrt()
        inliers = torch.where(
            result.valid[..., None, :], problem.valid & (errors < threshold), inliers
        )
        enough = inliers.sum(-2, keepdim=True) >= 2
        inliers = torch.where(enough, inliers, weights > 0)
        weights = problem.weights * inliers * torch.where(errors.isfinite(), huber, 0)
        result = problem.triangulate(weights)
    residuals = torch.where(problem.valid, problem.errors(result.points), torch.nan)
    return (
        result.points,
        result.covariance,
        result.condition,
        result.valid,
        inliers,
        residuals,
    )


def _best_inliers(problem: _Problem, threshold: float) -> Tensor:
    """The largest set of measurements that agree with one pair's point."""
    best = problem.valid
    best_score = torch.full_like(problem.weights[:, 0], -torch.inf)
    for first, second in combinations(range(problem.rays.shape[1]), 2):
        score, inliers = _pair_vote(problem, first, second, threshold)
        better = score > best_score
        best_score = torch.where(better, score, best_score)
        best = torch.where(better[:, None], inliers, best)
    return best


def _pair_vote(
    problem: _Problem, first: int, second: int, threshold: float
) -> tuple[Tensor, Tensor]:
    """Score of one pair's points, and the measurements that agree with them."""
    both = [first, second]
    result = triangulate_rays(
        problem.rays[:, both],
        problem.world_to_camera[:, both],
        problem.valid[:, both].double(),
        problem.focal[:, both],
        reweightings=0,
    )
    errors = problem.errors(result.points)
    inliers = problem.valid & (errors < threshold)
    count = inliers.sum(-2)
    spread = torch.where(inliers, errors, 0).sum(-2) / count.clamp_min(1)
    score = count - spread / threshold  # the mean error of inliers is below threshold
    usable = problem.valid[:, both].all(-2) & result.valid & (count >= 2)
    return torch.where(usable, score, -torch.inf), inliers
