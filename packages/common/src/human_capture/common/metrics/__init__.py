"""Metrics of captured people, as torchmetrics classes."""

from human_capture.common.metrics.keypoints import MPJPE, PCK, Alignment, joint_errors
from human_capture.common.metrics.motion import (
    AccelerationError,
    FootSliding,
    StillJitter,
)

__all__ = [
    "MPJPE",
    "PCK",
    "AccelerationError",
    "Alignment",
    "FootSliding",
    "StillJitter",
    "joint_errors",
]
