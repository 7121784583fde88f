# ruff: noqa: ANN001, ANN201, ANN202  (compiled functions infer their types)
"""Compiled: from what each pixel sees to the light it receives, and to a picture."""

from __future__ import annotations

import math
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float32, Int16, Int32

from human_capture.common.people.drawing.kernel import inlined, kernel
from human_capture.common.people.drawing.noise import noise3
from human_capture.common.people.drawing.shading_backdrop import backdrop_light
from human_capture.common.people.drawing.shading_light import lit
from human_capture.common.people.drawing.shading_surface import (
    eye_colour,
    hair_strands,
    pattern_colour,
    skin_colour,
)

TONES = 8192  # entries of the film curve, over the square root of light
BRIGHTEST = 6.0  # linear light at its end


class Mesh(NamedTuple):
    """Everything that is drawn by triangles, in world coordinates."""

    positions: Float32[np.ndarray, "vertex 3"]
    normals: Float32[np.ndarray, "vertex 3"]
    places: Float32[np.ndarray, "vertex 3"]  # canonical: sticks to skin and cloth
    flat: Float32[np.ndarray, "vertex 2"]  # metres along the surface, for patterns
    tint: Float32[np.ndarray, "vertex 3"]
    cut: Float32[np.ndarray, " vertex"]
    faces: Int32[np.ndarray, "face 3"]
    material: Int16[np.ndarray, " face"]
    person: Int16[np.ndarray, " face"]


@kernel
@no_type_check
def shade_view(
    mesh,
    materials,
    table,
    texels,
    pictures,
    lights,
    backdrop,
    view,
    face,
    weights,
    depth,
    to_ray,
    origin,
    pixel,
    out,
):
    """Linear light of every pixel of a view into `out` (height width 3)."""
    height, width = face.shape
    o = (origin[0], origin[1], origin[2])
    for row in range(height):
        for column in range(width):
            px, py = column + 0.5, row + 0.5
            d = (
                to_ray[0, 0] * px + to_ray[0, 1] * py + to_ray[0, 2],
                to_ray[1, 0] * px + to_ray[1, 1] * py + to_ray[1, 2],
                to_ray[2, 0] * px + to_ray[2, 1] * py + to_ray[2, 2],
            )
            f = face[row, column]
            if f >= 0:
                w0, w1 = weights[row, column, 0], weights[row, column, 1]
                light = _surface_light(
                    mesh,
                    materials,
                    table,
                    texels,
                    lights,
                    f,
                    w0,
                    w1,
                    depth[row, column],
                    o,
                    d,
                    pixel,
                )
            else:
                light = backdrop_light(
                    backdrop,
                    table,
                    texels,
                    pictures,
                    lights,
                    view,
                    o,
                    d,
                    px / width,
                    py / height,
                    pixel if backdrop.mode != 2 else 1.0 / width,
                )
            out[row, column, 0] = light[0]
            out[row, column, 1] = light[1]
            out[row, column, 2] = light[2]


