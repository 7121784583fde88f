"""Rigid motions and similarities: exponentials, logarithms, best alignment."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import normalize


def skew(vectors: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """Matrices [v] with [v] u = v x u."""
    x, y, z = vectors.unbind(-1)
    zero = torch.zeros_like(x)
    rows = (zero, -z, y, z, zero, -x, -y, x, zero)
    return torch.stack(rows, -1).reshape(*x.shape, 3, 3)


def so3_exp(rotation_vectors: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
    """Rotation matrices of axis-angle vectors in radians (Rodrigues).

    Smooth at zero: the sines are divided as Taylor series there, so gradients are
    finite everywhere.
    """
    squared = rotation_vectors.square().sum(-1)[..., None, None]
    small = squared < 1e-8
    safe = torch.where(small, torch.ones_like(squared), squared)
    angle = safe.sqrt()
    first = torch.where(small, 1 - squared / 6, angle.sin() / angle)
    second = torch.where(small, 0.5 - squared / 24, (1 - angle.cos()) / safe)
    generator = skew(rotation_vectors)
    identity = torch.eye(3).to(generator)
    return identity + first * generator + second * (generator @ generator)


def so3_log(rotations: Float[Tensor, "*batch 3 3"]) -> Float[Tensor, "*batch 3"]:
    """Axis-angle vectors in radians, with angles in [0, pi].

    Goes through the quaternion with the largest component, so it is accurate near pi
    as well as near zero.
    """
    quaternion = _quaternion(rotations)
    w, axis = quaternion[..., :1], quaternion[..., 1:]
    sign = torch.where(w < 0, -1.0, 1.0).to(w)
    w, axis = w * sign, axis * sign
    squared = axis.square().sum(-1, keepdim=True)
    small = squared < 1e-12
    sine = torch.where(small, torch.ones_like(squared), squared).sqrt()
    scale = torch.where(small, 2 / w.clamp_min(0.5), 2 * torch.atan2(sine, w) / sine)
    return axis * scale


def _quaternion(rotations: Tensor) -> Tensor:
    """Unit quaternions (w, x, y, z) by the numerically largest of four formulas."""
    m = rotations
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    yz, zy = m[..., 2, 1] - m[..., 1, 2], m[..., 2, 1] + m[..., 1, 2]
    zx, xz = m[..., 0, 2] - m[..., 2, 0], m[..., 0, 2] + m[..., 2, 0]
    xy, yx = m[..., 1, 0] - m[..., 0, 1], m[..., 1, 0] + m[..., 0, 1]
    candidates = torch.stack(
        (
            torch.stack((1 + xx + yy + zz, yz, zx, xy), -1),
            torch.stack((yz, 1 + xx - yy - zz, yx, xz), -1),
            torch.stack((zx, yx, 1 - xx + yy - zz, zy), -1),
            torch.stack((xy, xz, zy, 1 - xx - yy + zz), -1),
        ),
        -2,
    )
    best = candidates.diagonal(dim1=-2, dim2=-1).argmax(-1)
    index = best[..., None, None].expand(*best.shape, 1, 4)
    return normalize(candidates.gather(-2, index)[..., 0, :], dim=-1)


def umeyama(
    source: Float[Tensor, "*batch point 3"],
    target: Float[Tensor, "*batch point 3"],
    weights: Float[Tensor, "*batch point"] | Bool[Tensor, "*batch point"] | None = None,
    with_scale: bool = True,
) -> tuple[
    Float[Tensor, "*batch"], Float[Tensor, "*batch 3 3"], Float[Tensor, "*batch 3"]
]:
    """Scale, rotation and translation that best map ``source`` onto ``target``.

    Least squares without reflections (Umeyama, TPAMI 1991, eqs. 40-42).

    Args:
        source: Points to be moved.
        target: Where each should go.
        weights: Of each pair; points with weight 0 do not count.
        with_scale: False fixes the scale to 1.
    """
    if weights is None:
        weights = torch.ones_like(source[..., 0])
    weights = weights.to(source)
    share = (weights / weights.sum(-1, keepdim=True).clamp_min(1e-12))[..., None]
    mean_source = (share * source).sum(-2, keepdim=True)
    mean_target = (share * target).sum(-2, keepdim=True)
    centred = source - mean_source
    covariance = (share * (target - mean_target)).mT @ centred
    u, s, vt = torch.linalg.svd(covariance)
    signs = torch.ones_like(s)
    signs[..., 2] = torch.linalg.det(u @ vt).sign()
    rotation = u @ (signs[..., None] * vt)
    variance = (share * centred.square()).sum((-2, -1))
    scale = (s * signs).sum(-1) / variance.clamp_min(1e-12)
    if not with_scale:
        scale = torch.ones_like(scale)
    moved = (rotation @ mean_source.mT)[..., 0]
    return scale, rotation, mean_target[..., 0, :] - scale[..., None] * moved


def align(
    source: Float[Tensor, "*batch point 3"],
    target: Float[Tensor, "*batch point 3"],
    weights: Float[Tensor, "*batch point"] | Bool[Tensor, "*batch point"] | None = None,
    with_scale: bool = True,
) -> Float[Tensor, "*batch point 3"]:
    """``source`` after the best similarity (or rigid motion) onto ``target``.

    Args:
        source: Points to be moved.
        target: Where each should go.
        weights: As in :func:`umeyama`.
        with_scale: False allows rotation and translation only.
    """
    scale, rotation, translation = umeyama(source, target, weights, with_scale)
    return scale[..., None, None] * (source @ rotation.mT) + translation[..., None, :]


def move(
    points: Float[Tensor, "*point 3"], transform: Float[Tensor, "4 4"]
) -> Float[Tensor, "*point 3"]:
    """Points under a rigid motion or similarity.

    Args:
        points: In the frame that the transform starts from.
        transform: Homogeneous.
    """
    return points @ transform[:3, :3].mT + transform[:3, 3]


def se3_exp(twists: Float[Tensor, "*batch 6"]) -> Float[Tensor, "*batch 4 4"]:
    """Rigid transforms of twists: a rotation vector in radians, then a velocity.

    The translation is V v with V the integral of the rotation along the way (Barfoot,
    State Estimation for Robotics). Smooth at zero, as :func:`so3_exp`.

    Args:
        twists: Rotation first.
    """
    rotation_vectors, velocity = twists[..., :3], twists[..., 3:]
    squared = rotation_vectors.square().sum(-1)[..., None, None]
    small = squared < 1e-6
    safe = torch.where(small, torch.ones_like(squared), squared)
    angle = safe.sqrt()
    first = torch.where(small, 0.5 - squared / 24, (1 - angle.cos()) / safe)
    second = torch.where(
        small, 1 / 6 - squared / 120, (angle - angle.sin()) / (safe * angle)
    )
    generator = skew(rotation_vectors)
    identity = torch.eye(3).to(generator)
    way = identity + first * generator + second * (generator @ generator)
    transform = torch.eye(4).to(twists).repeat(*twists.shape[:-1], 1, 1)
    transform[..., :3, :3] = so3_exp(rotation_vectors)
    transform[..., :3, 3] = (way @ velocity[..., None])[..., 0]
    return transform
