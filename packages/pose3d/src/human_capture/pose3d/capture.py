"""Captured motion: what every way of recording people ends in."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.common.keypoints import KeypointFormat


@dataclass(frozen=True)
class Evidence:
    """How the views support a captured motion.

    Attributes:
        views: Names of the cameras.
        keypoints: 2D key points, in pixels of each camera; NaN where not seen.
        confidence: Of the 2D key points, in [0, 1].
        reprojection_error: Distance between each 2D key point and the reprojected 3D
            joint, in pixels; NaN where there is no 2D key point.
        used: Which 2D key points the 3D joints rest on.
    """

    views: tuple[str, ...]
    keypoints: Float[Tensor, "person frame view joint 2"]
    confidence: Float[Tensor, "person frame view joint"]
    reprojection_error: Float[Tensor, "person frame view joint"]
    used: Bool[Tensor, "person frame view joint"]


@dataclass(frozen=True)
class Capture:
    """3D motion of one or several people.

    Attributes:
        format: Which joints, in which order.
        fps: Frames a second.
        points: World positions, in metres; NaN where unknown.
        confidence: Of the 3D joints, in [0, 1]; 0 where unknown.
        filled: Joints that were interpolated over a gap.
        evidence: The 2D side of it; None when only the motion is known.
    """

    format: KeypointFormat
    fps: float
    points: Float[Tensor, "person frame joint 3"]
    confidence: Float[Tensor, "person frame joint"]
    filled: Bool[Tensor, "person frame joint"]
    evidence: Evidence | None = None
