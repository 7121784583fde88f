"""The picture and its mask, from numbers that style every layer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import relu

from human_capture.reenact.networks.adain import AdaIN
from human_capture.reenact.networks.blocks import StyledBlock
from human_capture.reenact.networks.sizes import SMALLEST, doublings
from human_capture.reenact.networks.spectral import SpectralConv2d


@dataclass(frozen=True)
class Drawn:
    """Drawn heads.

    Attributes:
        colour: RGB, between -0.25 and 1.25 so that black and white are reached easily.
        mask: How much a pixel shows the person, between 0 and 1.
    """

    colour: Float[Tensor, "batch 3 height width"]
    mask: Float[Tensor, "batch 1 height width"]

    @property
    def picture(self) -> Float[Tensor, "batch 3 height width"]:
        """The person on black."""
        return self.colour * self.mask


class Decoder(nn.Module):
    """A learnt constant that styled residual blocks double up to the picture.

    Args:
        size: Width and height of the pictures, a power of two from 16 up, in pixels.
        width: Channels of the last block; they double at each block before it.
        most: Bound of the channels.
        same: Blocks before the first doubling.
        eager: Begin where learning is quick: with a random constant, and with styles
            about one that maps are multiplied by. The authors begin with a constant of
            ones, of which normalisation leaves what the borders make of it, and with
            styles about zero.
    """

    def __init__(
        self,
        size: int = 256,
        width: int = 64,
        most: int = 512,
        same: int = 2,
        eager: bool = False,
    ) -> None:
        super().__init__()
        count = doublings(size)
        widths = [min(width * 2**i, most) for i in reversed(range(count))]
        first = min(width * 2**count, most)
        self.constant = nn.Parameter(torch.ones(1, first, SMALLEST, SMALLEST))
        blocks = [StyledBlock(first, first, up=False) for _ in range(same)]
        for before, after in pairwise([first, *widths]):
            blocks.append(StyledBlock(before, after, up=True))
        self.blocks = nn.ModuleList(blocks)
        self.norm = AdaIN(width)
        self.last = SpectralConv2d(width, 4, 3)
        counts = [sum(block.style_counts) for block in blocks]
        self.style_counts = [*counts, self.norm.styles]
        start: Tensor | None = None
        if eager:
            nn.init.normal_(self.constant)
            start = torch.cat([_about_one(m.styles) for m in self._norms()])
        self.register_buffer("start", start, persistent=False)

    start: Tensor | None

    def _norms(self) -> list[AdaIN]:
        """In the order in which they are computed."""
        return [module for module in self.modules() if isinstance(module, AdaIN)]

    @property
    def styles(self) -> int:
        """How many numbers style a picture."""
        return sum(self.style_counts)

    def forward(self, styles: Float[Tensor, "batch style"]) -> Drawn:
        """The heads.

        Args:
            styles: Of all normalisations in the order in which they are computed.
        """
        if self.start is not None:
            styles = styles + self.start
        *parts, last = torch.split(styles, self.style_counts, dim=1)
        # Not len(): an exported network would then draw one number of heads only.
        x = self.constant.expand(styles.shape[0], -1, -1, -1)
        for block, part in zip(self.blocks, parts, strict=True):
            x = block(x, part)
        x = self.last(relu(self.norm(x, last))).float().tanh()
        return Drawn(0.75 * x[:, :3] + 0.5, 0.5 * x[:, 3:] + 0.5)


def _about_one(styles: int) -> Float[Tensor, " style"]:
    """Styles of one normalisation that leave maps as they are: add 0, times 1."""
    return torch.cat((torch.zeros(styles // 2), torch.ones(styles // 2)))
