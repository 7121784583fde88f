# ruff: noqa: ANN001, ANN201, ANN202  (compiled functions infer their types)
"""Compiled: what a ray meets behind people and furniture.

A box room whose walls facing away from the camera are left out (so a camera may stand
outside), open ground under a sky, or a photograph that hangs behind each view.
"""

from __future__ import annotations

import math
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float32

from human_capture.common.people.drawing.kernel import inlined
from human_capture.common.people.drawing.noise import noise3
from human_capture.common.people.drawing.shading_light import lit, shadow
from human_capture.common.people.drawing.shading_surface import pattern_colour, ramp
from human_capture.common.people.drawing.textures import sample_texture

INDOORS, OUTDOORS, PHOTO = 0, 1, 2
PANEL = np.dtype(
    [
        ("plane", np.int32),  # 2.. : wall +x, -x, +y, -y
        ("centre", np.float32, 2),  # along the wall and up
        ("half", np.float32, 2),
        ("material", np.int32),
        ("glow", np.float32),  # light of its own: windows, lamps, screens
    ],
    align=True,
)


class Backdrop(NamedTuple):
    """What compiled code reads of a room, open ground or photographs."""

    mode: int
    size: Float32[np.ndarray, "3"]  # half width, half depth, height
    surfaces: np.ndarray  # of MATERIAL: floor, ceiling, four walls, then the panels'
    panels: np.ndarray  # of PANEL
    bulb: Float32[np.ndarray, "4"]  # place and strength of a lamp that lights the walls
    zenith: Float32[np.ndarray, "3"]
    horizon: Float32[np.ndarray, "3"]
    photos: Float32[np.ndarray, "view 5"]  # picture, left, top, width, height
    shade: float  # how dark shadows on a photograph's floor are


@inlined
@no_type_check
def backdrop_light(b, table, texels, pictures, lights, view, o, d, px, py, pixel):
    """Linear light along the ray o + t d; `pixel` is a pixel's size at distance 1.

    (px, py) is the place in the image from 0 to 1.
    """
    if b.mode == PHOTO:
        return _photo(b, pictures, lights, view, o, d, px, py, pixel)
    if b.mode == OUTDOORS:
        return _outdoors(b, table, texels, lights, o, d, pixel)
    return _indoors(b, table, texels, lights, o, d, pixel)


@inlined
@no_type_check
def _indoors(b, table, texels, lights, o, d, pixel):
    x, y, z = d
    tx = ((b.size[0] if x > 0 else -b.size[0]) - o[0]) / (x if x != 0 else 1e-12)
    ty = ((b.size[1] if y > 0 else -b.size[1]) - o[1]) / (y if y != 0 else 1e-12)
    tz = ((b.size[2] if z > 0 else 0.0) - o[2]) / (z if z != 0 else 1e-12)
    t, plane = tz, 1 if z > 0 else 0
    nx, ny, nz = 0.0, 0.0, 1.0 if z < 0 else -1.0
    if tx < t:
        t, plane, nx, ny, nz = tx, 2 if x > 0 else 3, -1.0 if x > 0 else 1.0, 0.0, 0.0
    if ty < t:
        t, plane, nx, ny, nz = ty, 4 if y > 0 else 5, 0.0, -1.0 if y > 0 else 1.0, 0.0
    if t <= 0.0:
        return b.horizon[0], b.horizon[1], b.horizon[2]
    hx, hy, hz = o[0] + t * x, o[1] + t * y, o[2] + t * z
    length = math.sqrt(x * x + y * y + z * z)
    slope = abs(nx * x + ny * y + nz * z) / length
    footprint = t * pixel * length / math.sqrt(max(slope, 0.04))
    u, v = hx, hy
    if plane == 2 or plane == 3:
        u, v = hy, hz
    elif plane > 3:
        v = hz
    material, glow = plane, 0.0
    if plane > 1:
        for i in range(b.panels.shape[0]):
            panel = b.panels[i]
            if panel.plane != plane:
                continue
            du, dv = u - panel.centre[0], v - panel.centre[1]
            if abs(du) < panel.half[0] and abs(dv) < panel.half[1]:
                material, glow = panel.material, panel.glow
                u, v = du, dv
    m = b.surfaces[material]
    red, green, blue = pattern_colour(m, table, texels, u, v, footprint)
    if glow > 0.0:
        return red * glow, green * glow, blue * glow
    cx, cy, cz = b.bulb[0] - hx, b.bulb[1] - hy, b.bulb[2] - hz
    pool = b.bulb[3] / (1.0 + 0.35 * (cx * cx + cy * cy + cz * cz))
    corner = min(
        b.size[0] - abs(hx), b.size[1] - abs(hy), hz, b.size[2] - hz
    )  # zero on the surface itself
    if plane > 1:
        corner = min(hz, b.size[2] - hz)
        if plane > 3:
            corner = min(corner, b.size[0] - abs(hx))
        else:
            corner = min(corner, b.size[1] - abs(hy))
    else:
        corner = min(b.size[0] - abs(hx), b.size[1] - abs(hy))
    dim = (0.72 + 0.28 * min(max(corner, 0.0) * 1.6, 1.0)) * (0.75 + pool)
    vx, vy, vz = -x / length, -y / length, -z / length
    return lit(
        lights,
        hx,
        hy,
        hz,
        nx,
        ny,
        nz,
        vx,
        vy,
        vz,
        red * dim,
        green * dim,
        blue * dim,
        m.gloss,
        0,
        0.004,
    )


