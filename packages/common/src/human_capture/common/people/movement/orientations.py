# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Rotations over time, in numpy, for motion and retargeting.

Everywhere: z up, a body at rest faces -y and its left is +x. ``pitch`` tips the top
forwards, ``side`` tips it to the left, ``yaw`` turns to the left; all in radians.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

FORWARD = np.array([0.0, -1.0, 0.0])
LEFT = np.array([1.0, 0.0, 0.0])
UP = np.array([0.0, 0.0, 1.0])


def unit(vectors: Float[np.ndarray, "*batch 3"]) -> Float[np.ndarray, "*batch 3"]:
    """Vectors of length one; zero stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, 1e-12)


def dot(
    a: Float[np.ndarray, "*#batch 3"], b: Float[np.ndarray, "*#batch 3"]
) -> Float[np.ndarray, "*batch 1"]:
    """Scalar products, with the axis kept."""
    return (a * b).sum(-1, keepdims=True)


def apply(
    rotations: Float[np.ndarray, "*#batch 3 3"], vectors: Float[np.ndarray, "*#batch 3"]
) -> Float[np.ndarray, "*batch 3"]:
    """Rotated vectors."""
    return (rotations @ vectors[..., None])[..., 0]


def exponential(
    vectors: Float[np.ndarray, "*batch 3"],
) -> Float[np.ndarray, "*batch 3 3"]:
    """Rotations about vectors by their length in radians (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(unit(vectors), -1, 0)
    zero = np.zeros_like(x)
    rows = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1)
    cross = rows.reshape(*x.shape, 3, 3)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)


def logarithm(
    rotations: Float[np.ndarray, "*batch 3 3"],
) -> Float[np.ndarray, "*batch 3"]:
    """Rotation vectors with angles in [0, pi).

    The angle comes from sine and cosine together. Half turns, whose axis would be
    undefined, do not occur between neighbouring bones.
    """
    m = rotations
    axis = np.stack(
        [
            m[..., 2, 1] - m[..., 1, 2],
            m[..., 0, 2] - m[..., 2, 0],
            m[..., 1, 0] - m[..., 0, 1],
        ],
        -1,
    )
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    cosine = np.trace(m, axis1=-2, axis2=-1)[..., None] - 1
    return unit(axis) * np.arctan2(sine, cosine)


def between(
    start: Float[np.ndarray, "*#batch 3 3"],
    end: Float[np.ndarray, "*#batch 3 3"],
    share: Float[np.ndarray, "*#batch"] | float,
) -> Float[np.ndarray, "*batch 3 3"]:
    """Rotations part of the way from ``start`` to ``end`` on the shortest arc."""
    difference = logarithm(np.swapaxes(start, -1, -2) @ end)
    return start @ exponential(np.asarray(share)[..., None] * difference)


def swing(
    start: Float[np.ndarray, "*#batch 3"], end: Float[np.ndarray, "*#batch 3"]
) -> Float[np.ndarray, "*batch 3 3"]:
    """The smallest rotations that carry directions onto directions."""
    a, b = unit(start), unit(end)
    axis = np.cross(a, b)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    return exponential(unit(axis) * np.arctan2(sine, dot(a, b)))


def twist(
    axis: Float[np.ndarray, "*#batch 3"],
    start: Float[np.ndarray, "*#batch 3"],
    end: Float[np.ndarray, "*#batch 3"],
) -> Float[np.ndarray, "*batch"]:
    """Signed angles about ``axis`` from ``start`` to ``end``, seen along the axis."""
    axis = unit(axis)
    a, b = start - dot(start, axis) * axis, end - dot(end, axis) * axis
    sine, cosine = dot(np.cross(a, b), axis), dot(a, b)
    return np.arctan2(sine, cosine)[..., 0]


def turn(
    pitch: Float[np.ndarray, "*#batch"] | float = 0.0,
    side: Float[np.ndarray, "*#batch"] | float = 0.0,
    yaw: Float[np.ndarray, "*#batch"] | float = 0.0,
) -> Float[np.ndarray, "*batch 3 3"]:
    """Rotations that pitch, then lean sideways, then turn."""
    tilts = zip((pitch, side, yaw), (LEFT, -FORWARD, UP), strict=True)
    first, second, third = (
        exponential(np.asarray(angle)[..., None] * axis) for angle, axis in tilts
    )
    return third @ second @ first


def axes(
    left: Float[np.ndarray, "*batch 3"], up: Float[np.ndarray, "*batch 3"]
) -> Float[np.ndarray, "*batch 3 3"]:
    """Orientations whose first axis is ``left`` and whose third is nearest ``up``."""
    x = unit(left)
    z = unit(up - dot(up, x) * x)
    return np.stack([x, np.cross(z, x), z], -1)


def ease(share: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
    """Minimum-jerk progress from 0 to 1; flat outside."""
    u = np.clip(share, 0, 1)
    return u * u * u * (10 - 15 * u + 6 * u * u)
