"""Networks for pictures of 64 to 128 pixels that train on a CPU."""

from __future__ import annotations

from itertools import pairwise

from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from human_capture.reenact.networks.discriminator import Discriminator
from human_capture.reenact.networks.family import Networks
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.identity_encoder import IdentityEncoder
from human_capture.reenact.networks.pose_encoder import PoseEncoder
from human_capture.reenact.networks.sizes import doublings

GRID = 6
"""Cells along each side that a :class:`GridEncoder` reads off: three quarters of 8, as
its border and its halvings leave them."""


def compact_networks(
    size: int = 128,
    identity: int = 128,
    pose: int = 64,
    width: int = 24,
    most: int = 192,
) -> Networks:
    """Networks that train on a CPU.

    Args:
        size: Width and height of the pictures, a power of two from 16 up, in pixels.
        identity: Numbers that say who it is.
        pose: Numbers that say how the head is held and what the face does.
        width: Channels at full size; they double whenever the size halves.
        most: Bound of the channels.
    """
    who = CompactEncoder(identity, size, width, most)
    how = GridEncoder(pose, size, max(width * 2 // 3, 8), most, dropout=0.2)
    return Networks(
        IdentityEncoder(identity, who),
        PoseEncoder(pose, how),
        Generator(identity, pose, size, width, most, eager=True),
        Discriminator(identity, size, width, most),
    )


class CompactEncoder(nn.Module):
    """Plain residual blocks down to 4 x 4 pixels, their mean, and one linear layer.

    The descriptor's numbers have a spread of one, so that it counts from the start.

    On a CPU, full convolutions of so few channels take less time than the depthwise
    ones of MobileNetV2.

    Args:
        outputs: Numbers of the descriptor.
        size: Width and height of the pictures, a power of two from 16 up, in pixels.
        width: Channels after the first convolution; they double at each block.
        most: Bound of the channels.
        dropout: Share of the numbers before the last layer that training leaves out.
    """

    def __init__(
        self,
        outputs: int,
        size: int = 128,
        width: int = 24,
        most: int = 256,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        widths = [min(width * 2**i, most) for i in range(doublings(size))]
        self.stem = nn.Sequential(*_stem(width))
        self.blocks = nn.Sequential(
            *(_halving_block(*pair) for pair in pairwise(widths)),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.last = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(widths[-1], outputs),
            nn.BatchNorm1d(outputs, affine=False),
        )

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch output"]:
        """The descriptor of every picture."""
        descriptors: Tensor = self.last(self.blocks(self.stem(images)))
        return descriptors


class GridEncoder(nn.Module):
    """Plain residual blocks over the middle of a picture, read off cell by cell.

    A mean over the picture forgets where things are, and that is what a pose consists
    of. The border, an eighth of each side, is left out: by the rule of ``crops`` the
    face hardly reaches it, even stretched and moved.

    Args:
        outputs: Numbers of the descriptor, with a spread of one.
        size: Width and height of the pictures, a power of two from 16 up, in pixels.
        width: Channels after the first convolution; they double at each block.
        most: Bound of the channels.
        cell: Numbers that are kept of each of the 6 x 6 cells.
        dropout: Share of these that training leaves out.
    """

    def __init__(
        self,
        outputs: int,
        size: int = 128,
        width: int = 16,
        most: int = 192,
        cell: int = 64,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        widths = [min(width * 2**i, most) for i in range(doublings(size) - 1)]
        self.blocks = nn.Sequential(
            *_stem(width), *(_halving_block(*pair) for pair in pairwise(widths))
        )
        self.cells = nn.Sequential(
            nn.Conv2d(widths[-1], cell, 1, bias=False),
            nn.BatchNorm2d(cell),
            nn.ReLU(inplace=True),
            nn.Flatten(),
        )
        self.last = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(GRID**2 * cell, outputs),
            nn.BatchNorm1d(outputs, affine=False),
        )

    def forward(
        self, images: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch output"]:
        """The descriptor of every picture."""
        border = int(images.shape[-1]) // 8
        middle = images[..., border:-border, border:-border]
        descriptors: Tensor = self.last(self.cells(self.blocks(middle)))
        return descriptors


def _stem(width: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(3, width, 3, 2, 1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )


def _halving_block(inputs: int, outputs: int) -> nn.Module:
    shortcut = nn.Sequential(
        nn.Conv2d(inputs, outputs, 1, 2, bias=False), nn.BatchNorm2d(outputs)
    )
    block: nn.Module = BasicBlock(inputs, outputs, stride=2, downsample=shortcut)
    return block
