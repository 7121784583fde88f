"""Metrics of captured people, as torchmetrics classes."""

from human_capture.common.metrics.keypoints import MPJPE, PCK, Alignment, joint_errors

__all__ = ["MPJPE", "PCK", "Alignment", "joint_errors"]
