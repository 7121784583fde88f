"""What a 2D backbone gives: heat maps, features and a deep summary of each image."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn


@dataclass(frozen=True)
class ImageFeatures:
    """Output of a backbone for a stack of images.

    Attributes:
        heatmaps: Logits of each joint's position, before any softmax.
        features: What heat maps are made of, at their resolution.
        deep: The encoder's last layer.
    """

    heatmaps: Float[Tensor, "sample joint row column"]
    features: Float[Tensor, "sample channel row column"]
    deep: Float[Tensor, "sample deep deep_row deep_column"]


class Backbone(nn.Module, ABC):
    """A network from images to heat maps.

    Attributes:
        joints: How many heat maps.
        feature_channels: Channels of ``ImageFeatures.features``.
        deep_channels: Channels of ``ImageFeatures.deep``.
        image_size: Width and height of the crops it is meant for, in pixels.
    """

    joints: int
    image_size: int
    feature_channels: int
    deep_channels: int

    @abstractmethod
    def forward(self, images: Float[Tensor, "sample 3 height width"]) -> ImageFeatures:
        """Heat maps and features of RGB images in [0, 1]."""


class Residual2d(nn.Module):
    """Two 3 x 3 convolutions with a shortcut (He et al., CVPR 2016).

    Args:
        inputs: Channels that come in.
        outputs: Channels that go out.
        stride: Of the first convolution.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                nn.BatchNorm2d(outputs),
            )

    def forward(
        self, inputs: Float[Tensor, "sample inputs row column"]
    ) -> Float[Tensor, "sample outputs new_row new_column"]:
        """The block's output."""
        total: Tensor = self.branch(inputs) + self.shortcut(inputs)
        return total.relu()
