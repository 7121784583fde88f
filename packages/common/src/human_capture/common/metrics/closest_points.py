"""Closest points on the triangles of a mesh, exactly.

The triangles stand in a balanced binary tree of bounding boxes; a search goes into the
nearer box first and passes by boxes that are farther than what it has found. Numbers
are in the unit of the mesh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import no_type_check

import numba
import numpy as np
from jaxtyping import Float, Int

from human_capture.common.meshes import Mesh

_LEAF = 4  # triangles that are not split further
_DEEPEST = 64  # levels, more than any mesh in memory needs
_THINNEST = 1e-16  # squared sine of an angle below which a normal is but rounding


@dataclass(frozen=True)
class ClosestPoints:
    """What lies closest to some points.

    Attributes:
        points: On the surface.
        faces: Triangles that they lie in; one of them where several meet.
        distances: To them.
    """

    points: Float[np.ndarray, "point 3"]
    faces: Int[np.ndarray, " point"]
    distances: Float[np.ndarray, " point"]


@dataclass(frozen=True)
class FaceTree:
    """The triangles of a mesh, to be searched.

    Attributes:
        order: Their numbers; those of a leaf stand together.
        corners: In that order.
        low: Smallest coordinates in each box: the root, its two halves, theirs, …
        high: The largest.
    """

    order: Int[np.ndarray, " face"]
    corners: Float[np.ndarray, "face 3 3"]
    low: Float[np.ndarray, "box 3"]
    high: Float[np.ndarray, "box 3"]

    @classmethod
    def of(cls, mesh: Mesh) -> FaceTree:
        """The tree of a mesh with at least one triangle."""
        corners = mesh.vertices[mesh.faces].astype(np.float64)
        middles = corners.mean(1)
        count = len(corners)
        levels = max(count // _LEAF, 1).bit_length() - 1
        order = np.arange(count)
        for level in range(levels):
            starts = count * np.arange(2**level) >> level
            box = np.repeat(np.arange(2**level), np.diff(starts, append=count))
            placed = middles[order]
            size = np.maximum.reduceat(placed, starts) - np.minimum.reduceat(
                placed, starts
            )
            along = placed[np.arange(count), size.argmax(1)[box]]
            order = order[np.lexsort((along, box))]
        starts = count * np.arange(2**levels) >> levels
        low = [np.minimum.reduceat(corners[order].min(1), starts)]
        high = [np.maximum.reduceat(corners[order].max(1), starts)]
        for _ in range(levels):
            low.append(np.minimum(low[-1][::2], low[-1][1::2]))
            high.append(np.maximum(high[-1][::2], high[-1][1::2]))
        return cls(
            order, corners[order], np.concatenate(low[::-1]), np.concatenate(high[::-1])
        )

    def __call__(self, points: Float[np.ndarray, "point 3"]) -> ClosestPoints:
        """The closest points on the surface.

        Args:
            points: Finite.
        """
        points = points.astype(np.float64)
        nearest = np.empty_like(points)
        place = np.empty(len(points), np.int64)
        _search(points, self.corners, self.low, self.high, nearest, place)
        distances = np.linalg.norm(points - nearest, axis=1)
        return ClosestPoints(nearest, self.order[place], distances)


@no_type_check  # numba infers the types of compiled functions
@numba.njit(cache=True, nogil=True, error_model="numpy")
def _search(
    points: np.ndarray,
    corners: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    nearest: np.ndarray,
    place: np.ndarray,
) -> None:
    """Fill in the closest point to each point, and where its triangle stands."""
    boxes, count = low.shape[0], corners.shape[0]
    leaves = (boxes + 1) // 2
    waiting = np.empty(_DEEPEST, np.int64)
    squares = np.empty(_DEEPEST)
    for i in range(points.shape[0]):
        x, y, z = points[i]
        best = np.inf
        waiting[0], squares[0], size = 0, 0.0, 1
        while size:
            size -= 1
            box = waiting[size]
            if squares[size] >= best:
                continue
            leaf = box - (leaves - 1)
            if leaf >= 0:
                first, end = count * leaf // leaves, count * (leaf + 1) // leaves
                for k in range(first, end):
                    square, u, v, w = _closest(corners[k], x, y, z)
                    if square < best:
                        best = square
                        nearest[i, 0], nearest[i, 1], nearest[i, 2] = u, v, w
                        place[i] = k
                continue
            one, two = 2 * box + 1, 2 * box + 2
            to_one = _square_to_box(low[one], high[one], x, y, z)
            to_two = _square_to_box(low[two], high[two], x, y, z)
            if to_one < to_two:
                one, two, to_one, to_two = two, one, to_two, to_one
            waiting[size], squares[size] = one, to_one
            waiting[size + 1], squares[size + 1] = two, to_two
            size += 2


@no_type_check
@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _square_to_box(
    low: np.ndarray, high: np.ndarray, x: float, y: float, z: float
) -> float:
    a = max(low[0] - x, 0.0, x - high[0])
    b = max(low[1] - y, 0.0, y - high[1])
    c = max(low[2] - z, 0.0, z - high[2])
    return a * a + b * b + c * c


@no_type_check
@numba.njit(cache=True, nogil=True, error_model="numpy")
def _closest(
    corners: np.ndarray, x: float, y: float, z: float
) -> tuple[float, float, float, float]:
    """Squared distance to a triangle, and the closest point on it.

    The foot of the perpendicular if it falls inside, else a point of an edge; of
    triangles with next to no area only the edges count.
    """
    ax, ay, az = corners[0]
    ux, uy, uz = corners[1, 0] - ax, corners[1, 1] - ay, corners[1, 2] - az
    vx, vy, vz = corners[2, 0] - ax, corners[2, 1] - ay, corners[2, 2] - az
    px, py, pz = x - ax, y - ay, z - az
    nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
    area = nx * nx + ny * ny + nz * nz
    uu, vv = ux * ux + uy * uy + uz * uz, vx * vx + vy * vy + vz * vz
    if area > _THINNEST * uu * vv:
        # (p x v) . n and (u x p) . n over n . n are the weights of the second and third
        second = (
            (py * vz - pz * vy) * nx
            + (pz * vx - px * vz) * ny
            + (px * vy - py * vx) * nz
        ) / area
        third = (
            (uy * pz - uz * py) * nx
            + (uz * px - ux * pz) * ny
            + (ux * py - uy * px) * nz
        ) / area
        if second >= 0 and third >= 0 and second + third <= 1:
            qx = ax + second * ux + third * vx
            qy = ay + second * uy + third * vy
            qz = az + second * uz + third * vz
            return (x - qx) ** 2 + (y - qy) ** 2 + (z - qz) ** 2, qx, qy, qz
    best, qx, qy, qz = np.inf, ax, ay, az
    for k in range(3):
        one, two = corners[k], corners[(k + 1) % 3]
        ex, ey, ez = two[0] - one[0], two[1] - one[1], two[2] - one[2]
        length = ex * ex + ey * ey + ez * ez
        share = 0.0
        if length > 0:
            share = (x - one[0]) * ex + (y - one[1]) * ey + (z - one[2]) * ez
            share = min(max(share / length, 0.0), 1.0)
        rx, ry, rz = one[0] + share * ex, one[1] + share * ey, one[2] + share * ez
        square = (x - rx) ** 2 + (y - ry) ** 2 + (z - rz) ** 2
        if square < best:
            best, qx, qy, qz = square, rx, ry, rz
    return best, qx, qy, qz
