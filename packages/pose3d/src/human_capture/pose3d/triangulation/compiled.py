"""The arithmetic of linear triangulation as compiled loops, for the processor.

A few joints in a few views are so little work that a hundred tensor operations take
longer to call than to compute. The same formulas as in :mod:`quadrics` and
:mod:`implicit`, which serve other devices; arrays are contiguous float64, batches one
axis, and cameras that all moments share have a batch axis of length one.
"""

from __future__ import annotations

from typing import no_type_check

import numba
import numpy as np

_compiled = numba.njit(cache=True, nogil=True, error_model="numpy")


@no_type_check  # numba infers the types
@_compiled
def solve(
    pixels: np.ndarray,
    gain: np.ndarray,
    projection: np.ndarray,
    ridge: float,
    points: np.ndarray,
    covariance: np.ndarray,
    condition: np.ndarray,
) -> None:
    """Fill the last three with the minimum of the summed errors.

    Args:
        pixels: ``(batch view joint 2)``.
        gain: ``(batch view joint)``.
        projection: ``(batch view 3 4)``.
        ridge: Share of the trace that is added to the diagonal.
        points: ``(batch 3 joint)``.
        covariance: ``(batch 3 3 joint)``.
        condition: ``(batch joint)``.
    """
    for i in range(pixels.shape[0]):
        cameras = projection[i % projection.shape[0]]
        for j in range(pixels.shape[2]):
            a = b = c = d = e = f = p = q = r = 0.0
            for view in range(pixels.shape[1]):
                row = cameras[view]
                square = gain[i, view, j] ** 2
                for axis in range(2):
                    value = pixels[i, view, j, axis]
                    x = value * row[2, 0] - row[axis, 0]
                    y = value * row[2, 1] - row[axis, 1]
                    z = value * row[2, 2] - row[axis, 2]
                    right = square * (row[axis, 3] - value * row[2, 3])
                    a += square * x * x
                    b += square * x * y
                    c += square * x * z
                    d += square * y * y
                    e += square * y * z
                    f += square * z * z
                    p += right * x
                    q += right * y
                    r += right * z
            own = ridge * max(a + d + f, 1e-24)
            a, d, f = a + own, d + own, f + own
            xx, xy, xz = d * f - e * e, c * e - b * f, b * e - c * d
            yy, yz, zz = a * f - c * c, b * c - a * e, a * d - b * b
            scale = 1 / max(a * xx + b * xy + c * xz, 1e-200)
            xx, xy, xz = scale * xx, scale * xy, scale * xz
            yy, yz, zz = scale * yy, scale * yz, scale * zz
            points[i, 0, j] = xx * p + xy * q + xz * r
            points[i, 1, j] = xy * p + yy * q + yz * r
            points[i, 2, j] = xz * p + yz * q + zz * r
            covariance[i, 0, 0, j] = xx
            covariance[i, 0, 1, j] = covariance[i, 1, 0, j] = xy
            covariance[i, 0, 2, j] = covariance[i, 2, 0, j] = xz
            covariance[i, 1, 1, j] = yy
            covariance[i, 1, 2, j] = covariance[i, 2, 1, j] = yz
            covariance[i, 2, 2, j] = zz
            normal = a * a + d * d + f * f + 2 * (b * b + c * c + e * e)
            inverse = xx * xx + yy * yy + zz * zz + 2 * (xy * xy + xz * xz + yz * yz)
            condition[i, j] = np.sqrt(normal) * np.sqrt(inverse)


@no_type_check
@_compiled
def differentiate(
    pixels: np.ndarray,
    gain: np.ndarray,
    slope: np.ndarray,
    projection: np.ndarray,
    points: np.ndarray,
    change: np.ndarray,
    by_pixels: np.ndarray,
    by_weights: np.ndarray,
) -> None:
    """Fill the last two with gradients; see :mod:`implicit` for the formulas.

    Args:
        pixels: ``(batch view joint 2)``.
        gain: ``(batch view joint)``.
        slope: Derivative of the gain by the weights, ``(batch view joint)``.
        projection: ``(batch view 3 4)``.
        points: The solution, ``(batch joint 3)``.
        change: λ, ``(batch 3 joint)``.
        by_pixels: ``(batch view joint 2)``.
        by_weights: ``(batch view joint)``.
    """
    for i in range(pixels.shape[0]):
        cameras = projection[i % projection.shape[0]]
        for j in range(pixels.shape[2]):
            x, y, z = points[i, j]
            dx, dy, dz = change[i, 0, j], change[i, 1, j], change[i, 2, j]
            for view in range(pixels.shape[1]):
                row, own = cameras[view], gain[i, view, j]
                depth = row[2, 0] * x + row[2, 1] * y + row[2, 2] * z + row[2, 3]
                deeper = row[2, 0] * dx + row[2, 1] * dy + row[2, 2] * dz
                product = 0.0
                for axis in range(2):
                    value = pixels[i, view, j, axis]
                    at = row[axis]
                    error = value * depth - (at[0] * x + at[1] * y + at[2] * z + at[3])
                    moved = value * deeper - (at[0] * dx + at[1] * dy + at[2] * dz)
                    by_pixels[i, view, j, axis] = (
                        -own * own * (deeper * error + depth * moved)
                    )
                    product += moved * error
                by_weights[i, view, j] = -2 * own * slope[i, view, j] * product
