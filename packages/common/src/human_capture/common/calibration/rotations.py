"""Rotations as files spell them: axis-angle vectors and quaternions, in numpy."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from human_capture.common.rigid import so3_exp, so3_log


def matrix_from_vector(vector: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """Rotation matrix of an axis-angle vector in radians."""
    return np.asarray(so3_exp(torch.from_numpy(vector)))


def vector_from_matrix(rotation: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3"]:
    """Axis-angle vector in radians of a rotation matrix."""
    return np.asarray(so3_log(torch.from_numpy(np.ascontiguousarray(rotation))))


def matrix_from_quaternion(
    quaternion: Float[np.ndarray, "4"],
) -> Float[np.ndarray, "3 3"]:
    """Rotation matrix of a quaternion (w, x, y, z), which need not have length 1."""
    w, x, y, z = quaternion / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def quaternion_from_matrix(
    rotation: Float[np.ndarray, "3 3"],
) -> Float[np.ndarray, "4"]:
    """Unit quaternion (w, x, y, z) with w ≥ 0 of a rotation matrix."""
    vector = vector_from_matrix(rotation)
    angle = float(np.linalg.norm(vector))
    half_sinc = 0.5 * float(np.sinc(angle / (2 * np.pi)))  # sin(angle / 2) / angle
    return np.array([np.cos(angle / 2), *(half_sinc * vector)])
