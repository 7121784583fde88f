"""Where cameras stand to look at a head from around it."""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float

from human_capture.common.cameras import Cameras
from human_capture.common.meshes import Mesh
from human_capture.common.rigs import from_field_of_view, look_at

_FOCAL = 2.2  # focal length over the side of the picture: that of portraits
_MARGIN = 1.05  # size of the picture over that of the mesh


def around(
    mesh: Mesh, degrees: Float[np.ndarray, " view"] | list[float], size: int
) -> Cameras:
    """Cameras at one height and distance, from which the mesh always fits.

    Args:
        mesh: With z up; faces look along -y.
        degrees: Where each camera stands: 0 in front, 90 on the person's left.
        size: Width and height of the pictures, in pixels.
    """
    vertices = mesh.vertices
    low, high = vertices.min(0), vertices.max(0)
    middle = (low + high) / 2
    reach = np.linalg.norm(vertices[:, :2] - middle[:2], axis=1)
    slope = 0.5 / _FOCAL / _MARGIN
    # beside the axis a vertex looks widest where its line of sight is a tangent;
    # above or below it looks farthest off where it is nearest
    distance = max(
        float(reach.max()) * math.sqrt(1 + slope**-2),
        float((reach + np.abs(vertices[:, 2] - middle[2]) / slope).max()),
    )
    angles = torch.deg2rad(torch.as_tensor(degrees, dtype=torch.float64))
    outward = torch.stack((angles.sin(), -angles.cos(), torch.zeros_like(angles)), -1)
    target = torch.from_numpy(middle)
    transforms = look_at(target + distance * outward, target.expand_as(outward))
    return from_field_of_view(transforms, size, size, _FOCAL)
