"""Algebraic learnable triangulation (Iskakov et al., ICCV 2019, section 3.1)."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from human_capture.common.cameras import Cameras
from human_capture.pose3d.estimate import PoseEstimate
from human_capture.pose3d.networks.backbone import Backbone
from human_capture.pose3d.networks.confidence import ConfidenceHead
from human_capture.pose3d.triangulation.evidence import (
    ViewEvidence,
    joint_validity,
    see,
)
from human_capture.pose3d.triangulation.linear import Triangulated, triangulate


class AlgebraicTriangulation(nn.Module):
    """Soft-argmax in every view, then triangulation weighted by learned confidences.

    Args:
        backbone: The 2D network.
        confidence: Predicts how much each view counts in each joint; None weighs all
            views alike.
        temperature: Of the softmax over each heat map; 100 for the authors' weights.
        half_pixel: Cell centres at +0.5; False for the authors' weights.
    """

    def __init__(
        self,
        backbone: Backbone,
        confidence: ConfidenceHead | None = None,
        temperature: float = 1.0,
        half_pixel: bool = True,
    ) -> None:
        super().__init__()
        self.backbone, self.confidence = backbone, confidence
        self.temperature, self.half_pixel = temperature, half_pixel

    def forward(
        self,
        images: Float[Tensor, "batch view 3 height width"],
        cameras: Cameras,
        valid: Bool[Tensor, "batch view"] | None = None,
    ) -> PoseEstimate:
        """3D joints of one person in each batch element.

        Args:
            images: Crops of the person, RGB in [0, 1].
            cameras: Of the crops, batch axes (batch, view).
            valid: Views that exist; any number of them may be missing.
        """
        evidence = see(
            self.backbone, images, self.temperature, half_pixel=self.half_pixel
        )
        return self.estimate(evidence, cameras, valid)

    def estimate(
        self,
        evidence: ViewEvidence,
        cameras: Cameras,
        valid: Bool[Tensor, "batch view"] | None = None,
    ) -> PoseEstimate:
        """3D joints from evidence that is already there."""
        present = joint_validity(valid, evidence.keypoints)
        weights = torch.ones_like(evidence.keypoints[..., 0])
        if self.confidence is not None:
            weights = self.confidence(evidence.image).reshape(present.shape)
        weights = weights * present
        result = triangulate(evidence.keypoints, cameras, weights, present)
        return estimate_from(result, evidence, cameras, weights)


def estimate_from(
    result: Triangulated,
    evidence: ViewEvidence,
    cameras: Cameras,
    weights: Float[Tensor, "batch view joint"],
) -> PoseEstimate:
    """An estimate whose covariance is scaled by the reprojection residuals.

    The unit covariance is multiplied by the weighted mean square residual, in square
    pixels, shrunk towards one heat-map cell as if two more views had measured that.
    """
    pixels, _ = cameras.project(result.points[:, None])
    squared = (pixels - evidence.keypoints).square().sum(-1).detach()
    share = (weights / weights.amax(1, keepdim=True).clamp_min(1e-8)).detach().square()
    cell = evidence.scale.mean().square()
    noise = ((share * squared).sum(1) + 2 * cell) / (share.sum(1) + 2)
    return PoseEstimate(
        result.points,
        result.covariance.detach() * noise[..., None, None],
        result.valid,
        result.condition,
        evidence.keypoints,
        weights,
        evidence.heatmaps,
    )
