"""Where a virtual camera stands: on a circle that follows the people.

Angles are in degrees. An azimuth is the direction from the people to the camera,
counter-clockwise from the world's x axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.rigs import from_field_of_view, look_at
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.views.whereabouts import (
    facing_direction,
    people_path,
    without_strays,
)

_FOCAL = 1.4  # focal length over the shorter side of the image
_FLESH = 0.17  # metres around the joints that stay in the image: hair, hands, soles
_NEAREST = 1.5  # metres between camera and people


@dataclass(frozen=True)
class Orbit:
    """A camera that goes around people and follows them.

    Attributes:
        azimuth: Where it starts; in front of the first person when None.
        speed: Degrees a second, counter-clockwise; 0 stays, and None makes one turn
            in the whole motion.
        elevation: How far it looks down, from 0 to 85.
        steadiness: Seconds over which the people's path is smoothed.
    """

    azimuth: float | None = None
    speed: float | None = None
    elevation: float = 10.0
    steadiness: float = 0.6


View = Orbit | Cameras
"""How to look at a motion: around it, or from one camera, or from one a frame."""


def frame_cameras(view: View, capture: Capture, width: int, height: int) -> Cameras:
    """One camera a frame.

    Args:
        view: An orbit, one camera (with or without a batch axis), or one a frame.
        capture: The motion.
        width: Of the images, in pixels.
        height: Of the images, in pixels.

    Raises:
        InputError: The number of cameras is neither one nor that of the frames, or
            an orbit has nobody to follow.
    """
    if isinstance(view, Orbit):
        return orbit_cameras(capture, width, height, view)
    frames = capture.points.shape[1]
    cameras = view if view.shape else view[None]
    if cameras.shape not in ((1,), (frames,)):
        raise InputError(
            f"{frames} frames are seen by one camera or by one a frame, but "
            f"{math.prod(cameras.shape)} are given."
        )
    return cameras.map(lambda tensor: tensor.expand(frames, *tensor.shape[1:]))


def orbit_cameras(
    capture: Capture, width: int, height: int, orbit: Orbit | None = None
) -> Cameras:
    """One camera a frame, all at the distance from which everything always fits.

    Args:
        capture: The motion.
        width: Of the images, in pixels.
        height: Of the images, in pixels.
        orbit: How the camera moves.

    Raises:
        InputError: Nobody was seen, or the elevation is out of range.
    """
    orbit = orbit or Orbit()
    if not 0 <= orbit.elevation <= 85:
        raise InputError(
            f"An orbit cannot have an elevation of {orbit.elevation:g} degrees; choose "
            "one from 0 to 85."
        )
    points = without_strays(capture.points.double())
    target = people_path(points, orbit.steadiness * capture.fps)
    outward = _outward(capture, orbit)
    turned = look_at(outward, torch.zeros_like(outward))[:, :3, :3]
    focal = _FOCAL * min(width, height)
    slopes = torch.tensor([width, height]).double() / 2 / focal
    around = (points - target[:, None]) @ turned.mT
    centre = target + _fitting_distance(around, slopes) * outward
    transforms = look_at(centre, target)
    return from_field_of_view(transforms, width, height, focal / width)


def azimuth_of(camera: Cameras, capture: Capture) -> float:
    """Where a camera stands, seen from the middle of the people's path, in degrees.

    Args:
        camera: Without batch axes.
        capture: The motion.
    """
    people = people_path(without_strays(capture.points.double())).mean(0)
    x, y, _ = (camera.centre.double() - people).tolist()
    return math.degrees(math.atan2(y, x))


def _outward(capture: Capture, orbit: Orbit) -> Float[Tensor, "frame 3"]:
    """Unit vectors from the people to the camera."""
    count = capture.points.shape[1]
    start = orbit.azimuth
    if start is None:
        x, y = facing_direction(capture)
        start = math.degrees(math.atan2(y, x))
    step = 360 / count if orbit.speed is None else orbit.speed / capture.fps
    angles = torch.deg2rad(start + step * torch.arange(count).double())
    up = math.radians(orbit.elevation)
    rise = torch.full_like(angles, math.sin(up))
    return torch.stack(
        (math.cos(up) * angles.cos(), math.cos(up) * angles.sin(), rise), -1
    )


def _fitting_distance(
    around: Float[Tensor, "person frame joint 3"], slopes: Float[Tensor, "2"]
) -> float:
    """The smallest distance from which all points are in the image.

    A point (x, y, z), in the camera's axes but from the target, is inside when
    |x| ≤ slope (z + distance), and likewise for y.

    Args:
        around: Points; NaN where unknown.
        slopes: Half the image's width and height over the focal length.
    """
    needed = (around[..., :2].abs() + _FLESH) / slopes - around[..., 2:]
    return max(_NEAREST, float(np.nanmax(needed.numpy())))
