"""Weighted linear triangulation (DLT) in closed form, batched and differentiable.

A point X seen at pinhole coordinates (u, v) by a camera [R | t] with rows r1 r2 r3
satisfies two equations a view, ``(u r3 - r1) X = t1 - u t3`` and the same with v
(Hartley and Zisserman, 12.2). Multiplying them by a confidence w is the learnable
triangulation of Iskakov et al. (ICCV 2019, eq. 4). Three choices make this exact and
fast where the homogeneous SVD in pixels and millimetres is neither:

- coordinates are pinhole coordinates (lens and K undone) and the world is centred
  between the cameras, so the normal matrix has a condition number of a few units;
- the inhomogeneous 3 x 3 normal equations are solved in float64 by the adjugate;
- a last pass divides each equation by the depth found, so that residuals are image
  distances and the solution is close to the maximum-likelihood point.

Nothing here returns NaN for finite input: an undetermined joint (one view, views on
one spot, no weight at all) comes out finite with an infinite or huge condition.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.pose3d.triangulation.implicit import Solved, points_with_gradient
from human_capture.pose3d.triangulation.quadrics import (
    Minimum,
    least_squares,
)

MAX_CONDITION = 1e6
"""Above this the cameras' rays are parallel within measurement error."""


@dataclass(frozen=True)
class Triangulated:
    """Triangulated points and how well the rays determine them.

    Attributes:
        points: World points, in metres.
        covariance: For one pixel of image noise in the view that weighs most, in
            square metres; carries no gradient. Plain DLT takes all views for equally
            far away.
        condition: Condition number of the normal matrix (Frobenius); infinite where
            fewer than two views see the joint.
        valid: Whether at least two views with distinct rays see the joint.
    """

    points: Float[Tensor, "*batch joint 3"]
    covariance: Float[Tensor, "*batch joint 3 3"]
    condition: Float[Tensor, "*batch joint"]
    valid: Bool[Tensor, "*batch joint"]

    def to(self, dtype: torch.dtype) -> Triangulated:
        """The same in another precision."""
        return Triangulated(
            self.points.to(dtype),
            self.covariance.to(dtype),
            self.condition.to(dtype),
            self.valid,
        )


def triangulate(
    keypoints: Float[Tensor, "*batch view joint 2"],
    cameras: Cameras,
    weights: Float[Tensor, "*batch view joint"] | None = None,
    valid: Bool[Tensor, "*batch view joint"] | None = None,
    reweightings: int = 1,
) -> Triangulated:
    """Points that the views' rays come closest to.

    Args:
        keypoints: Pixels; NaN where a view has none.
        cameras: One a view, batch axes ``(*batch, view)`` or just ``(view,)``.
        weights: Confidence of every view in every joint, ≥ 0; only the ratios matter.
            Where all of a joint's weights vanish, its valid views count equally.
        valid: Which measurements exist; those that are finite when absent.
        reweightings: Passes that turn algebraic into image distances; 0 is plain DLT.
    """
    finite = keypoints.detach().abs().amax(-1) < torch.inf
    valid = finite if valid is None else valid & finite
    pixels = keypoints
    if cameras.distortion is not None:
        pixels = keypoints.double().masked_fill(~valid[..., None], 0.0)
        pixels = cameras.to(torch.float64).undistort(pixels)
    result = triangulate_pixels(
        pixels, cameras.projection, valid, weights, reweightings
    )
    return result.to(keypoints.dtype)


def relative_weights(
    weights: Float[Tensor, "*batch view joint"] | None,
    valid: Bool[Tensor, "*batch view joint"],
) -> tuple[Float[Tensor, "*batch view joint"], Float[Tensor, "*batch view joint"]]:
    """Weights with a maximum of one over the views, zero where invalid; their slope.

    The slope is the derivative by the weights, with the maximum as a constant: no
    point depends on a common factor.
    """
    if weights is None:
        return valid.double(), torch.zeros_like(valid, dtype=torch.float64)
    weights = weights.detach().double().masked_fill(~valid, 0.0)
    largest = weights.amax(-2, keepdim=True)
    vanished = largest < 1e-8
    slope = (valid / largest.clamp_min(1e-8)).masked_fill_(vanished, 0.0)
    return torch.where(vanished, valid, weights * slope), slope


def triangulate_pixels(
    pixels: Float[Tensor, "*batch view joint 2"],
    projection: Float[Tensor, "*#batch view 3 4"],
    valid: Bool[Tensor, "*batch view joint"],
    weights: Float[Tensor, "*batch view joint"] | None = None,
    reweightings: int = 1,
) -> Triangulated:
    """Triangulation in ideal cameras; the core of :func:`triangulate`.

    Args:
        pixels: Anything where invalid.
        projection: K [R | t], one a view, in metres.
        valid: Which measurements exist.
        weights: As in :func:`triangulate`.
        reweightings: As in :func:`triangulate`.
    """
    with torch.no_grad():
        measured = pixels.double().masked_fill(~valid[..., None], 0.0)
        origin, spread, centred = centred_projection(projection.double())
        relative, slope = relative_weights(weights, valid)
        depth = spread[..., None, None]
        for _ in range(reweightings):
            first = least_squares(measured, relative / depth, centred)
            depth = depth_of(first.points, centred)
        gain, slope = relative / depth, slope / depth
        solution = least_squares(measured, gain, centred)
        result = judged(solution, gain, origin)
    solved = Solved(measured, gain, slope, result.points, solution.covariance)
    points = points_with_gradient(solved, pixels, weights, projection)
    return replace(result, points=points)


def judged(
    solution: Minimum,
    weights: Float[Tensor, "*batch view joint"],
    origin: Float[Tensor, "*#batch 3"],
) -> Triangulated:
    """A solution in the world, with a verdict on whether the views determine it.

    Args:
        solution: In a world that starts at ``origin``.
        weights: Those it was found with.
        origin: As :func:`centred_projection` gives it.
    """
    seen = (weights > 0).sum(-2) >= 2
    condition = torch.where(seen, solution.condition, torch.inf)
    return Triangulated(
        solution.points.mT + origin[..., None, :],
        solution.covariance.movedim(-1, -3),
        condition,
        condition < MAX_CONDITION,
    )


def centred_projection(
    projection: Float[Tensor, "*batch view 3 4"],
) -> tuple[
    Float[Tensor, "*batch 3"], Float[Tensor, "*batch"], Float[Tensor, "*batch view 3 4"]
]:
    """Mean of the optical centres, their mean distance from it, cameras centred there.

    The distance takes the place of the depths where those are not known yet.
    """
    square, last = projection[..., :3], projection[..., 3:]
    centres = -torch.linalg.solve(square, last)[..., 0]
    origin = centres.mean(-2, keepdim=True)
    spread = (centres - origin).norm(dim=-1).mean(-1).clamp_min(1e-6)
    centred = torch.cat((square, last + square @ origin[..., None]), -1)
    return origin[..., 0, :], spread, centred


def depth_of(
    points: Float[Tensor, "*batch 3 joint"],
    projection: Float[Tensor, "*#batch view 3 4"],
) -> Float[Tensor, "*batch view joint"]:
    """Depth in every view, kept away from zero and from behind the camera."""
    depth = projection[..., 2, :3] @ points + projection[..., 2, 3:]
    return depth.clamp_min(0.05)
