# ruff: noqa: ANN001, ANN201  (compiled functions infer their types)
"""Compiled: the colour of a point on cloth, skin, hair, eyes, walls and furniture."""

from __future__ import annotations

import math
from typing import no_type_check

from human_capture.common.people.drawing.kernel import inlined, kernel
from human_capture.common.people.drawing.noise import floor, noise3
from human_capture.common.people.drawing.textures import sample_texture


@inlined
@no_type_check
def ramp(x, low, high):
    """Smooth step: 0 below `low`, 1 above `high`."""
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@inlined
@no_type_check
def bump(distance2, radius):
    """A soft spot: 1 at the centre, 0 from three radii on; no exponential needed."""
    t = 1.0 - distance2 / (9.0 * radius * radius)
    return t * t * t * t if t > 0.0 else 0.0


@inlined
@no_type_check
def fraction(x):
    """What follows the point, in [0, 1)."""
    return x - floor(x)


@inlined
@no_type_check
def line(x, width, blur):
    """1 within `width` of integers, with edges as soft as a pixel is wide."""
    d = abs(fraction(x) - 0.5)
    return ramp(d, 0.5 - width - blur, 0.5 - width + blur)


@kernel
@no_type_check
def pattern_colour(m, table, texels, u, v, pixel):
    """Linear colour where a flat pattern is at (u, v) metres.

    `pixel` is the size of a screen pixel on the surface in metres.
    """
    kind = m.pattern
    share, shade = 0.0, 1.0
    blur = min(max(pixel * m.scale, 1e-4), 0.45)
    if kind == 1:
        share = line(v * m.scale, 0.25, blur)
    elif kind == 2:
        share = line(u * m.scale, 0.22, blur)
    elif kind == 3:
        share = 0.5 * (line(u * m.scale, 0.25, blur) + line(v * m.scale, 0.25, blur))
    elif kind == 4:
        a, b = line(u * m.scale, 0.28, blur), line(v * m.scale, 0.28, blur)
        c = line(u * m.scale + 0.17, 0.03, blur), line(v * m.scale + 0.17, 0.03, blur)
        share = 0.45 * (a + b) + 0.35 * max(c[0], c[1])
    elif kind == 5:
        row = floor(v * m.scale)
        du = fraction(u * m.scale + 0.5 * (row % 2)) - 0.5
        dv = fraction(v * m.scale) - 0.5
        share = 1.0 - ramp(math.sqrt(du * du + dv * dv), 0.27 - blur, 0.27 + blur)
    elif kind == 6:
        q = m.scale * 1.4
        n = noise3(table, u * q + m.seed, v * q, m.seed)
        share = ramp(n, 0.50, 0.53)
        shade = 1.0 - 0.45 * ramp(noise3(table, v * q, u * q + m.seed, 7.5), 0.6, 0.63)
    elif kind == 8:
        share = ramp(v, m.box[1] - 0.004, m.box[1] + 0.004)
    elif kind == 9:
        plank = floor(v * m.scale)
        end = floor(u * m.scale * 0.15 + 0.37 * (plank % 7))
        tone = noise3(table, plank * 3.7 + 0.5, end * 2.3 + 0.5, m.seed)
        grain = noise3(table, u * 3.0 + plank * 5.3, v * 70.0, m.seed)
        shade = (0.65 + 0.5 * tone + 0.25 * (grain - 0.5)) * (
            1.0 - 0.5 * line(v * m.scale, 0.02, blur)
        )
    elif kind == 10:
        a, b = u * m.scale, v * m.scale
        share = float((floor(a) + floor(b)) % 2)
        joint = max(line(a, 0.015, blur), line(b, 0.015, blur))
        shade = 1.0 - 0.4 * joint
    elif kind == 11:
        row = floor(v * m.scale)
        a = u * m.scale * 0.4 + 0.5 * (row % 2)
        share = max(line(a, 0.025, 0.4 * blur), line(v * m.scale, 0.06, blur))
        shade = 0.75 + 0.5 * noise3(table, floor(a) + 0.5, row + 0.5, m.seed)
    elif kind == 12:
        share = ramp(noise3(table, u * m.scale, v * m.scale, m.seed), 0.55, 0.65)
    red = (m.colour[0] + share * (m.second[0] - m.colour[0])) * shade
    green = (m.colour[1] + share * (m.second[1] - m.colour[1])) * shade
    blue = (m.colour[2] + share * (m.second[2] - m.colour[2])) * shade
    mix = m.texture_mix
    if kind == 7:
        tu = (u - m.box[0]) / (2 * m.box[2])
        tv = (m.box[1] - v) / (2 * m.box[3])
        if abs(tu) < 0.5 and abs(tv) < 0.5:
            t = sample_texture(
                texels, m.texture, tu + 0.5, tv + 0.5, pixel / (2 * m.box[2])
            )
            return t
        mix = 0.0
    if mix > 0.0:
        s = m.texture_scale
        t = sample_texture(texels, m.texture, u * s + m.seed, m.seed - v * s, pixel * s)
        red += mix * (t[0] - red)
        green += mix * (t[1] - green)
        blue += mix * (t[2] - blue)
    if m.grain > 0.0:
        n = noise3(table, u * 1.9 + m.seed, v * 1.9, m.seed * 0.7) - 0.5
        n += 0.5 * (noise3(table, u * 11.0, v * 11.0, m.seed) - 0.5)
        n = 1.0 + m.grain * 1.6 * n
        red, green, blue = red * n, green * n, blue * n
    return red, green, blue


