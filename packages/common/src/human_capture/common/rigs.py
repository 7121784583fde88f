"""Where cameras stand: rings, domes and the rigs of known studios."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.cameras import Cameras, from_field_of_view, look_at

HUMAN36M_CENTRES = (  # subject 1, metres
    (1.84, 4.96, 1.56),
    (1.76, -5.08, 1.61),
    (-1.85, 5.22, 1.49),
    (-1.79, -3.72, 1.58),
)


def ring(
    views: int,
    radius: float = 4.0,
    height: float = 1.6,
    target: tuple[float, float, float] = (0.0, 0.0, 1.0),
    start: float = 0.0,
    width: int = 1000,
    focal_over_width: float = 1.145,
) -> Cameras:
    """Cameras at equal angles on a circle, all looking at one point.

    Args:
        views: How many.
        radius: Of the circle about the target, in metres.
        height: Of the cameras above the floor, in metres.
        target: World point they look at, in metres.
        start: Angle of the first camera, in radians.
        width: Width and height of the images, in pixels.
        focal_over_width: Focal length over image width.
    """
    angles = start + 2 * math.pi * torch.arange(views) / views
    centres = torch.stack(
        (
            target[0] + radius * angles.cos(),
            target[1] + radius * angles.sin(),
            torch.full_like(angles, height),
        ),
        -1,
    )
    return _looking_at(centres, target, width, focal_over_width)


def dome(
    views: int = 31,
    radius: float = 3.0,
    lowest: float = 0.7,
    target: tuple[float, float, float] = (0.0, 0.0, 1.0),
    width: int = 1000,
    focal_over_width: float = 0.75,
) -> Cameras:
    """Cameras spread evenly over the upper part of a sphere (Fibonacci lattice).

    Args:
        views: How many.
        radius: Of the sphere about the target, in metres.
        lowest: Smallest camera height above the floor, in metres.
        target: Centre of the sphere, in metres.
        width: Width and height of the images, in pixels.
        focal_over_width: Focal length over image width.
    """
    index = torch.arange(views) + 0.5
    bottom = max((lowest - target[2]) / radius, -0.95)
    z = bottom + (0.95 - bottom) * index / views
    azimuth = math.pi * (1 + math.sqrt(5)) * index
    flat = (1 - z.square()).sqrt()
    sphere = torch.stack((flat * azimuth.cos(), flat * azimuth.sin(), z), -1)
    centres = torch.tensor(target) + radius * sphere
    return _looking_at(centres, target, width, focal_over_width)


def human36m_ring(width: int = 1000) -> Cameras:
    """The four cameras of Human3.6M, without their lens distortion.

    Args:
        width: Width and height of the images, in pixels; 1000 in the data set.
    """
    return _looking_at(torch.tensor(HUMAN36M_CENTRES), (0.0, 0.0, 0.9), width, 1.145)


def _looking_at(
    centres: Float[Tensor, "view 3"],
    target: tuple[float, float, float],
    width: int,
    focal_over_width: float,
) -> Cameras:
    transforms = look_at(centres, torch.tensor(target).expand_as(centres))
    return from_field_of_view(transforms, width, width, focal_over_width)
