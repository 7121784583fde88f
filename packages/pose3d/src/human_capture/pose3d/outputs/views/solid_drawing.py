# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Round limbs drawn into a picture, with light, shade and a depth of each pixel.

A limb is the outline of a tapering capsule whose pixels know how the surface lies
there. Edge pixels are covered in part, so no larger picture is needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from human_capture.pose3d.outputs.palette import Colour

_LIGHT = np.array([-0.38, -0.76, -0.53], np.float32)
"""Unit vector to the light in camera axes: above, a little left, before the people."""

_AMBIENT, _DIFFUSE, _GLOSS = 0.58, 0.54, 0.20
_RIM = 0.40  # how much darker a surface gets as it turns away
_SHADE, _SHADE_WIDTH = 0.32, 0.8  # cast on what is behind; the width is in radii
_STEEPEST = 0.95  # change of the radius along a limb at which it looks like a ball

Patch = Float32[np.ndarray, "height width"]


@dataclass(frozen=True)
class Capsule:
    """A limb as it appears in an image.

    Attributes:
        ends: Pixel centres at +0.5.
        depths: Of the ends along the viewing axis, in metres.
        radii: Of the ends, in pixels.
        thickness: Of the ends, as radii in metres.
        colour: RGB bytes.
    """

    ends: Float[np.ndarray, "2 2"]
    depths: Float[np.ndarray, "2"]
    radii: Float[np.ndarray, "2"]
    thickness: Float[np.ndarray, "2"]
    colour: Colour


class _Surface(NamedTuple):
    """The pixels around a capsule: vectors from its axis, in radii, and more."""

    x: Patch
    y: Patch
    apart: Patch
    radius: Patch
    along: Patch


class SolidPicture:
    """A picture to which limbs are added.

    Args:
        background: RGB from 0 to 255, infinitely far away; drawn into.
    """

    def __init__(self, background: Float32[np.ndarray, "height width 3"]) -> None:
        self.image = background
        self.depth = np.full(background.shape[:2], np.inf, np.float32)

    def draw(self, capsule: Capsule) -> None:
        """Add a limb; what hides it must not be drawn before what it hides.

        Edges blend with what is there already, so draw the farthest first.
        """
        window = self._window(capsule)
        if window is None:
            return
        image, depth = self.image[window], self.depth[window]
        surface = _surface(capsule, window)
        towards = np.sqrt(np.clip(1 - surface.apart**2, 0, 1))
        thickness = _mixed(capsule.thickness, surface.along)
        here = _mixed(capsule.depths, surface.along) - thickness * towards
        covered = np.clip((1 - surface.apart) * surface.radius + 0.5, 0, 1)
        covered *= here < depth
        behind = np.isfinite(depth) & (depth > here + 0.5 * thickness)
        near = np.clip((surface.apart - 1) / _SHADE_WIDTH, 0, 1)
        image *= (1 - _SHADE * behind * (1 - near) ** 2)[..., None]
        lit = _lit(np.asarray(capsule.colour, np.float32), surface, towards)
        image += covered[..., None] * (lit - image)
        np.copyto(depth, here, where=covered > 0.5)

    def _window(self, capsule: Capsule) -> tuple[slice, slice] | None:
        """The part of the image that a limb touches."""
        reach = (1 + _SHADE_WIDTH) * capsule.radii[:, None] + 1
        low = np.floor((capsule.ends - reach).min(0)).clip(0, None)
        high = np.ceil((capsule.ends + reach).max(0))
        high = high.clip(None, self.depth.shape[::-1])
        if (low >= high).any():
            return None
        (left, top), (right, bottom) = low.astype(int), high.astype(int)
        return slice(top, bottom), slice(left, right)


def _surface(capsule: Capsule, window: tuple[slice, slice]) -> _Surface:
    rows, columns = (
        np.arange(side.start, side.stop, dtype=np.float32) + 0.5 for side in window
    )
    start, axis = capsule.ends[0], capsule.ends[1] - capsule.ends[0]
    x, y = columns - np.float32(start[0]), rows[:, None] - np.float32(start[1])
    length = max(float(np.hypot(*axis)), 1e-6)
    taper = float(capsule.radii[1] - capsule.radii[0]) / length
    dx, dy = axis.astype(np.float32) / np.float32(length)
    if abs(taper) < _STEEPEST:
        # normals of a cone lean towards its narrow end
        lean = np.float32(taper / math.sqrt(1 - taper**2))
        along = x * dx + y * dy + lean * np.abs(x * dy - y * dx)
        along = np.clip(along / np.float32(length), 0, 1)
    else:  # the larger end hides the other
        along = np.full((len(rows), len(columns)), taper > 0, np.float32)
    radius = _mixed(capsule.radii, along)
    x = (x - along * np.float32(axis[0])) / radius
    y = (y - along * np.float32(axis[1])) / radius
    return _Surface(x, y, np.sqrt(x * x + y * y), radius, along)


def _mixed(ends: np.ndarray, along: Patch) -> Patch:
    first, second = ends.astype(np.float32)
    return np.asarray(first + along * (second - first))


def _lit(
    colour: Float32[np.ndarray, "3"], surface: _Surface, towards: Patch
) -> Float32[np.ndarray, "height width 3"]:
    """Colours of a surface; the normal is (x, y, -towards)."""
    scale = 1 / np.maximum(surface.apart, 1)  # edge pixels have their centre outside
    facing = (surface.x * _LIGHT[0] + surface.y * _LIGHT[1]) * scale
    facing = np.maximum(facing - towards * _LIGHT[2], 0)
    light = (_AMBIENT + _DIFFUSE * facing) * (1 - _RIM * (1 - towards) ** 2)
    gloss = 255 * _GLOSS * facing**12
    return np.asarray(light[..., None] * colour + gloss[..., None])
