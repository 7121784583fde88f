# ruff: noqa: ANN001, ANN202  (compiled functions infer their types)
"""Shadow maps: the nearest surface along parallel light, on a square grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float, Float32, Int32

from human_capture.common.people.drawing.kernel import kernel


@dataclass(frozen=True)
class LightFrame:
    """How a shadow map lies in the world.

    Args:
        to_map: World to column, row (in texels) and depth along the light (metres).
        side: Of the map, in texels.
    """

    to_map: Float32[np.ndarray, "3 4"]
    side: int


def light_frame(
    direction: Float[np.ndarray, "3"],
    points: Float[np.ndarray, "point 3"],
    softness: float,
    largest: int,
    margin: float = 0.06,
) -> LightFrame:
    """The map that holds some points, no finer than its shadows are soft.

    Args:
        direction: Towards the lamp.
        points: World points that the map has to hold.
        softness: Width of shadow edges, in metres.
        largest: Most texels along a side.
        margin: Space left around the points, in metres.
    """
    axis = -direction / np.linalg.norm(direction)
    helper = np.array([0.0, 0, 1]) if abs(axis[2]) < 0.9 else np.array([1.0, 0, 0])
    across = np.cross(axis, helper)
    across /= np.linalg.norm(across)
    frame = np.zeros((3, 4))
    frame[:, :3] = across, np.cross(axis, across), axis
    placed = points @ frame[:2, :3].T
    low, high = placed.min(0) - margin - softness, placed.max(0) + margin + softness
    extent = float((high - low).max())
    side = int(np.clip(3 * extent / softness, 40, largest))
    frame[:2, :3] *= side / extent
    frame[:2, 3] = side / 2 - side / extent * (low + high) / 2
    return LightFrame(frame.astype(np.float32), side)


def shadow_map(
    frame: LightFrame,
    positions: Float32[np.ndarray, "vertex 3"],
    faces: Int32[np.ndarray, "face 3"],
    cut: Float32[np.ndarray, " vertex"],
    depths: Float32[np.ndarray, "row column"],
) -> None:
    """Fill a map with the depth of the surface nearest to the lamp, infinite if none.

    Args:
        frame: How the map lies in the world.
        positions: Vertices in the world.
        faces: Triangles.
        cut: Surfaces end where the interpolated value is negative.
        depths: Filled in place.
    """
    placed = np.empty(positions.shape, np.float32)
    own = np.full((frame.side, frame.side), np.inf, np.float32)
    _fill(frame.to_map, positions, faces, cut, placed, own)
    depths[:] = own


@kernel
@no_type_check
def _fill(frame, positions, faces, cut, placed, depths):
    side = depths.shape[0]
    for i in range(positions.shape[0]):
        p = positions[i]
        for k in range(3):
            f = frame[k]
            placed[i, k] = f[0] * p[0] + f[1] * p[1] + f[2] * p[2] + f[3]
    for n in range(faces.shape[0]):
        i, j, k = faces[n, 0], faces[n, 1], faces[n, 2]
        if cut[i] < 0.0 and cut[j] < 0.0 and cut[k] < 0.0:
            continue
        a, b, c = placed[i], placed[j], placed[k]
        x_low = max(math.ceil(min(a[0], b[0], c[0]) - 0.5), 0)
        x_high = min(math.floor(max(a[0], b[0], c[0]) - 0.5), side - 1)
        y_low = max(math.ceil(min(a[1], b[1], c[1]) - 0.5), 0)
        y_high = min(math.floor(max(a[1], b[1], c[1]) - 0.5), side - 1)
        if x_low > x_high or y_low > y_high:
            continue
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if area == 0.0:
            continue
        inverse = 1.0 / area
        tested = cut[i] < 0.0 or cut[j] < 0.0 or cut[k] < 0.0
        for y in range(y_low, y_high + 1):
            py = y + 0.5
            for x in range(x_low, x_high + 1):
                px = x + 0.5
                w0 = ((b[0] - px) * (c[1] - py) - (b[1] - py) * (c[0] - px)) * inverse
                w1 = ((c[0] - px) * (a[1] - py) - (c[1] - py) * (a[0] - px)) * inverse
                w2 = 1.0 - w0 - w1
                if w0 < 0.0 or w1 < 0.0 or w2 < 0.0:
                    continue
                depth = w0 * a[2] + w1 * b[2] + w2 * c[2]
                if depth >= depths[y, x]:
                    continue
                if tested and w0 * cut[i] + w1 * cut[j] + w2 * cut[k] < 0.0:
                    continue
                depths[y, x] = depth
