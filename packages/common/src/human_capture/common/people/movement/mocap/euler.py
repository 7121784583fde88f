# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Rotations from the angles that animation files hold."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def euler_rotations(
    angles: Float[np.ndarray, "*batch angle"], order: str
) -> Float[np.ndarray, "*batch 3 3"]:
    """Products of rotations about axes, the first one leftmost.

    ``"ZXY"`` gives Rz Rx Ry: the axes turn with the joint, as in a BVH file.

    Args:
        angles: In radians.
        order: The axis of each angle: a word of X, Y and Z, of any length.
    """
    product = np.broadcast_to(np.eye(3), (*angles.shape[:-1], 3, 3))
    for number, axis in enumerate(order):
        product = product @ _about(angles[..., number], "XYZ".index(axis))
    return product


def _about(
    angle: Float[np.ndarray, "*batch"], axis: int
) -> Float[np.ndarray, "*batch 3 3"]:
    second, third = (axis + 1) % 3, (axis + 2) % 3
    rotation = np.zeros((*angle.shape, 3, 3))
    rotation[..., axis, axis] = 1
    rotation[..., second, second] = rotation[..., third, third] = np.cos(angle)
    rotation[..., third, second] = np.sin(angle)
    rotation[..., second, third] = -np.sin(angle)
    return rotation
