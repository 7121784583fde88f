"""Pictures of views with their skeletons, for trackers and READMEs."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.images import to_bytes, to_tensor
from human_capture.common.keypoints import KeypointFormat
from human_capture.pose3d.estimate import PoseEstimate
from human_capture.pose3d.outputs.skeleton_drawing import (
    draw_detection,
    draw_reprojection,
)
from human_capture.pose3d.views import Views


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
            _draw(view, truth, guess, format)
            for view, truth, guess in zip(
                views.with_float_images().images[person],
                views.keypoints[person],
                found[person],
                strict=True,
            )
        ]
        strips.append(np.concatenate(strip, 1))
    return to_tensor(np.stack(strips))


def reproject(
    cameras: Cameras, points: Float[Tensor, "batch joint 3"]
) -> tuple[Float[Tensor, "batch view joint 2"], Float[Tensor, "batch view joint"]]:
    """Pixels and depths of 3D joints in every view."""
    return cameras.project(points.detach()[:, None])


def _draw(
    image: Tensor, truth: Tensor, guess: Tensor, format: KeypointFormat
) -> UInt8[np.ndarray, "height width 3"]:
    picture = np.ascontiguousarray(to_bytes(image.detach().cpu()))
    draw_reprojection(picture, guess.detach().cpu().numpy(), format, 0, 2)
    draw_detection(picture, truth.cpu().numpy(), [True] * len(format), format)
    return picture
