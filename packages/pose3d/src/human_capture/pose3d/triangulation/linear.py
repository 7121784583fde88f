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

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.common.cameras import Cameras

MAX_CONDITION = 1e6
"""Above this the cameras' rays are parallel within measurement error."""


@dataclass(frozen=True)
class Triangulated:
    """Triangulated points and how well the rays determine them.

    Attributes:
        points: World points, in metres.
        covariance: For one unit (pixel, if the cameras have intrinsics) of image
            noise in a view of weight one, in square metres.
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
    finite = keypoints.isfinite().all(-1)
    valid = finite if valid is None else valid & finite
    pixels = torch.where(valid[..., None], keypoints, 0.0)
    rays = cameras.normalise(pixels.double())
    focal = cameras.intrinsics.diagonal(dim1=-2, dim2=-1)[..., :2].mean(-1)
    result = triangulate_rays(
        rays.expand(*valid.shape, 2),
        cameras.world_to_camera.expand(*valid.shape[:-1], 4, 4),
        relative_weights(weights, valid),
        focal.expand(valid.shape[:-1]),
        reweightings,
    )
    return result.to(keypoints.dtype)


def relative_weights(
    weights: Float[Tensor, "*batch view joint"] | None,
    valid: Bool[Tensor, "*batch view joint"],
) -> Float[Tensor, "*batch view joint"]:
    """Weights with a maximum of one over the views, and zero where invalid."""
    if weights is None:
        return valid.double()
    weights = torch.where(valid, weights.double(), 0.0)
    largest = weights.amax(-2, keepdim=True)
    vanished = largest < 1e-8
    return torch.where(vanished, valid.double(), weights / largest.clamp_min(1e-8))


def triangulate_rays(
    rays: Float[Tensor, "*batch view joint 2"],
    world_to_camera: Float[Tensor, "*batch view 4 4"],
    weights: Float[Tensor, "*batch view joint"],
    focal: Float[Tensor, "*batch view"] | None = None,
    reweightings: int = 1,
) -> Triangulated:
    """Triangulation of pinhole coordinates; the core of :func:`triangulate`.

    Works and answers in float64 whatever comes in.

    Args:
        rays: Pinhole coordinates (x/z, y/z).
        world_to_camera: One a view, in metres.
        weights: As :func:`relative_weights` makes them; zero leaves a view out.
        focal: Focal lengths in pixels, which make residuals of different cameras
            comparable; 1 when absent.
        reweightings: As in :func:`triangulate`.
    """
    rays, weights = rays.double(), weights.double()
    rotation = world_to_camera[..., :3, :3].double()
    translation = world_to_camera[..., :3, 3].double()
    centres = -(rotation.mT @ translation[..., None])[..., 0]
    origin = centres.mean(-2)
    translation = translation + (rotation @ origin[..., None, :, None])[..., 0]
    gain = weights if focal is None else weights * focal.double()[..., None]

    system = _Rows.of(rays, rotation, translation)
    solution = system.solve(_unit_rows(gain, system, weights))
    for _ in range(reweightings):
        depth = _depth(solution.points, rotation, translation).detach()
        solution = system.solve(gain / depth)
    seen = (weights > 0).sum(-2) >= 2
    condition = torch.where(seen, solution.condition, torch.inf)
    return Triangulated(
        solution.points + origin[..., None, :],
        solution.covariance,
        condition,
        seen & (condition < MAX_CONDITION),
    )


def _unit_rows(gain: Tensor, system: _Rows, weights: Tensor) -> Tensor:
    """First-pass gains: as if every camera stood at the same distance."""
    used = weights.amax(-1).gt(0).double()
    total = (system.camera_distance * used).sum(-1, keepdim=True)
    mean = total / used.sum(-1, keepdim=True).clamp_min(1)
    return gain / mean.clamp_min(1e-6)[..., None]


def _depth(points: Tensor, rotation: Tensor, translation: Tensor) -> Tensor:
    """Depth in every view, kept away from zero and from behind the camera."""
    axis = rotation[..., 2, :]
    depth = torch.einsum("...vi,...ji->...vj", axis, points) + translation[..., 2, None]
    return depth.clamp_min(0.05)


@dataclass(frozen=True)
class _Solution:
    points: Tensor
    covariance: Tensor
    condition: Tensor


@dataclass(frozen=True)
class _Rows:
    """The equations ``a X = b`` of all views, with a of (*batch view joint 2 3)."""

    a: Tensor
    b: Tensor
    camera_distance: Tensor

    @classmethod
    def of(cls, rays: Tensor, rotation: Tensor, translation: Tensor) -> _Rows:
        third = rotation[..., None, 2:, :]
        a = rays[..., None] * third - rotation[..., None, :2, :]
        b = translation[..., None, :2] - rays * translation[..., None, 2:]
        return cls(a, b, translation.norm(dim=-1))

    def solve(self, gain: Tensor) -> _Solution:
        """Weighted least squares; a vanishing ridge keeps singular systems finite."""
        squared = gain.square()
        normal = torch.einsum("...vj,...vjri,...vjrk->...jik", squared, self.a, self.a)
        right = torch.einsum("...vj,...vjri,...vjr->...ji", squared, self.a, self.b)
        trace = normal.diagonal(dim1=-2, dim2=-1).sum(-1)
        trace = trace.clamp_min(1e-30)[..., None, None]
        identity = torch.eye(3, dtype=normal.dtype, device=normal.device)
        scaled = normal / trace + 1e-12 * identity
        inverse = _inverse_symmetric(scaled)
        points = (inverse @ (right / trace[..., 0])[..., None])[..., 0]
        condition = scaled.flatten(-2).norm(dim=-1) * inverse.flatten(-2).norm(dim=-1)
        return _Solution(points, inverse / trace, condition.detach())


def _inverse_symmetric(matrix: Tensor) -> Tensor:
    """Inverse of symmetric positive definite 3 x 3 matrices by the adjugate."""
    a, b, c = matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 0, 2]
    d, e, f = matrix[..., 1, 1], matrix[..., 1, 2], matrix[..., 2, 2]
    xx, xy, xz = d * f - e * e, c * e - b * f, b * e - c * d
    yy, yz, zz = a * f - c * c, b * c - a * e, a * d - b * b
    determinant = (a * xx + b * xy + c * xz).clamp_min(1e-30)
    adjugate = torch.stack((xx, xy, xz, xy, yy, yz, xz, yz, zz), -1)
    return (adjugate / determinant[..., None]).reshape(*a.shape, 3, 3)
