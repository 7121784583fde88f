"""Where cameras stand: looking at a point, rings, domes, the rigs of known studios."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.cameras import Cameras

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


def look_at(
    centre: Float[Tensor, "*batch 3"],
    target: Float[Tensor, "*#batch 3"],
    up: Sequence[float] = (0.0, 0.0, 1.0),
    roll: Float[Tensor, "*#batch"] | float = 0.0,
) -> Float[Tensor, "*batch 4 4"]:
    """World-to-camera transforms of cameras that look at a point.

    Args:
        centre: Optical centres, in metres.
        target: What is seen in the middle of the image, in metres.
        up: World direction that appears upwards; not along the viewing direction.
        roll: Clockwise turn of the camera about its viewing axis, in radians.
    """
    z = torch.nn.functional.normalize(target - centre, dim=-1)
    x = torch.linalg.cross(z, torch.tensor(up).to(z).expand_as(z))
    x = torch.nn.functional.normalize(x, dim=-1)
    y = torch.linalg.cross(z, x)
    angle = torch.as_tensor(roll).to(z).expand(z.shape[:-1])[..., None]
    cos, sin = angle.cos(), angle.sin()
    rotation = torch.stack((cos * x + sin * y, cos * y - sin * x, z), -2)
    transform = torch.eye(4).to(z).repeat(*z.shape[:-1], 1, 1)
    transform[..., :3, :3] = rotation
    transform[..., :3, 3] = -(rotation @ centre[..., None])[..., 0]
    return transform


def from_field_of_view(
    world_to_camera: Float[Tensor, "*batch 4 4"],
    width: int,
    height: int,
    focal_over_width: Float[Tensor, "*#batch"] | float,
) -> Cameras:
    """Ideal cameras with square pixels and the principal point in the middle.

    Args:
        world_to_camera: Where they stand.
        width: Of the image, in pixels.
        height: Of the image, in pixels.
        focal_over_width: Focal length over image width.
    """
    focal = torch.as_tensor(focal_over_width).to(world_to_camera) * width
    intrinsics = torch.zeros(*world_to_camera.shape[:-2], 3, 3).to(world_to_camera)
    intrinsics[..., 0, 0] = focal
    intrinsics[..., 1, 1] = focal
    intrinsics[..., 0, 2] = width / 2
    intrinsics[..., 1, 2] = height / 2
    intrinsics[..., 2, 2] = 1
    return Cameras(intrinsics, world_to_camera)
