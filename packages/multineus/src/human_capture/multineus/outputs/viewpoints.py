"""Where cameras stand to look at a head from around it."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from human_capture.common.cameras import Cameras
from human_capture.common.meshes import Mesh
from human_capture.common.rigs import from_field_of_view, look_at

_FOCAL = 2.2  # focal length over the height of the picture: that of portraits
_MARGIN = 1.06  # size of the picture over that of the mesh


def around(
    mesh: Mesh, degrees: Float[np.ndarray, " view"], width: int, height: int
) -> Cameras:
    """Cameras at one height and one distance, from all of which the mesh just fits.

    Args:
        mesh: With z up; faces look along -y.
        degrees: Where each camera stands: 0 in front, 90 on the person's left.
        width: Of the pictures, in pixels.
        height: Of the pictures, in pixels.
    """
    middle = (mesh.vertices.min(0) + mesh.vertices.max(0)) / 2
    angles = np.deg2rad(degrees)
    outward = np.stack((np.sin(angles), -np.cos(angles), np.zeros_like(angles)), -1)
    slopes = np.array([width / height, 1.0]) / (2 * _FOCAL * _MARGIN)
    distance = _fitting_distance(mesh.vertices - middle, outward, slopes)
    target = torch.from_numpy(middle).expand(len(angles), 3)
    transforms = look_at(target + torch.from_numpy(distance * outward), target)
    return from_field_of_view(transforms, width, height, _FOCAL * height / width)


def _fitting_distance(
    vertices: Float[np.ndarray, "vertex 3"],
    outward: Float[np.ndarray, "view 3"],
    slopes: Float[np.ndarray, "2"],
) -> float:
    """The smallest distance from which all vertices are in all pictures.

    A vertex that is to the right by x, up by z and nearer by n is inside if
    |x| ≤ slope (distance - n), and likewise for z.

    Args:
        vertices: From what the cameras look at, in metres.
        outward: Unit vectors to the cameras, horizontal.
        slopes: Half the width and height over the focal length.
    """
    x, y, z = vertices.T
    up = np.abs(z) / slopes[1]
    needed = 0.0
    for east, north, _ in outward:
        beside = np.abs(x * north - y * east) / slopes[0]
        nearer = x * east + y * north
        needed = max(needed, float((np.maximum(beside, up) + nearer).max()))
    return needed
