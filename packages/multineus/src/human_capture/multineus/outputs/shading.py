# ruff: noqa: ANN001, ANN202  (compiled functions infer their types)
"""Compiled: the colour of what each pixel sees, in its own colours or as clay.

Clay is lit by lamps that move with the camera, so its brightness is a function of the
normal in camera axes (x right, y down, z forward) alone. The page shades alike.
"""

from __future__ import annotations

import math
from typing import NamedTuple, no_type_check

import numba
import numpy as np
from jaxtyping import Float, Float64, Int32, UInt8

from human_capture.common.people.drawing.rasteriser import Fragments

Vector = tuple[float, float, float]


class Clay(NamedTuple):
    """A light grey surface and the light on it; light is linear, 1 is white.

    Attributes:
        albedo: Share of light that the surface reflects.
        key: Direction to the main lamp, in camera axes.
        key_light: Its strength.
        wrap: How far its light reaches around the surface, as a share of the radius.
        fill: Direction to the lamp that lights up the shade.
        fill_light: Its strength.
        sky: Light from above.
        ground: Light from below.
        gloss: Strength of the highlight of the main lamp.
        inside: Factor on a surface that is seen from behind.
        grazing: How far the normal of a triangle that is seen from behind must point
            away, or else it counts as seen from outside: at the outlines of closed
            surfaces rounding lets such triangles peek out.
    """

    albedo: Vector = (0.70, 0.685, 0.665)
    key: Vector = (-0.62, -0.58, -0.528)
    key_light: float = 0.94
    wrap: float = 0.1
    fill: Vector = (0.82, -0.05, -0.57)
    fill_light: float = 0.2
    sky: float = 0.14
    ground: float = 0.07
    gloss: float = 0.10
    inside: float = 0.35
    grazing: float = 0.2


CLAY = Clay()


def shade_clay(
    seen: Fragments,
    faces: Int32[np.ndarray, "face 3"],
    pixels: Float64[np.ndarray, "vertex 3"],
    normals: Float64[np.ndarray, "vertex 3"],
    image: UInt8[np.ndarray, "height width 3"],
    clay: Clay = CLAY,
) -> None:
    """Draw a surface as clay over a picture.

    Args:
        seen: By each pixel of the picture.
        faces: Of the surface.
        pixels: Homogeneous pixel coordinates of the vertices.
        normals: Of the vertices, outwards, in camera axes.
        image: RGB, drawn into.
        clay: The surface and its light.
    """
    _shade_clay(seen.face, seen.weights, faces, pixels, normals, clay, image)


def shade_colours(
    seen: Fragments,
    faces: Int32[np.ndarray, "face 3"],
    colours: Float[np.ndarray, "vertex 3"],
    image: UInt8[np.ndarray, "height width 3"],
) -> None:
    """Draw a surface in the colours of its vertices over a picture.

    Args:
        seen: By each pixel of the picture.
        faces: Of the surface.
        colours: In [0, 1].
        image: RGB, drawn into.
    """
    scaled = (255 * colours.clip(0, 1)).astype(np.float32)
    _shade_colours(seen.face, seen.weights, faces, scaled, image)


@no_type_check
@numba.njit(cache=True, nogil=True, error_model="numpy")
def _shade_colours(face, weights, faces, colours, image):
    for y in range(face.shape[0]):
        for x in range(face.shape[1]):
            f = face[y, x]
            if f < 0:
                continue
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            a, b = weights[y, x, 0], weights[y, x, 1]
            c = 1 - a - b
            for n in range(3):
                value = a * colours[i, n] + b * colours[j, n] + c * colours[k, n]
                image[y, x, n] = np.uint8(min(max(value + 0.5, 0.0), 255.0))


@no_type_check
@numba.njit(cache=True, nogil=True, error_model="numpy")
def _shade_clay(face, weights, faces, pixels, normals, clay, image):
    for y in range(face.shape[0]):
        for x in range(face.shape[1]):
            f = face[y, x]
            if f < 0:
                continue
            i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
            a, b = weights[y, x, 0], weights[y, x, 1]
            c = 1 - a - b
            u = a * normals[i, 0] + b * normals[j, 0] + c * normals[k, 0]
            v = a * normals[i, 1] + b * normals[j, 1] + c * normals[k, 1]
            w = a * normals[i, 2] + b * normals[j, 2] + c * normals[k, 2]
            length = math.sqrt(u * u + v * v + w * w) + 1e-12
            factor = 1.0
            away = w > clay.grazing * length
            if away and _is_behind(pixels[i], pixels[j], pixels[k]):
                length, factor = -length, clay.inside
            light, highlight = _clay_light(clay, u / length, v / length, w / length)
            for n in range(3):
                value = factor * (clay.albedo[n] * light + highlight)
                # the square root stands for the curve of screens
                image[y, x, n] = np.uint8(255 * math.sqrt(min(value, 1.0)) + 0.5)


@no_type_check
@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _is_behind(p, q, r):
    """Whether a triangle is seen from its inside: its corners run clockwise."""
    return (
        p[0] * (q[1] * r[2] - r[1] * q[2])
        + p[1] * (q[2] * r[0] - r[2] * q[0])
        + p[2] * (q[0] * r[1] - r[0] * q[1])
    ) > 0


@no_type_check
@numba.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _clay_light(clay, x, y, z):
    """Light on a surface with this unit normal, and its highlight."""
    key, fill = clay.key, clay.fill
    to_key = x * key[0] + y * key[1] + z * key[2]
    to_fill = x * fill[0] + y * fill[1] + z * fill[2]
    light = clay.ground + (clay.sky - clay.ground) * (0.5 - 0.5 * y)
    light += clay.key_light * max((to_key + clay.wrap) / (1 + clay.wrap), 0.0)
    light += clay.fill_light * max(to_fill, 0.0)
    # Blinn's half-way vector for an eye far away, straight ahead
    half = math.sqrt(2 - 2 * key[2])
    shine = max((to_key - z) / half, 0.0)
    for _ in range(4):
        shine *= shine
    return light, clay.gloss * shine
