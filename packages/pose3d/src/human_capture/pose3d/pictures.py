"""Pictures of views with their skeletons, for trackers and READMEs."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.keypoints import KeypointFormat
from human_capture.pose3d.estimate import PoseEstimate
from human_capture.pose3d.views import Views

LEFT, RIGHT, MIDDLE = (64, 160, 255), (255, 110, 60), (90, 220, 110)
TRUTH = (235, 235, 235)


def bone_colours(format: KeypointFormat) -> list[tuple[int, int, int]]:
    """One RGB colour a bone: left blue, right orange, the rest green."""
    colours = []
    for pair in format.bones:
        sides = {joint.split("_")[0] for joint in pair} & {"left", "right"}
        side = sides.pop() if len(sides) == 1 else "middle"
        colours.append({"left": LEFT, "right": RIGHT}.get(side, MIDDLE))
    return colours


def draw_skeleton(
    image: UInt8[np.ndarray, "height width 3"],
    keypoints: Float[np.ndarray, "joint 2"],
    format: KeypointFormat,
    thickness: int = 2,
    colour: tuple[int, int, int] | None = None,
) -> None:
    """Draw a skeleton into an image, in place.

    Args:
        image: RGB bytes, contiguous.
        keypoints: Pixels with centres at +0.5; joints that are not finite are left out.
        format: Which bones to draw.
        thickness: Of the lines, in pixels.
        colour: One for all bones; sides get their own when absent.
    """
    colours = bone_colours(format)
    shift = 4  # OpenCV draws sub-pixel coordinates as fixed-point numbers
    points = (keypoints - 0.5) * 2**shift
    fine = np.isfinite(points).all(-1) & (np.abs(points) < 2**20).all(-1)
    points = np.where(fine[:, None], points, 0).round().astype(int)
    for (first, second), side in zip(format.bone_indices, colours, strict=True):
        if fine[first] and fine[second]:
            ends = tuple(points[first].tolist()), tuple(points[second].tolist())
            cv2.line(image, *ends, colour or side, thickness, cv2.LINE_AA, shift)


def draw_views(
    views: Views, estimate: PoseEstimate, format: KeypointFormat, most: int = 4
) -> Float[Tensor, "batch 3 height width"]:
    """One strip of views a person: truth thin and white, the estimate in colour.

    Args:
        views: A batch.
        estimate: What a method found in it.
        format: Which bones to draw.
        most: People to show.
    """
    found, _ = reproject(views.cameras, estimate.points)
    strips = []
    for person in range(min(most, len(views))):
        strip = [
            _draw(view, [(truth, 1, TRUTH), (guess, 2, None)], format)
            for view, truth, guess in zip(
                views.with_float_images().images[person],
                views.keypoints[person],
                found[person],
                strict=True,
            )
        ]
        strips.append(np.concatenate(strip, 1))
    return torch.from_numpy(np.stack(strips)).permute(0, 3, 1, 2).float() / 255


def reproject(
    cameras: Cameras, points: Float[Tensor, "batch joint 3"]
) -> tuple[Float[Tensor, "batch view joint 2"], Float[Tensor, "batch view joint"]]:
    """Pixels and depths of 3D joints in every view."""
    return cameras.project(points.detach()[:, None])


def _draw(
    image: Tensor,
    skeletons: list[tuple[Tensor, int, tuple[int, int, int] | None]],
    format: KeypointFormat,
) -> np.ndarray:
    picture = (image.detach().cpu().permute(1, 2, 0).numpy() * 255).astype(np.uint8)
    picture = np.ascontiguousarray(picture)
    for keypoints, thickness, colour in skeletons:
        array = keypoints.detach().cpu().numpy()
        draw_skeleton(picture, array, format, thickness, colour)
    return picture
