"""A small backbone that trains and runs on a CPU."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from human_capture.pose3d.networks.backbone import (
    Backbone,
    ImageFeatures,
    Residual2d,
)


class CompactBackbone(Backbone):
    """Residual encoder, then upsampling with lateral connections; maps at stride 4.

    A stem of two strided 3 x 3 convolutions costs a third of the usual 7 x 7 stem on a
    CPU. The lateral connections keep the maps sharp although the decoder is thin.

    Args:
        joints: How many heat maps.
        stem: Channels at stride 2.
        widths: Channels of the encoder stages, at strides 4, 8, 16 and 32.
        blocks: Residual blocks of each stage.
        decoder: Channels of the decoder at strides 16, 8 and 4.
        image_size: Width and height of the crops it is meant for, in pixels.
    """

    mean: Tensor

    def __init__(
        self,
        joints: int = 17,
        stem: int = 16,
        widths: Sequence[int] = (32, 64, 128, 192),
        blocks: Sequence[int] = (1, 1, 2, 1),
        decoder: Sequence[int] = (96, 64, 48),
        image_size: int = 128,
    ) -> None:
        super().__init__()
        self.joints, self.feature_channels = joints, decoder[-1]
        self.deep_channels, self.image_size = widths[-1], image_size
        self.register_buffer(
            "mean", torch.tensor([0.45, 0.44, 0.42]).view(3, 1, 1), persistent=False
        )
        self.stem = nn.Sequential(
            *_convolution(3, stem, stride=2), *_convolution(stem, widths[0], stride=2)
        )
        self.encoder = nn.ModuleList()
        channels = widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            first = Residual2d(channels, width, 1 if stage == 0 else 2)
            rest = [Residual2d(width, width) for _ in range(count - 1)]
            self.encoder.append(nn.Sequential(first, *rest))
            channels = width
        self.upsamplers, self.laterals = nn.ModuleList(), nn.ModuleList()
        for width, skip in zip(decoder, reversed(widths[:-1]), strict=True):
            self.upsamplers.append(_upsampling(channels, width))
            self.laterals.append(nn.Conv2d(skip, width, 1))
            channels = width
        self.heatmaps = nn.Conv2d(channels, joints, 1)
        nn.init.normal_(self.heatmaps.weight, std=0.01)

    def forward(self, images: Float[Tensor, "sample 3 height width"]) -> ImageFeatures:
        """Heat maps and features; height and width are multiples of 32."""
        x: Tensor = self.stem(4 * (images - self.mean))
        stages: list[Tensor] = []
        for stage in self.encoder:
            x = stage(x)
            stages.append(x)
        skips = reversed(stages[:-1])
        for up, lateral, skip in zip(
            self.upsamplers, self.laterals, skips, strict=True
        ):
            x = (up(x) + lateral(skip)).relu()
        return ImageFeatures(self.heatmaps(x).float(), x, stages[-1])


def _convolution(inputs: int, outputs: int, stride: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _upsampling(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False),
        nn.BatchNorm2d(outputs),
    )
