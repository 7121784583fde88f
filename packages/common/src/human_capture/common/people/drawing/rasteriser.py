# ruff: noqa: ANN001, ANN202  (compiled functions infer their types)
"""Z-buffer: which triangle each pixel centre sees, where on it, and how far away.

Triangles are given by homogeneous pixel coordinates h = (u z, v z, z) of their
vertices. The ray through the pixel centre p = (px, py, 1) meets the triangle at
sum_i b_i h_i = z p, so with l_i = E_i / det, E_0 = (h_1 x h_2) . p and so on,
b_i = z l_i and 1 / z = l_0 + l_1 + l_2 (Olano and Greer, "Triangle scan conversion
using 2D homogeneous coordinates", 1997). This needs no clipping at the camera plane.

`rasterise` is compiled; `rasterise_numpy` needs numpy alone and gives the same bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float, Float32, Float64, Int32

from human_capture.common.people.drawing.kernel import kernel

NEAR = 0.02  # metres; what is closer to the camera plane is not drawn


@dataclass(frozen=True)
class Fragments:
    """What every pixel centre of one view sees.

    Args:
        face: Index of the nearest triangle, -1 where there is none.
        weights: Perspective-correct weights of the triangle's first two vertices.
        depth: Distance along the optical axis in metres, infinite where nothing is.
    """

    face: Int32[np.ndarray, "height width"]
    weights: Float32[np.ndarray, "height width 2"]
    depth: Float32[np.ndarray, "height width"]


def homogeneous_pixels(
    points: Float[np.ndarray, "vertex 3"],
    intrinsics: Float[np.ndarray, "3 3"],
    world_to_camera: Float[np.ndarray, "4 4"],
) -> Float64[np.ndarray, "vertex 3"]:
    """Pixel coordinates times depth, and depth, of world points.

    Args:
        points: In world coordinates, metres.
        intrinsics: Of the camera, for pixel centres at +0.5.
        world_to_camera: Rigid transform to OpenCV camera axes.
    """
    projection = intrinsics.astype(np.float64) @ world_to_camera[:3].astype(np.float64)
    out = np.empty((len(points), 3))
    _transform(points, projection, out)
    return out


def rasterise(
    pixels: Float64[np.ndarray, "vertex 3"],
    faces: Int32[np.ndarray, "face 3"],
    cut: Float32[np.ndarray, " vertex"],
    height: int,
    width: int,
) -> Fragments:
    """The nearest triangle at every pixel centre.

    Args:
        pixels: Homogeneous pixel coordinates (u z, v z, z) of the vertices.
        faces: Vertex indices of the triangles, seen from both sides.
        cut: A pixel is left empty where the interpolated value is negative, so
            that borders need not follow edges.
        height: Of the image, in pixels.
        width: Of the image, in pixels.
    """
    face = np.full((height, width), -1, np.int32)
    weights = np.zeros((height, width, 2), np.float32)
    depth = np.full((height, width), np.inf, np.float32)
    screen = np.empty((len(pixels), 2))
    _rasterise(pixels, faces, cut, screen, face, weights, depth)
    return Fragments(face, weights, depth)


def rasterise_numpy(
    pixels: Float64[np.ndarray, "vertex 3"],
    faces: Int32[np.ndarray, "face 3"],
    cut: Float32[np.ndarray, " vertex"],
    height: int,
    width: int,
) -> Fragments:
    """The same as `rasterise`, bit for bit, without compilation.

    Args:
        pixels: Homogeneous pixel coordinates (u z, v z, z) of the vertices.
        faces: Vertex indices of the triangles, seen from both sides.
        cut: A pixel is left empty where the interpolated value is negative.
        height: Of the image, in pixels.
        width: Of the image, in pixels.
    """
    triangle, x, y = _candidates(pixels, faces, height, width)
    a, b, c = (pixels[faces[triangle, k]] for k in range(3))
    px, py = x + 0.5, y + 0.5
    bc, ca, ab = np.cross(b, c), np.cross(c, a), np.cross(a, b)
    det = a[:, 0] * bc[:, 0] + a[:, 1] * bc[:, 1] + a[:, 2] * bc[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1.0 / det
        l0, l1, l2 = (
            (e[:, 0] * px + (e[:, 1] * py + e[:, 2])) * inverse for e in (bc, ca, ab)
        )
        z = 1.0 / (l0 + l1 + l2)
    inside = (det != 0) & (l0 >= 0) & (l1 >= 0) & (l2 >= 0) & (z > NEAR)
    triangle, x, y = triangle[inside], x[inside], y[inside]
    z = z[inside]
    w0, w1 = l0[inside] * z, l1[inside] * z
    corner = cut[faces[triangle]].astype(np.float64)
    value = w0 * corner[:, 0] + w1 * corner[:, 1] + (1.0 - w0 - w1) * corner[:, 2]
    keep = (corner.min(1, initial=np.inf) >= 0) | (value >= 0)
    near = z.astype(np.float32)
    order = np.lexsort((triangle, near, y * width + x))
    order = order[keep[order]]
    pixel = (y * width + x)[order]
    order = order[np.r_[True, pixel[1:] != pixel[:-1]][: len(pixel)]]
    face = np.full((height, width), -1, np.int32)
    weights = np.zeros((height, width, 2), np.float32)
    depth = np.full((height, width), np.inf, np.float32)
    at = y[order], x[order]
    face[at], depth[at] = triangle[order], near[order]
    weights[at] = np.stack([w0, w1], 1)[order]
    return Fragments(face, weights, depth)


def _candidates(
    pixels: np.ndarray, faces: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Triangle, column and row of every pixel in every triangle's bounding box."""
    corner = pixels[faces]
    z = corner[..., 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        uv = corner[..., :2] / z[..., None]
    behind = (z < NEAR).any(1)
    limit = np.array([width, height])
    low = np.ceil(uv.min(1) - 0.5).clip(0, limit)
    high = np.floor(uv.max(1) - 0.5).clip(-1, limit - 1)
    low[behind], high[behind] = 0, limit - 1
    size = (high - low + 1).astype(np.int64)
    drawn = (size > 0).all(1) & (z >= NEAR).any(1)
    index = np.nonzero(drawn)[0]
    count = size[index].prod(1)
    triangle = np.repeat(index, count)
    k = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    columns = size[triangle, 0]
    x = low[triangle, 0].astype(np.int64) + k % columns
    y = low[triangle, 1].astype(np.int64) + k // columns
    return triangle, x, y


@kernel
@no_type_check
def _transform(points, projection, out):
    for i in range(points.shape[0]):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for k in range(3):
            p = projection[k]
            out[i, k] = p[0] * x + p[1] * y + p[2] * z + p[3]


@kernel
@no_type_check
def _rasterise(pixels, faces, cut, screen, face, weights, depth):
    height, width = face.shape
    for i in range(pixels.shape[0]):
        z = pixels[i, 2]
        if z >= NEAR:
            screen[i, 0] = pixels[i, 0] / z
            screen[i, 1] = pixels[i, 1] / z
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        cut_a, cut_b, cut_c = cut[a], cut[b], cut[c]
        if cut_a < 0.0 and cut_b < 0.0 and cut_c < 0.0:
            continue
        az, bz, cz = pixels[a, 2], pixels[b, 2], pixels[c, 2]
        if az < NEAR and bz < NEAR and cz < NEAR:
            continue
        x_low, x_high, y_low, y_high = 0, width - 1, 0, height - 1
        if az >= NEAR and bz >= NEAR and cz >= NEAR:
            au, bu, cu = screen[a, 0], screen[b, 0], screen[c, 0]
            low, high = min(au, bu, cu) - 0.5, max(au, bu, cu) - 0.5
            if low > width - 1 or high < 0.0:
                continue
            x_low = max(math.ceil(low), 0)
            x_high = min(math.floor(high), width - 1)
            if x_low > x_high:
                continue
            av, bv, cv = screen[a, 1], screen[b, 1], screen[c, 1]
            low, high = min(av, bv, cv) - 0.5, max(av, bv, cv) - 0.5
            if low > height - 1 or high < 0.0:
                continue
            y_low = max(math.ceil(low), 0)
            y_high = min(math.floor(high), height - 1)
            if y_low > y_high:
                continue
        ax, ay, bx, by = pixels[a, 0], pixels[a, 1], pixels[b, 0], pixels[b, 1]
        cx, cy = pixels[c, 0], pixels[c, 1]
        bc0, bc1, bc2 = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
        det = ax * bc0 + ay * bc1 + az * bc2
        if det == 0.0:
            continue
        inverse = 1.0 / det
        ca0, ca1, ca2 = cy * az - cz * ay, cz * ax - cx * az, cx * ay - cy * ax
        ab0, ab1, ab2 = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        tested = cut_a < 0.0 or cut_b < 0.0 or cut_c < 0.0
        for y in range(y_low, y_high + 1):
            py = y + 0.5
            row0, row1, row2 = bc1 * py + bc2, ca1 * py + ca2, ab1 * py + ab2
            for x in range(x_low, x_high + 1):
                px = x + 0.5
                l0 = (bc0 * px + row0) * inverse
                l1 = (ca0 * px + row1) * inverse
                l2 = (ab0 * px + row2) * inverse
                if l0 < 0.0 or l1 < 0.0 or l2 < 0.0:
                    continue
                total = l0 + l1 + l2
                if total <= 0.0:
                    continue
                z = 1.0 / total
                near = np.float32(z)
                if z <= NEAR or near >= depth[y, x]:
                    continue
                w0, w1 = l0 * z, l1 * z
                if tested and w0 * cut_a + w1 * cut_b + (1.0 - w0 - w1) * cut_c < 0.0:
                    continue
                depth[y, x] = near
                face[y, x] = f
                weights[y, x, 0] = w0
                weights[y, x, 1] = w1
