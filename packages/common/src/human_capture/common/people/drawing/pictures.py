"""What cameras see of a scene, and which points they see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int8, UInt8

from human_capture.common.people.drawing.rasteriser import homogeneous_pixels


@dataclass(frozen=True)
class Pictures:
    """What the cameras of a scene see.

    Args:
        image: RGB.
        mask: Share of each pixel that people cover.
        person: Who is seen at the pixel's centre, -1 nobody (background or a thing).
        depth: Along the optical axis at the pixel's centre in metres, of people and
            things; infinite on the background.
    """

    image: UInt8[np.ndarray, "view height width 3"]
    mask: Float32[np.ndarray, "view height width"]
    person: Int8[np.ndarray, "view height width"]
    depth: Float32[np.ndarray, "view height width"]


def visibility(
    points: Float[np.ndarray, "joint 3"],
    intrinsics: Float[np.ndarray, "view 3 3"],
    world_to_camera: Float[np.ndarray, "view 4 4"],
    depth: Float32[np.ndarray, "view height width"],
    tolerance: float = 0.12,
) -> Bool[np.ndarray, "view joint"]:
    """Whether points lie inside each view and not behind something.

    Args:
        points: In the world, metres; joints lie inside the body.
        intrinsics: For pixel centres at +0.5.
        world_to_camera: Rigid transforms to OpenCV camera axes.
        depth: Of the pictures; infinite where nothing is.
        tolerance: How far behind the visible surface a point still counts as seen,
            in metres.
    """
    views, height, width = depth.shape
    out = np.zeros((views, len(points)), bool)
    for view in range(views):
        pixels = homogeneous_pixels(points, intrinsics[view], world_to_camera[view])
        z = pixels[:, 2]
        ahead = z > 0.02
        place = np.floor(pixels[:, :2] / np.where(ahead, z, 1)[:, None]).astype(int)
        inside = ahead & ((place >= 0) & (place < [width, height])).all(1)
        x, y = place.clip(0, [width - 1, height - 1]).T
        out[view] = inside & (z <= depth[view, y, x] + tolerance)
    return out
