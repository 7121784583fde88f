"""Errors of 3D key points: MPJPE and its aligned variants, and PCK.

``absolute`` compares world positions. ``root`` first moves both skeletons' roots to
the origin (the root's own zero stays in the mean, as in the published tables of
Human3.6M). ``scale`` also fits one scale factor a pose (N-MPJPE, Rhodin et al., CVPR
2018), ``procrustes`` a whole similarity (PA-MPJPE, "protocol 2").

Predictions are in metres, results in millimetres. Every state is a sum, so the result
is the same however the samples are split over processes.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torchmetrics import Metric

from human_capture.common.keypoints import KeypointFormat
from human_capture.common.rigid import align

Alignment = Literal["absolute", "root", "scale", "procrustes"]


def joint_errors(
    predicted: Float[Tensor, "*batch joint 3"],
    target: Float[Tensor, "*batch joint 3"],
    format: KeypointFormat,
    alignment: Alignment = "absolute",
    valid: Bool[Tensor, "*batch joint"] | None = None,
) -> Float[Tensor, "*batch joint"]:
    """Distances between joints after alignment, in the unit of the input.

    Args:
        predicted: Joints to judge.
        target: The truth.
        format: Tells the root.
        alignment: What is taken out before; see the module.
        valid: Joints that an alignment may rest on; all when absent.
    """
    if alignment == "procrustes":
        predicted = align(predicted, target, valid)
    elif alignment != "absolute":
        predicted = predicted - format.root_of(predicted)
        target = target - format.root_of(target)
        if alignment == "scale":
            predicted = predicted * _best_scale(predicted, target, valid)
    errors: Tensor = torch.linalg.vector_norm(predicted - target, dim=-1)
    return errors


def _best_scale(predicted: Tensor, target: Tensor, valid: Tensor | None) -> Tensor:
    if valid is not None:
        predicted = predicted * valid[..., None]
    overlap = (predicted * target).sum((-2, -1), keepdim=True)
    return overlap / predicted.square().sum((-2, -1), keepdim=True).clamp_min(1e-12)


class _JointSums(Metric):
    """Sums of a per-joint number, for each action and joint."""

    is_differentiable = False
    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(
        self,
        format: KeypointFormat,
        alignment: Alignment = "absolute",
        actions: int = 1,
    ) -> None:
        super().__init__()
        self.format, self.alignment = format, alignment
        zeros = torch.zeros(actions, len(format), dtype=torch.float64)
        self.add_state("total", zeros.clone(), dist_reduce_fx="sum")
        self.add_state("count", zeros.clone(), dist_reduce_fx="sum")

    @abstractmethod
    def _measure(self, errors: Tensor) -> Tensor:
        """What is averaged, from distances in metres."""

    def update(
        self,
        predicted: Float[Tensor, "batch joint 3"],
        target: Float[Tensor, "batch joint 3"],
        valid: Bool[Tensor, "batch joint"] | None = None,
        action: Int[Tensor, " batch"] | None = None,
    ) -> None:
        """Add poses.

        Args:
            predicted: Joints to judge, in metres.
            target: The truth, in metres.
            valid: Joints that count; all when absent.
            action: Number of each pose's action, below ``actions``; 0 when absent.
        """
        errors = joint_errors(predicted, target, self.format, self.alignment, valid)
        if valid is None:
            valid = torch.ones_like(errors, dtype=torch.bool)
        if action is None:
            action = torch.zeros(len(errors), dtype=torch.long, device=errors.device)
        measured = torch.where(valid, self._measure(errors), 0.0).to(self.total)
        self.total.index_add_(0, action, measured)
        self.count.index_add_(0, action, valid.to(self.count))

    def compute(self) -> Float[Tensor, ""]:
        """Mean over all joints of all poses."""
        return (self.total.sum() / self.count.sum()).float()

    def per_joint(self) -> Float[Tensor, " joint"]:
        """Mean of each joint over all poses of this process."""
        return (self.total.sum(0) / self.count.sum(0)).float()

    def per_action(self) -> Float[Tensor, " action"]:
        """Mean of each action over all joints, NaN where an action has no pose."""
        return (self.total.sum(1) / self.count.sum(1)).float()


class MPJPE(_JointSums):
    """Mean per-joint position error, in millimetres.

    Args:
        format: Key-point format of predictions and targets.
        alignment: ``absolute``, ``root`` (root-relative MPJPE), ``scale`` (N-MPJPE)
            or ``procrustes`` (PA-MPJPE).
        actions: How many actions :meth:`per_action` distinguishes.
    """

    higher_is_better = False

    def _measure(self, errors: Tensor) -> Tensor:
        return 1000 * errors


class PCK(_JointSums):
    """Share of joints closer than a threshold to the truth, in [0, 1].

    Args:
        format: Key-point format of predictions and targets.
        threshold_mm: Largest error of a correct joint, in millimetres.
        alignment: As in :class:`MPJPE`.
        actions: As in :class:`MPJPE`.
    """

    higher_is_better = True

    def __init__(
        self,
        format: KeypointFormat,
        threshold_mm: float = 150.0,
        alignment: Alignment = "root",
        actions: int = 1,
    ) -> None:
        super().__init__(format, alignment, actions)
        self.threshold_mm = threshold_mm

    def _measure(self, errors: Tensor) -> Tensor:
        return (1000 * errors < self.threshold_mm).to(errors)
