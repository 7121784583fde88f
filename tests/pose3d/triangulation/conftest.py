"""A backbone that knows the answer: heat maps with Gaussians at given pixels."""

from dataclasses import dataclass

import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.common.rigs import ring
from human_capture.pose3d.heatmaps import gaussian
from human_capture.pose3d.networks.backbone import Backbone, ImageFeatures

SIZE, STRIDE, JOINTS = 64, 4, 5


class Oracle(Backbone):
    """Gives heat maps of key points set beforehand, whatever the images show."""

    def __init__(self, features: int = 3) -> None:
        super().__init__()
        self.joints, self.feature_channels, self.deep_channels = JOINTS, features, 6
        self.keypoints = torch.zeros(0, JOINTS, 2)
        self.scale = torch.nn.Parameter(torch.tensor(1.0))

    def forward(self, images: torch.Tensor) -> ImageFeatures:
        cells = SIZE // STRIDE
        bumps = gaussian(self.keypoints / STRIDE, cells, cells, 0.8)
        maps = self.scale * (bumps + 1e-9).log()
        features = maps[:, : self.feature_channels]
        deep = torch.ones(len(images), self.deep_channels, 2, 2)
        return ImageFeatures(maps, features, deep)


@dataclass(frozen=True)
class Scene:
    """People seen by crops of four cameras, and a backbone that finds them."""

    joints: torch.Tensor
    cameras: Cameras
    images: torch.Tensor
    backbone: Oracle

    @property
    def keypoints(self) -> torch.Tensor:
        return self.backbone.keypoints.reshape(*self.images.shape[:2], JOINTS, 2)

    def shift(self, view: int, pixels: float) -> None:
        """Let the backbone be wrong in one view."""
        moved = self.keypoints.clone()
        moved[:, view] += pixels
        self.backbone.keypoints = moved.flatten(0, 1)


@pytest.fixture
def scene() -> Scene:
    generator = torch.Generator().manual_seed(0)
    joints = 0.25 * torch.randn(2, JOINTS, 3, generator=generator)
    joints = joints + torch.tensor([0.1, 0.0, 1.0])
    cameras = ring(4, width=SIZE, focal_over_width=1.4)
    cameras = cameras[None].map(lambda tensor: tensor.expand(2, *tensor.shape[1:]))
    backbone = Oracle()
    pixels, _ = cameras.project(joints[:, None])
    backbone.keypoints = pixels.flatten(0, 1)
    images = torch.zeros(2, 4, 3, SIZE, SIZE)
    return Scene(joints, cameras, images, backbone)