@inlined
@no_type_check
def _outdoors(b, table, texels, lights, o, d, pixel):
    x, y, z = d
    flat = math.sqrt(x * x + y * y) + 1e-9
    length = math.sqrt(flat * flat + z * z)
    rise = z / flat
    azimuth = math.atan2(y, x)
    wood = b.surfaces[1]
    far = b.size[0]
    crown = b.size[2] * (
        noise3(table, azimuth * wood.scale + 50.0, wood.seed, 0.5)
        + 0.25 * noise3(table, azimuth * wood.scale * 7.0 + 50.0, wood.seed, 3.5)
    )
    t = -o[2] / z if z < 0 else 1e9
    if t * flat < far:
        hx, hy = o[0] + t * x, o[1] + t * y
        m = b.surfaces[0]
        slope = abs(z) / length
        footprint = t * pixel * length / math.sqrt(max(slope, 0.03))
        red, green, blue = pattern_colour(m, table, texels, hx, hy, footprint)
        wide = 0.75 + 0.5 * noise3(table, hx * 0.35, hy * 0.35, m.seed)
        red, green, blue = red * wide, green * wide, blue * wide
        vx, vy, vz = -x / length, -y / length, -z / length
        red, green, blue = lit(
            lights,
            hx,
            hy,
            0.0,
            0.0,
            0.0,
            1.0,
            vx,
            vy,
            vz,
            red,
            green,
            blue,
            0.0,
            0,
            0.004,
        )
        haze = ramp(t * flat / far, 0.4, 1.1) * 0.5
        return (
            red + haze * (b.horizon[0] - red),
            green + haze * (b.horizon[1] - green),
            blue + haze * (b.horizon[2] - blue),
        )
    height = rise * far + o[2]
    if height < crown:
        u = azimuth * far
        red, green, blue = pattern_colour(wood, table, texels, u, height, pixel * far)
        depth = 0.35 + 0.65 * ramp(height / (crown + 0.1), 0.0, 1.0)
        s = lights.sky
        k = lights.lamps[0].colour
        shade = 0.35 + 0.65 * depth
        return (
            red * shade * (s[0] + 0.4 * k[0]),
            green * shade * (s[1] + 0.4 * k[1]),
            blue * shade * (s[2] + 0.4 * k[2]),
        )
    g = ramp(rise, -0.1, 0.9)
    cloud = 0.0
    if rise > 0.0:
        cu, cv = 3.0 * x / (flat * (rise + 0.25)), 3.0 * y / (flat * (rise + 0.25))
        c = 0.6 * noise3(table, cu, cv, wood.seed)
        c += 0.3 * noise3(table, cu * 2.3, cv * 2.3, wood.seed + 3.0)
        c += 0.15 * noise3(table, cu * 6.1, cv * 6.1, wood.seed + 5.0)
        cloud = ramp(c, 0.5, 0.75) * wood.folds
    red = b.horizon[0] + g * (b.zenith[0] - b.horizon[0])
    green = b.horizon[1] + g * (b.zenith[1] - b.horizon[1])
    blue = b.horizon[2] + g * (b.zenith[2] - b.horizon[2])
    top = 1.1 * max(b.horizon[0], max(b.horizon[1], b.horizon[2]))
    return (
        red + cloud * (top - red),
        green + cloud * (top - green),
        blue + cloud * (top - blue),
    )


@inlined
@no_type_check
def _photo(b, pictures, lights, view, o, d, px, py, pixel):
    p = b.photos[view]
    u, v = p[1] + px * p[3], p[2] + py * p[4]
    red, green, blue = sample_texture(pictures, int(p[0]), u, v, pixel * abs(p[3]))
    if d[2] < 0 and o[2] > 0 and b.shade > 0.0:
        t = -o[2] / d[2]
        hx, hy = o[0] + t * d[0], o[1] + t * d[1]
        if hx * hx + hy * hy < 16.0:
            dark = 1.0
            for i in range(lights.lamps.shape[0]):
                reach = shadow(lights.lamps[i], lights.maps, i, hx, hy, 0.0, 0.004)
                dark = min(dark, 1.0 - b.shade * (1.0 - reach))
            red, green, blue = red * dark, green * dark, blue * dark
    return red, green, blue
