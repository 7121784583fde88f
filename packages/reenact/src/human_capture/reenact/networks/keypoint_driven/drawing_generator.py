"""A generator that turns a drawing of landmarks into a picture of a person."""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, relu

from human_capture.common.errors import InputError
from human_capture.reenact.networks.adain import AdaIN
from human_capture.reenact.networks.blocks import JudgingBlock, StyledBlock
from human_capture.reenact.networks.decoder import Drawn
from human_capture.reenact.networks.sizes import SMALLEST, doublings
from human_capture.reenact.networks.spectral import SpectralConv2d, SpectralLinear


class DrawingGenerator(nn.Module):
    """Residual blocks down and up again; the way up has the style of the person.

    Zakharov et al. (ICCV 2019), arxiv.org/abs/1905.08233, without self-attention, as
    Burkov et al. compare with it. The range of colours is that of our decoder. There is
    no mask: all of the picture counts as the person.

    Args:
        identity: Numbers that say who it is.
        size: Width and height of the pictures, a power of two from 16 up, in pixels.
        width: Channels at full size; they double whenever the size halves.
        most: Bound of the channels.
        halvings: How often the size halves on the way down.
        same: Blocks in between.
    """

    def __init__(
        self,
        identity: int = 512,
        size: int = 256,
        width: int = 64,
        most: int = 512,
        halvings: int = 4,
        same: int = 4,
    ) -> None:
        super().__init__()
        if not 1 <= halvings <= doublings(size):
            raise InputError(
                f"Pictures of {size} pixels cannot be halved {halvings} times; choose "
                f"1 to {doublings(size)}, which ends at {SMALLEST} pixels."
            )
        self.identity, self.size = identity, size
        widths = [min(width * 2**i, most) for i in range(halvings)]
        self.stem = JudgingBlock(3, width, down=True)
        self.down = nn.Sequential(*(HalvingBlock(*pair) for pair in pairwise(widths)))
        last = widths[-1]
        up = [StyledBlock(last, last, up=False) for _ in range(same)]
        for pair in pairwise([last, *reversed(widths)]):
            up.append(StyledBlock(*pair, up=True))
        self.up = nn.ModuleList(up)
        self.norm = AdaIN(width)
        self.last = SpectralConv2d(width, 3, 3)
        self.style_counts = [*(sum(b.style_counts) for b in up), self.norm.styles]
        self.projector = SpectralLinear(identity, sum(self.style_counts))

    def forward(
        self,
        identity: Float[Tensor, "batch identity"],
        drawings: Float[Tensor, "batch 3 height width"],
    ) -> Drawn:
        """The people, their landmarks where they are drawn.

        Args:
            identity: Who it is.
            drawings: Of landmarks, in [0, 1].
        """
        styles = self.projector(identity)
        *parts, last = torch.split(styles, self.style_counts, dim=1)
        x = self.down(self.stem(drawings))
        for block, part in zip(self.up, parts, strict=True):
            x = block(x, part)
        x = self.last(relu(self.norm(x, last))).float().tanh()
        return Drawn(0.75 * x + 0.5, torch.ones_like(x[:, :1]))


class HalvingBlock(nn.Module):
    """A residual block that halves the size, with instance normalisation.

    Args:
        inputs: Channels that come in.
        outputs: Channels that go out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first_norm = nn.InstanceNorm2d(inputs, eps=1e-4, affine=True)
        self.second_norm = nn.InstanceNorm2d(outputs, eps=1e-4, affine=True)
        self.first = SpectralConv2d(inputs, outputs, 3, bias=False)
        self.second = SpectralConv2d(outputs, outputs, 3, bias=False)
        self.skip = SpectralConv2d(inputs, outputs, 1)

    def forward(
        self, x: Float[Tensor, "batch input height width"]
    ) -> Float[Tensor, "batch output half_height half_width"]:
        """The maps of the outputs."""
        y: Tensor = self.first(relu(self.first_norm(x)))
        y = self.second(relu(self.second_norm(y)))
        # The mean of four pixels goes first: the same for a quarter of the work.
        around: Tensor = self.skip(avg_pool2d(x, 2))
        return avg_pool2d(y, 2) + around
