"""Errors of motion over time: acceleration, jitter of people who stand still, sliding.

Predictions are in metres, results in millimetres a frame (or a frame squared), so they
depend on the frame rate. Every state is a sum, so the result is the same however the
samples are split over processes.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torchmetrics import Metric


class _Mean(Metric):
    """Mean of some numbers, in millimetres."""

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    total: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        zero = torch.zeros((), dtype=torch.float64)
        self.add_state("total", zero.clone(), dist_reduce_fx="sum")
        self.add_state("count", zero.clone(), dist_reduce_fx="sum")

    def _add(self, metres: Tensor, counts: Tensor) -> None:
        self.total += torch.where(counts, metres, 0.0).sum().to(self.total)
        self.count += counts.sum().to(self.count)

    def compute(self) -> Float[Tensor, ""]:
        """The mean; NaN if nothing counted."""
        return (1000 * self.total / self.count).float()


class AccelerationError(_Mean):
    """Mean difference of the joints' accelerations, in mm/frame².

    As in Kanazawa et al. (CVPR 2019): second differences over three frames.
    """

    def update(
        self,
        predicted: Float[Tensor, "batch frame joint 3"],
        target: Float[Tensor, "batch frame joint 3"],
    ) -> None:
        """Add sequences.

        Args:
            predicted: Joints to judge, in metres.
            target: The truth, in metres.
        """
        difference = (predicted - target).diff(n=2, dim=1).norm(dim=-1)
        self._add(difference, torch.ones_like(difference, dtype=torch.bool))


class StillJitter(_Mean):
    """Mean movement of joints that are really still, in mm/frame.

    Args:
        still_mm: A joint that truly moves less than this a frame, and did so in
            the frames just before, is still.
        since: How many frames it must have been still.
    """

    def __init__(self, still_mm: float = 2.0, since: int = 5) -> None:
        super().__init__()
        self.still_mm, self.since = still_mm, since

    def update(
        self,
        predicted: Float[Tensor, "batch frame joint 3"],
        target: Float[Tensor, "batch frame joint 3"],
    ) -> None:
        """Add sequences.

        Args:
            predicted: Joints to judge, in metres.
            target: The truth, in metres.
        """
        steps = 1000 * target.diff(dim=1).norm(dim=-1)
        calm = (steps < self.still_mm).unfold(1, self.since, 1).all(-1)
        moved = predicted.diff(dim=1).norm(dim=-1)[:, self.since - 1 :]
        self._add(moved, calm)


class FootSliding(_Mean):
    """Mean movement of feet that stand on the ground, in mm/frame."""

    def update(
        self,
        predicted: Float[Tensor, "batch frame point 3"],
        contact: Bool[Tensor, "batch frame point"],
    ) -> None:
        """Add sequences.

        Args:
            predicted: Points of the feet where the camera does not move with them, in
                metres.
            contact: Which of them truly stand on the ground.
        """
        moved = predicted.diff(dim=1).norm(dim=-1)
        self._add(moved, contact[:, 1:] & contact[:, :-1])
