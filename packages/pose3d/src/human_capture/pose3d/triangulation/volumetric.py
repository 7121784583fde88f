"""Volumetric learnable triangulation (Iskakov et al., ICCV 2019, section 3.2)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from human_capture.common.cameras import Cameras
from human_capture.common.fusion import fuse
from human_capture.common.volumes import Aggregation, cube_grid, soft_argmax_3d
from human_capture.pose3d.estimate import PoseEstimate
from human_capture.pose3d.networks.backbone import Backbone
from human_capture.pose3d.networks.confidence import ConfidenceHead
from human_capture.pose3d.networks.v2v import V2V
from human_capture.pose3d.triangulation.evidence import (
    ViewEvidence,
    joint_validity,
    see,
)
from human_capture.pose3d.triangulation.fine_grid import FineGrid
from human_capture.pose3d.triangulation.linear import triangulate

_DOUBT = 1e-4
"""Probability that a joint is in any one cell whatever its heat map says."""


class VolumetricTriangulation(nn.Module):
    """Features of all views in one volume around the person, read by a 3D network.

    Args:
        backbone: The 2D network.
        volume_network: From aggregated features to joint logits.
        channels: Features a voxel, besides heat maps if those are used.
        side: Edge of the volume, in metres.
        points: Grid points along an edge.
        root: Joints whose mean is the middle of the volume; the pelvis is 6.
        aggregation: How views are combined.
        confidence: Weights of each view and channel, for ``confidence``.
        prior: Start of a learned factor on the sum of the views' log heat maps, which
            is then added to the network's output; None leaves the heat maps out, as
            the authors do. With it, the network learns a correction only.
        official: Sampling conventions of the authors' weights.
        fine: Looks again around each joint, where voxels are coarse; needs ``prior``.
    """

    def __init__(
        self,
        backbone: Backbone,
        volume_network: V2V,
        channels: int = 32,
        side: float = 2.5,
        points: int = 64,
        root: tuple[int, ...] = (6,),
        aggregation: Aggregation = "softmax",
        confidence: ConfidenceHead | None = None,
        prior: float | None = None,
        official: bool = False,
        fine: FineGrid | None = None,
    ) -> None:
        super().__init__()
        if fine is not None and prior is None:
            raise ValueError("A fine grid needs the heat maps, so a prior.")
        if (aggregation == "confidence") != (confidence is not None):
            raise ValueError("A confidence head goes with aggregation 'confidence'.")
        self.backbone, self.volume_network = backbone, volume_network
        self.process_features = nn.Conv2d(backbone.feature_channels, channels, 1)
        self.side, self.points, self.root = side, points, root
        self.aggregation, self.confidence = aggregation, confidence
        self.official, self.fine = official, fine
        self.sharpness: nn.Parameter | None = None
        if prior is not None:
            self.sharpness = nn.Parameter(torch.tensor(prior))
            nn.init.zeros_(volume_network.output.weight)

    def forward(
        self,
        images: Float[Tensor, "batch view 3 height width"],
        cameras: Cameras,
        valid: Bool[Tensor, "batch view"] | None = None,
        centre: Float[Tensor, "batch 3"] | None = None,
        angle: Float[Tensor, " batch"] | None = None,
    ) -> PoseEstimate:
        """3D joints of one person in each batch element.

        Args:
            images: Crops of the person, RGB in [0, 1].
            cameras: Of the crops, batch axes (batch, view).
            valid: Views that exist; any number of them may be missing.
            centre: Middle of the volume, in metres. When absent it is triangulated
                from the heat maps, which takes two views; a single view needs it.
            angle: Turn of the volume about the vertical, in radians (augmentation).
        """
        evidence = see(self.backbone, images, half_pixel=not self.official)
        return self.estimate(evidence, cameras, valid, centre, angle)

    def estimate(
        self,
        evidence: ViewEvidence,
        cameras: Cameras,
        valid: Bool[Tensor, "batch view"] | None = None,
        centre: Float[Tensor, "batch 3"] | None = None,
        angle: Float[Tensor, " batch"] | None = None,
    ) -> PoseEstimate:
        """3D joints from evidence that is already there."""
        present = joint_validity(valid, evidence.keypoints)
        if centre is None:
            centre = self.find_centre(evidence, cameras, present)
        grid = cube_grid(centre, self.side, self.points, angle)
        features = self.process_features(evidence.image.features)
        maps = features.reshape(*present.shape[:2], *features.shape[1:])
        map_cameras = cameras.resize(1 / evidence.scale)
        volume = fuse(
            maps,
            map_cameras,
            grid,
            self.aggregation,
            self._confidences(evidence, present),
            present[:, :, 0],
            self.official,
        )
        exists, sharpness = present[:, :, 0], self.sharpness
        if sharpness is None:
            logits = self.volume_network(volume)
            points, covariance, log_volume = soft_argmax_3d(logits, grid)
        else:
            log_heatmaps = _log_heatmaps(evidence)
            # a view says nothing of what it misses
            prior = fuse(log_heatmaps, map_cameras, grid, "total", present=exists)
            said = self.volume_network(torch.cat((volume, 0.2 * prior), 1))
            points, covariance, log_volume = soft_argmax_3d(
                said + sharpness * prior, grid
            )
            if self.fine is not None:
                around = self.fine.around(points)
                prior = self.fine.fuse(log_heatmaps, map_cameras, around, exists)
                said = self.fine.interpolate(said, grid, around)
                points, covariance = self.fine.locate(said + sharpness * prior, around)
        return PoseEstimate(
            points,
            covariance.detach(),
            present.any(1),
            torch.ones_like(points[..., 0]),
            evidence.keypoints,
            present.to(points),
            evidence.heatmaps,
            log_volume,
            grid,
        )

    def find_centre(
        self,
        evidence: ViewEvidence,
        cameras: Cameras,
        present: Bool[Tensor, "batch view joint"],
    ) -> Float[Tensor, "batch 3"]:
        """The root joint, triangulated from the heat maps weighted by their peaks."""
        root = list(self.root)
        result = triangulate(
            evidence.keypoints[:, :, root].detach(),
            cameras,
            evidence.peaks[:, :, root].detach(),
            present[:, :, root],
        )
        return result.points.mean(1)

    def _confidences(self, evidence: ViewEvidence, present: Tensor) -> Tensor | None:
        if self.confidence is None:
            return None
        confidences: Tensor = self.confidence(evidence.image)
        return confidences.reshape(*present.shape[:2], -1)


def _log_heatmaps(
    evidence: ViewEvidence,
) -> Float[Tensor, "batch view joint row column"]:
    """Logarithm of the heat maps over that of an even one.

    No map is trusted entirely, so that one which is wrong does not outvote the others.
    """
    cells = evidence.probability[0, 0, 0].numel()
    return (evidence.probability + _DOUBT).log() + math.log(cells)