@inlined
@no_type_check
def _surface_light(
    mesh, materials, table, texels, lights, f, w0, w1, depth, o, d, pixel
):
    a, b, c = mesh.faces[f, 0], mesh.faces[f, 1], mesh.faces[f, 2]
    w2 = 1.0 - w0 - w1
    nx, ny, nz = _blend3(mesh.normals, a, b, c, w0, w1, w2)
    x, y, z = _blend3(mesh.places, a, b, c, w0, w1, w2)
    red, green, blue = _blend3(mesh.tint, a, b, c, w0, w1, w2)
    m = materials[mesh.material[f]]
    kind = m.kind
    length = math.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2])
    vx, vy, vz = -d[0] / length, -d[1] / length, -d[2] / length
    inner = _seen_from_behind(mesh.positions, a, b, c, vx, vy, vz)
    scale = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    if inner:
        nx, ny, nz = -nx, -ny, -nz
    gloss, bias = m.gloss, 0.012
    if kind == 1:
        red, green, blue = skin_colour(m, table, x, y, z, red, green, blue)
    elif kind == 2:
        e = eye_colour(m, table, x, y, z)
        red, green, blue = e[0] * red, e[1] * green, e[2] * blue
    elif kind == 4:
        s = hair_strands(m, table, x, y, z)
        red, green, blue = (
            red * m.colour[0] * s[0],
            green * m.colour[1] * s[0],
            blue * m.colour[2] * s[0],
        )
        gloss *= s[0]
        nx, ny = nx - 0.5 * s[1] * ny, ny + 0.5 * s[1] * nx
    else:
        flat = mesh.flat
        u = w0 * flat[a, 0] + w1 * flat[b, 0] + w2 * flat[c, 0]
        v = w0 * flat[a, 1] + w1 * flat[b, 1] + w2 * flat[c, 1]
        p = pattern_colour(m, table, texels, u, v, depth * pixel * 1.3)
        red, green, blue = red * p[0], green * p[1], blue * p[2]
        if m.folds > 0.0:
            crease = m.folds
            bias = 0.016
            k = 1.0
            for _ in range(2):
                ax, ay, az = x * 19.0 * k + m.seed, y * 19.0 * k, z * 12.0 * k
                nx += crease * (noise3(table, ax, ay, az) - 0.5)
                ny += crease * (noise3(table, ax + 11.3, ay, az) - 0.5)
                nz += crease * (noise3(table, ax, ay + 17.7, az) - 0.5)
                k, crease = 2.7, 0.6 * crease
    scale = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    if inner and kind != 0:
        red, green, blue, gloss = red * 0.35, green * 0.35, blue * 0.35, 0.0
    hx, hy, hz = o[0] + depth * d[0], o[1] + depth * d[1], o[2] + depth * d[2]
    return lit(
        lights, hx, hy, hz, nx, ny, nz, vx, vy, vz, red, green, blue, gloss, kind, bias
    )


@inlined
@no_type_check
def _blend3(values, a, b, c, w0, w1, w2):
    return (
        w0 * values[a, 0] + w1 * values[b, 0] + w2 * values[c, 0],
        w0 * values[a, 1] + w1 * values[b, 1] + w2 * values[c, 1],
        w0 * values[a, 2] + w1 * values[b, 2] + w2 * values[c, 2],
    )


@inlined
@no_type_check
def _seen_from_behind(positions, a, b, c, vx, vy, vz):
    x, y, z = positions[a, 0], positions[a, 1], positions[a, 2]
    ax, ay, az = positions[b, 0] - x, positions[b, 1] - y, positions[b, 2] - z
    bx, by, bz = positions[c, 0] - x, positions[c, 1] - y, positions[c, 2] - z
    return (
        (ay * bz - az * by) * vx + (az * bx - ax * bz) * vy + (ax * by - ay * bx) * vz
    ) < 0.0


@kernel
@no_type_check
def develop(light, samples, gains, tones, vignette, centre, out):
    """8-bit picture of linear light: average `samples`^2, colour gains, film curve."""
    height, width = out.shape[0], out.shape[1]
    share = 1.0 / (samples * samples)
    last = tones.shape[0] - 1
    reach = 1.0 / (centre[0] * centre[0] + centre[1] * centre[1] + 1e-9)
    for row in range(height):
        for column in range(width):
            dx, dy = column + 0.5 - centre[0], row + 0.5 - centre[1]
            fall = share * (1.0 - vignette * min((dx * dx + dy * dy) * reach, 2.0))
            for k in range(3):
                total = 0.0
                for i in range(samples):
                    for j in range(samples):
                        total += light[row * samples + i, column * samples + j, k]
                total = max(total * gains[k] * fall, 0.0)
                tone = int(math.sqrt(total / BRIGHTEST) * last)
                out[row, column, k] = tones[min(tone, last)]