@inlined
@no_type_check
def skin_colour(m, table, x, y, z, red, green, blue):
    """Skin with pores, freckles, brows and beard at canonical (x, y, z).

    `red`, `green`, `blue` is the colour baked at the vertices.
    """
    n = noise3(table, x * 45.0 + m.seed, y * 45.0, z * 45.0)
    tone = (
        0.94 + 0.10 * n + 0.06 * (noise3(table, x * 260.0, y * 260.0, z * 260.0) - 0.5)
    )
    red, green, blue = red * tone, green * tone, blue * tone
    if z < 0.54:
        return red, green, blue
    side = abs(x)
    hair = 0.0
    if y < -0.085 and 0.702 < z < 0.735 and side < 0.054:
        t = min(max((side - 0.012) / 0.036, 0.0), 1.0)
        arch = 0.7165 + 0.0062 * t * (1.75 - t)
        width = 0.0043 - 0.0024 * min(max((side - 0.03) / 0.02, 0.0), 1.0)
        hair = ramp(width - abs(z - arch), -0.0016, 0.0014)
        hair *= ramp(side, 0.008, 0.015) * (1.0 - ramp(side, 0.044, 0.052))
        strands = noise3(table, x * 800.0 + z * 500.0, z * 250.0, m.seed)
        hair *= m.brow * (0.55 + 0.75 * strands)
    if m.beard > 0.0 and z < 0.668:
        b = ramp(0.662 - z - 0.35 * max(side - 0.045, 0.0), 0.0, 0.02)
        b *= ramp(-y - 0.03, 0.0, 0.03) * ramp(z, 0.568, 0.585)
        lip2 = (x * x) / (0.026 * 0.026) + (z - 0.6285) ** 2 / (0.0115 * 0.0115)
        b *= ramp(lip2, 0.75, 1.25)
        cheek = (side - 0.045) ** 2 + (z - 0.66) ** 2
        b *= ramp(cheek, 0.0003, 0.0009)
        b *= 0.45 + 0.75 * noise3(table, x * 700.0, y * 700.0, z * 350.0)
        hair = max(hair, min(b, 1.0) * m.beard)
    if m.scalp > 0.0 and z > 0.6:
        line_z = m.hairline - 0.35 * min(max(side - 0.02, 0.0), 0.04)
        strands = noise3(table, x * 650.0, y * 450.0, z * 45.0)
        edge = 0.024 * (strands - 0.5)
        s = ramp(z - line_z + edge, -0.009, 0.006) if y < 0.02 else 1.0
        back = ramp(z + edge - 0.652, 0.0, 0.02) * ramp(y + 0.03, 0.0, 0.02)
        hair = max(hair, max(s, back) * m.scalp * (0.55 + 0.4 * strands))
    if hair > 0.0:
        red += hair * (0.8 * m.hair[0] - red)
        green += hair * (0.8 * m.hair[1] - green)
        blue += hair * (0.8 * m.hair[2] - blue)
    if m.freckles > 0.0 and y < -0.08:
        f = bump((side - 0.035) ** 2 + (z - 0.665) ** 2, 0.022)
        f *= (
            ramp(noise3(table, x * 420.0, y * 420.0, z * 420.0), 0.68, 0.8) * m.freckles
        )
        red, green, blue = (
            red * (1 - 0.25 * f),
            green * (1 - 0.45 * f),
            blue * (1 - 0.55 * f),
        )
    return red, green, blue


@inlined
@no_type_check
def eye_colour(m, table, x, y, z):
    """Pupil, iris and white at canonical (x, y, z) on an eyeball."""
    dx = abs(x) - 0.0301
    dy, dz = y + 0.119, z - 0.6965
    length = math.sqrt(dx * dx + dy * dy + dz * dz) + 1e-9
    radius = math.sqrt(dx * dx + dz * dz) / length  # sine of the angle off the axis
    if dy > 0.0:
        radius = 1.0
    fibre = 0.7 + 0.6 * noise3(table, dx / length * 28.0, dz / length * 28.0, m.seed)
    iris = 1.0 - ramp(radius, 0.43, 0.475)
    rim = 1.0 - 0.65 * ramp(radius, 0.34, 0.45)
    pupil = 1.0 - ramp(radius, 0.155, 0.19)
    white = 1.0 - 0.35 * ramp(radius, 0.6, 1.0)
    red = 0.72 * white + iris * (m.colour[0] * fibre * rim - 0.72 * white)
    green = 0.66 * white + iris * (m.colour[1] * fibre * rim - 0.66 * white)
    blue = 0.63 * white + iris * (m.colour[2] * fibre * rim - 0.63 * white)
    keep = 1.0 - 0.97 * pupil
    return red * keep, green * keep, blue * keep


@inlined
@no_type_check
def hair_strands(m, table, x, y, z):
    """Brightness of the strands and how far they tilt the normal, at (x, y, z)."""
    angle = math.atan2(x, -(y + 0.02))
    radius = math.sqrt(x * x + (y + 0.02) ** 2)
    fine = noise3(table, angle * 58.0 + m.seed, z * 9.0, radius * 45.0)
    lock = noise3(table, angle * 15.0, z * 5.0 + m.seed, radius * 12.0)
    return 0.42 + 0.75 * fine + 0.35 * lock, fine - 0.5 + 0.8 * (lock - 0.5)
