"""A small backbone that knows real people: the network behind the default detector.

BlazePose's landmark network (Bazarevsky et al., https://arxiv.org/abs/2006.10204) was
trained on tens of thousands of photographs. Its encoder and its heat-map decoder are
rebuilt here in torch, so that they can be trained further; the file that they start
from, ``pose_landmark_full.tflite``, comes inside ``mediapipe==0.10.14`` (Apache-2.0).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import interpolate

from human_capture.common.detectors.parameters import Convolution, read_convolutions
from human_capture.common.errors import InputError
from human_capture.common.keypoints import HUMAN36M, KeypointFormat, keypoint_format
from human_capture.pose3d.networks.backbone import Backbone, ImageFeatures

WEIGHTS = "pose_landmark_full.tflite"
_MASK = 2, 11  # convolutions of its mask decoder, which is left out: early and late


class BlazePoseBackbone(Backbone):
    """Inverted residuals down to stride 32, then sums of four scales; maps at stride 4.

    The detector's network adds the scales up and no more. Here a block follows each
    sum, which begins as the identity and learns to let one scale correct another.
    1.7 million parameters, 0.24 G multiplications for 192 x 192 pixels, no
    normalisation layers. It works on smaller crops than it was made for, down to about
    160 x 160.

    Train it with the encoder frozen or at a small share of the learning rate: what it
    knows of people is quickly forgotten otherwise.

    Args:
        joints: How many heat maps.
        image_size: Width and height of the crops it is meant for, in pixels.
    """

    def __init__(self, joints: int = 17, image_size: int = 192) -> None:
        super().__init__()
        self.joints, self.image_size = joints, image_size
        self.feature_channels, self.deep_channels = 48, 864
        self.stem = nn.Sequential(
            *_convolution(3, 24, 3, stride=2),
            *_convolution(24, 24, 3, groups=24),
            nn.Conv2d(24, 16, 1),
        )
        self.stages = nn.ModuleList(
            (
                _stage((16, 64, 24, 3), (24, 144, 24, 3)),
                _stage((24, 144, 32, 5), (32, 192, 32, 5)),
                _stage(
                    (32, 192, 64, 3),
                    *[(64, 384, 64, 3)] * 2,
                    (64, 384, 88, 5),
                    *[(88, 528, 88, 5)] * 2,
                ),
                _stage((88, 528, 144, 5), *[(144, 864, 144, 5)] * 3),
            )
        )
        self.deep = nn.Sequential(
            *_convolution(144, 864, 1), *_convolution(864, 864, 3, groups=864)
        )
        self.laterals = nn.ModuleList(
            nn.Sequential(
                *_convolution(channels, channels, 3, groups=channels),
                *_convolution(channels, self.feature_channels, 1),
            )
            for channels in (24, 32, 88, self.deep_channels)
        )
        self.refine = nn.ModuleList(
            InvertedResidual(self.feature_channels, 144, self.feature_channels, 5)
            for _ in range(3)
        )
        for block in self.refine:  # they begin as what is not there
            for parameter in _convolutions(block)[-1].parameters():
                nn.init.zeros_(parameter)
        self.heatmaps = nn.Conv2d(self.feature_channels, joints, 1)
        nn.init.normal_(self.heatmaps.weight, std=0.01)
        self.to(memory_format=torch.channels_last)  # twice as fast on a CPU

    def forward(self, images: Float[Tensor, "sample 3 height width"]) -> ImageFeatures:
        """Heat maps and features; height and width are multiples of 32."""
        x = self.stem(images.contiguous(memory_format=torch.channels_last))
        scales: list[Tensor] = []
        for stage in self.stages:
            x = stage(x)
            scales.append(x)
        deep = self.deep(scales.pop())
        features: Tensor = self.laterals[-1](deep)
        for lateral, block in zip(
            reversed(self.laterals[:-1]), self.refine, strict=True
        ):
            features = block(_doubled(features) + lateral(scales.pop()))
        return ImageFeatures(self.heatmaps(features).float(), features, deep)

    def load_tflite(
        self, path: str | Path, format: KeypointFormat | None = HUMAN36M
    ) -> None:
        """Start from what the detector's network has learned.

        Args:
            path: ``pose_landmark_full.tflite``.
            format: What the heat maps mean. Joints that BlazePose has too start from
                its heat maps; with None there must be 39, its own.

        Raises:
            InputError: The file holds another network.
        """
        found = iter(read_convolutions(path))
        try:
            for layer in self._in_file_order():
                convolution = next(found)
                if layer is not None:
                    _fill(layer, convolution)
            for _ in range(_MASK[1]):
                next(found)
            self._fill_heatmaps(next(found), format)
        except (StopIteration, ValueError) as error:
            raise InputError(
                f"{str(path)!r} is another network than {WEIGHTS!r}, which this "
                "backbone starts from."
            ) from error

    def _in_file_order(self) -> Iterator[nn.Conv2d | None]:
        """Every convolution but the heat maps'; None where the mask decoder has one.

        A scale's lateral comes after the next stage's first convolution.
        """
        yield from _convolutions(self.stem)
        for number, stage in enumerate(self.stages):
            first, *rest = _convolutions(stage)
            yield first
            if number == 0:
                yield from [None] * _MASK[0]
            else:
                yield from _convolutions(self.laterals[number - 1])
            yield from rest
        yield from _convolutions(self.deep)
        yield from _convolutions(self.laterals[-1])

    @torch.no_grad()
    def _fill_heatmaps(
        self, convolution: Convolution, format: KeypointFormat | None
    ) -> None:
        if format is None:
            _fill(self.heatmaps, convolution)
            return
        blazepose = keypoint_format("blazepose33").joints
        assert self.heatmaps.bias is not None
        for joint, name in enumerate(format.joints):
            name = _ALIKE.get(name, name)
            if name in blazepose:
                source = blazepose.index(name)
                self.heatmaps.weight[joint] = convolution.weight[source]
                self.heatmaps.bias[joint] = convolution.bias[source]


_ALIKE = {  # a few centimetres apart, near enough to start from
    "left_hip_centre": "left_hip",
    "right_hip_centre": "right_hip",
    "neck_nose": "nose",
}


class InvertedResidual(nn.Module):
    """Widen, convolve each channel by itself, narrow (Sandler et al., CVPR 2018).

    Args:
        inputs: Channels that come in.
        width: Channels in between.
        outputs: Channels that go out.
        kernel: Of the depthwise convolution.
        stride: Of the depthwise convolution.
    """

    def __init__(
        self, inputs: int, width: int, outputs: int, kernel: int, stride: int = 1
    ) -> None:
        super().__init__()
        self.shortcut = stride == 1 and inputs == outputs
        self.branch = nn.Sequential(
            *_convolution(inputs, width, 1),
            *_convolution(width, width, kernel, stride, groups=width),
            nn.Conv2d(width, outputs, 1),
        )

    def forward(
        self, inputs: Float[Tensor, "sample inputs row column"]
    ) -> Float[Tensor, "sample outputs new_row new_column"]:
        """The block's output."""
        result: Tensor = self.branch(inputs)
        return inputs + result if self.shortcut else result


def _stage(*blocks: tuple[int, int, int, int]) -> nn.Sequential:
    """Inverted residuals, the first with stride 2."""
    return nn.Sequential(
        *(
            InvertedResidual(*block, stride=2 if number == 0 else 1)
            for number, block in enumerate(blocks)
        )
    )


def _convolution(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> tuple[nn.Module, ...]:
    padding = kernel // 2
    layer = nn.Conv2d(inputs, outputs, kernel, stride, padding, groups=groups)
    return layer, nn.ReLU6(inplace=True)


def _doubled(features: Tensor) -> Tensor:
    return interpolate(features, scale_factor=2, mode="bilinear", align_corners=False)


def _convolutions(module: nn.Module) -> Sequence[nn.Conv2d]:
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]


@torch.no_grad()
def _fill(layer: nn.Conv2d, convolution: Convolution) -> None:
    if layer.weight.shape != convolution.weight.shape:
        raise ValueError("another network")
    assert layer.bias is not None
    layer.weight.copy_(convolution.weight)
    layer.bias.copy_(convolution.bias)
