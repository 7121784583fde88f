# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""A light floor with a grid, up to a soft horizon, as one camera sees it.

The ray of each pixel is cut with z = 0. Lines are filtered by the size of the pixel on
the floor, so they neither flicker nor crawl when the camera moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from human_capture.common.cameras import Cameras
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.views.whereabouts import people_path, without_strays

_ZENITH = np.array([205.0, 216.0, 229.0], np.float32)
_HORIZON = np.array([246.0, 248.0, 250.0], np.float32)
_GROUND = np.array([226.0, 231.0, 237.0], np.float32)
_LINE = np.array([168.0, 180.0, 195.0], np.float32)
_GRIDS = ((0.5, 0.006, 0.5), (1.0, 0.011, 0.9))
"""Spacing and width of the lines in metres, and how strong they are."""

_NEAR, _FAR = 2.0, 12.0  # metres from the middle between which the floor fades
_STEADINESS = 1.5  # seconds over which the middle is smoothed

Picture = Float32[np.ndarray, "height width 3"]
Plane = Float32[np.ndarray, "height width"]


@dataclass(frozen=True)
class Floor:
    """Draws what is behind people.

    Attributes:
        width: Of the images, in pixels.
        height: Of the images, in pixels.
        middle: Where the floor is clearest in each frame, in metres.
    """

    width: int
    height: int
    middle: Float[np.ndarray, "frame 3"]

    @classmethod
    def under(cls, capture: Capture, width: int, height: int) -> Floor:
        """The floor under a motion, clearest where people are.

        Args:
            capture: The motion.
            width: Of the images, in pixels.
            height: Of the images, in pixels.

        Raises:
            InputError: Nobody was seen.
        """
        points = without_strays(capture.points.double())
        path = people_path(points, _STEADINESS * capture.fps)
        return cls(width, height, path.numpy())

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.middle)

    def draw(self, camera: Cameras, frame: int) -> Picture:
        """Sky and floor, as RGB from 0 to 255.

        Args:
            camera: Without batch axes and without lens distortion.
            frame: Of the motion.
        """
        rays, right, down = self._rays(camera)
        picture = np.empty_like(rays)
        picture[:] = _HORIZON
        rising = (rays[..., 2] > 0).any(1)
        picture[rising] = _sky(rays[rising])
        falling = (rays[..., 2] < 0).any(1)
        if float(camera.centre[2]) <= 0 or not falling.any():
            return picture
        first = int(falling.argmax())  # nothing above this row is floor
        x, y, sizes, low = _on_floor(rays[first:], right, down, camera)
        middle = self.middle[frame].astype(np.float32)
        apart = np.hypot(x - middle[0], y - middle[1])
        shown = _ramp(apart, _FAR, _NEAR) * low
        lines = np.zeros_like(x)
        for spacing, width, strength in _GRIDS:
            for where, size in ((x, sizes[0]), (y, sizes[1])):
                line = _line(where, size, spacing, width)
                np.maximum(lines, strength * line, out=lines)
        below = picture[first:]
        below += shown[..., None] * (_GROUND - below)
        below += (shown * lines)[..., None] * (_LINE - below)
        return picture

    def _rays(self, camera: Cameras) -> tuple[Picture, np.ndarray, np.ndarray]:
        """Directions through all pixels, and how they change to the right and down."""
        inverse = np.linalg.inv(camera.intrinsics.double().numpy())
        to_world = camera.rotation.double().numpy().T @ inverse
        right, down, corner = to_world.T.astype(np.float32)
        column = np.arange(self.width, dtype=np.float32)[:, None] + 0.5
        row = np.arange(self.height, dtype=np.float32)[:, None, None] + 0.5
        return (column * right + corner) + row * down, right, down


def _sky(rays: Picture) -> Picture:
    """Pale at the horizon and bluer above."""
    flat = np.maximum(np.hypot(rays[..., 0], rays[..., 1]), np.float32(1e-6))
    share = _ramp(rays[..., 2] / flat, 0.0, 0.7)[..., None]
    return np.asarray(_HORIZON + share * (_ZENITH - _HORIZON))


def _on_floor(
    rays: Picture, right: np.ndarray, down: np.ndarray, camera: Cameras
) -> tuple[Plane, Plane, tuple[Plane, Plane], Plane]:
    """Where rays meet the floor, how far apart neighbours do, and whether they do."""
    centre = camera.centre.double().numpy().astype(np.float32)
    falling = -rays[..., 2]
    low = (falling > 1e-3).astype(np.float32)
    falling = np.maximum(falling, 1e-3)
    reach = centre[2] / falling
    places, sizes = [], []
    for axis in range(2):
        slope = rays[..., axis] / falling
        places.append(centre[axis] + centre[2] * slope)
        moved = [np.abs(step[axis] + slope * step[2]) for step in (right, down)]
        sizes.append(reach * (moved[0] + moved[1]))
    return places[0], places[1], (sizes[0], sizes[1]), low


def _line(where: Plane, size: Plane, spacing: float, width: float) -> Plane:
    """Share of a pixel that lines at multiples of a spacing cover.

    Pixels that are wider than a line make it as wide as themselves, and paler.
    """
    phase = where / np.float32(spacing)
    apart = np.abs(phase - np.rint(phase)) * np.float32(spacing)
    drawn = np.maximum(np.float32(width), size)
    edge = np.clip((drawn / 2 + size / 2 - apart) / size, 0, 1)
    return edge * (np.float32(width) / drawn)


def _ramp(value: Plane, start: float, stop: float) -> Plane:
    """A smooth step from 0 at ``start`` to 1 at ``stop``."""
    share = np.clip((value - start) / (stop - start), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)
