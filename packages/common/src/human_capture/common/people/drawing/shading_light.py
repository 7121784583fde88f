# ruff: noqa: ANN001, ANN201  (compiled functions infer their types)
"""Compiled: how much light reaches a point and leaves towards the camera.

Directional lamps with shadow maps, a sky that is brighter above than below, and
shadow of the sky (a map drawn from above) where bodies stand close to the floor.
"""

from __future__ import annotations

import math
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float32

from human_capture.common.people.drawing.kernel import inlined
from human_capture.common.people.drawing.noise import floor

LAMP = np.dtype(
    [
        ("direction", np.float32, 3),  # towards the lamp
        ("colour", np.float32, 3),
        ("blur", np.float32),  # shadow edge, in texels of its map
        ("side", np.int32),  # of its map, in texels
        ("bias", np.float32),  # metres a surface must lie behind another to be dark
        ("frame", np.float32, (3, 4)),  # world -> column, row, depth along the light
        ("shadow", np.float32),  # 0 no shadow .. 1 dark
    ],
    align=True,
)


class Lights(NamedTuple):
    """What compiled code reads: lamps, their shadow maps, the sky."""

    lamps: np.ndarray  # of LAMP
    maps: Float32[np.ndarray, "lamp row column"]
    sky: Float32[np.ndarray, "3"]
    ground: Float32[np.ndarray, "3"]


@inlined
@no_type_check
def shadow(lamp, maps, index, x, y, z, bias):
    """Share of a lamp's light that reaches a point, 0 to 1."""
    if lamp.shadow <= 0.0:
        return 1.0
    f = lamp.frame
    u = f[0, 0] * x + f[0, 1] * y + f[0, 2] * z + f[0, 3]
    v = f[1, 0] * x + f[1, 1] * y + f[1, 2] * z + f[1, 3]
    side = lamp.side
    if u < 1.0 or v < 1.0 or u > side - 2.0 or v > side - 2.0:
        return 1.0
    d = f[2, 0] * x + f[2, 1] * y + f[2, 2] * z + f[2, 3] - bias - lamp.bias
    # a box two cells wide slides smoothly over cells of `blur` texels
    r = lamp.blur
    s, t = u / r - 1.0, v / r - 1.0
    i, j = floor(s), floor(t)
    s, t = s - i, t - j
    total = 0.0
    for b in range(3):
        row = min(max(int((j + b + 0.5) * r), 0), side - 1)
        down = 1.0 - t if b == 0 else (t if b == 2 else 1.0)
        for a in range(3):
            column = min(max(int((i + a + 0.5) * r), 0), side - 1)
            if d < maps[index, row, column]:
                total += down * (1.0 - s if a == 0 else (s if a == 2 else 1.0))
    return 1.0 - lamp.shadow * (1.0 - total * 0.25)


@inlined
@no_type_check
def lit(lights, x, y, z, nx, ny, nz, vx, vy, vz, red, green, blue, gloss, kind, bias):
    """Linear light that a point sends to the camera.

    (nx, ny, nz) is the unit normal, (vx, vy, vz) the unit direction to the camera.
    """
    up = 0.5 + 0.5 * nz
    sky, ground = lights.sky, lights.ground
    er = up * sky[0] + (1.0 - up) * ground[0]
    eg = up * sky[1] + (1.0 - up) * ground[1]
    eb = up * sky[2] + (1.0 - up) * ground[2]
    sr, sg, sb = 0.0, 0.0, 0.0
    facing = max(nx * vx + ny * vy + nz * vz, 0.0)
    for i in range(lights.lamps.shape[0]):
        lamp = lights.lamps[i]
        lx, ly, lz = lamp.direction[0], lamp.direction[1], lamp.direction[2]
        cosine = nx * lx + ny * ly + nz * lz
        wrap = 0.2 if kind == 1 else 0.0
        if cosine <= -wrap:
            continue
        away = 2.0 * lamp.bias  # off the surface, against speckled shadow
        reach = shadow(
            lamp, lights.maps, i, x + away * nx, y + away * ny, z + away * nz, bias
        )
        if reach <= 0.0:
            continue
        c = lamp.colour
        diffuse = (cosine + wrap) / (1.0 + wrap) * reach
        er += diffuse * c[0]
        eg += diffuse * c[1]
        eb += diffuse * c[2]
        if kind == 1:  # light that travels under the skin comes out red
            t = 1.0 - abs(cosine - 0.06) * 3.5
            if t > 0.0:
                er += 0.09 * t * t * reach * c[0]
                eg += 0.015 * t * t * reach * c[1]
        if gloss > 0.0:
            hx, hy, hz = lx + vx, ly + vy, lz + vz
            length = math.sqrt(hx * hx + hy * hy + hz * hz) + 1e-9
            s = max((nx * hx + ny * hy + nz * hz) / length, 0.0)
            s *= s
            s *= s
            s *= s
            s *= s  # power 16
            if gloss > 0.6:
                s *= s
                s *= s
                s *= s  # 128: wet
            elif kind == 1:
                s = 0.6 * s + 0.6 * s * s
            s *= gloss * reach
            sr += s * c[0]
            sg += s * c[1]
            sb += s * c[2]
    rim = 1.0 - facing
    rim = gloss * 0.25 * rim * rim * rim * rim
    sr = 0.5 * sr + rim * sky[0]
    sg = 0.5 * sg + rim * sky[1]
    sb = 0.5 * sb + rim * sky[2]
    return red * er + sr, green * eg + sg, blue * eb + sb
