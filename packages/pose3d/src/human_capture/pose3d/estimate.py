"""What every triangulation method answers."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True)
class PoseEstimate:
    """3D joints with their uncertainty, and what they rest on.

    Attributes:
        points: World positions, in metres.
        covariance: Of the positions, in square metres.
        valid: Whether the views determine the joint at all.
        condition: Condition number of the triangulation; 1 for volumetric methods.
        keypoints: 2D evidence of each view, in image pixels.
        view_confidence: How much each view counted, in [0, 1].
        heatmaps: Logits of each view, before the softmax.
        log_volume: Log-probability over voxels, for volumetric methods.
        grid: World positions of the voxels, in metres.
    """

    points: Float[Tensor, "batch joint 3"]
    covariance: Float[Tensor, "batch joint 3 3"]
    valid: Bool[Tensor, "batch joint"]
    condition: Float[Tensor, "batch joint"]
    keypoints: Float[Tensor, "batch view joint 2"]
    view_confidence: Float[Tensor, "batch view joint"]
    heatmaps: Float[Tensor, "batch view joint row column"]
    log_volume: Float[Tensor, "batch joint voxel"] | None = None
    grid: Float[Tensor, "batch x y z 3"] | None = None

    @property
    def confidence(self) -> Float[Tensor, "batch joint"]:
        """1 for a certain joint, 0.37 at a deviation of 10 cm, 0 if invalid."""
        spread = self.covariance.diagonal(dim1=-2, dim2=-1).mean(-1)
        certainty = (-spread.clamp_min(0).sqrt() / 0.1).exp()
        return torch.where(self.valid, certainty, 0.0)
