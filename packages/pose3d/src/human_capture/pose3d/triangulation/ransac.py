"""The baseline without learning beyond the backbone: RANSAC over pairs of views."""

from __future__ import annotations

from jaxtyping import Bool, Float
from torch import Tensor, nn

from human_capture.common.cameras import Cameras
from human_capture.pose3d.estimate import PoseEstimate
from human_capture.pose3d.networks.backbone import Backbone
from human_capture.pose3d.triangulation.algebraic import estimate_from
from human_capture.pose3d.triangulation.evidence import (
    ViewEvidence,
    joint_validity,
    see,
)
from human_capture.pose3d.triangulation.robust import triangulate_robustly


class RansacTriangulation(nn.Module):
    """Heat-map maxima, all pairs of views as hypotheses, Huber refinement.

    Args:
        backbone: The 2D network.
        threshold: Largest reprojection error of an inlier, as a share of the image
            width. The authors' threshold is 30 of 384 pixels.
    """

    def __init__(self, backbone: Backbone, threshold: float = 30 / 384) -> None:
        super().__init__()
        self.backbone, self.threshold = backbone, threshold

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
        return self.estimate(see(self.backbone, images, hard=True), cameras, valid)

    def estimate(
        self,
        evidence: ViewEvidence,
        cameras: Cameras,
        valid: Bool[Tensor, "batch view"] | None = None,
    ) -> PoseEstimate:
        """3D joints from evidence that is already there."""
        present = joint_validity(valid, evidence.keypoints)
        width = evidence.scale[0] * evidence.probability.shape[-1]
        robust = triangulate_robustly(
            evidence.keypoints,
            cameras,
            valid=present,
            threshold=float(width) * self.threshold,
        )
        weights = robust.inliers.to(evidence.keypoints)
        return estimate_from(robust.result, evidence, cameras, weights)
