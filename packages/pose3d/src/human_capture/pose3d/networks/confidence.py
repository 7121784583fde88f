"""How much each view's evidence should count, predicted from that view alone."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from human_capture.pose3d.networks.backbone import ImageFeatures


class ConfidenceHead(nn.Module, ABC):
    """A network from image features to one number in (0, 1) an output."""

    @abstractmethod
    def forward(self, image: ImageFeatures) -> Float[Tensor, "sample output"]:
        """Confidences of every image."""


class PooledConfidence(ConfidenceHead):
    """The official head: convolutions, global pooling, three linear layers.

    Iskakov et al. (ICCV 2019), section 3.1; about 10.9 M parameters on ResNet-152.

    Args:
        deep_channels: Channels of the encoder's last layer.
        outputs: Joints (algebraic) or volume channels (volumetric).
    """

    def __init__(self, deep_channels: int = 2048, outputs: int = 17) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(deep_channels, 512, 3, padding=1),
            nn.BatchNorm2d(512),
            nn.MaxPool2d(2),
            nn.ReLU(inplace=True),
            nn.Conv2d(512, 256, 3, padding=1),
            nn.BatchNorm2d(256),
            nn.MaxPool2d(2),
            nn.ReLU(inplace=True),
        )
        self.head = nn.Sequential(
            nn.Linear(256, 512),
            nn.ReLU(inplace=True),
            nn.Linear(512, 256),
            nn.ReLU(inplace=True),
            nn.Linear(256, outputs),
            nn.Sigmoid(),
        )

    def forward(self, image: ImageFeatures) -> Float[Tensor, "sample output"]:
        """Confidences of every image."""
        confidences: Tensor = self.head(self.features(image.deep).mean((-2, -1)))
        return confidences.float()


class HeatmapConfidence(ConfidenceHead):
    """A small head that also sees how peaked each heat map is.

    Args:
        deep_channels: Channels of the encoder's last layer.
        joints: Heat maps that come in.
        outputs: Numbers that go out; as many as joints when absent.
        width: Hidden units.
    """

    def __init__(
        self,
        deep_channels: int = 192,
        joints: int = 17,
        outputs: int | None = None,
        width: int = 128,
    ) -> None:
        super().__init__()
        last = nn.Linear(width, joints if outputs is None else outputs)
        nn.init.zeros_(last.weight)
        nn.init.ones_(last.bias)
        self.head = nn.Sequential(
            nn.Linear(deep_channels + 4 * joints, width), nn.ReLU(), last, nn.Sigmoid()
        )

    def forward(self, image: ImageFeatures) -> Float[Tensor, "sample output"]:
        """Confidences of every image; no gradient reaches the heat maps."""
        logits = image.heatmaps.detach().flatten(2).float()
        probability = logits.softmax(-1)
        statistics = (
            probability.amax(-1),
            probability.square().sum(-1),
            -(probability * (probability + 1e-9).log()).sum(-1) / 7,
            logits.amax(-1) / 20,
        )
        pooled = image.deep.mean((-2, -1)).float()
        confidences: Tensor = self.head(torch.cat((pooled, *statistics), 1))
        return confidences
