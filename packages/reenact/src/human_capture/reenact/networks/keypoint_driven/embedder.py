"""Who it is, from a few frames and, if wanted, drawings of their landmarks."""

from __future__ import annotations

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import relu

from human_capture.reenact.networks.blocks import JudgingBlock
from human_capture.reenact.networks.sizes import doublings


class Embedder(nn.Module):
    """Residual blocks down to 4 x 4 pixels, whose sum describes the person.

    Zakharov et al. (ICCV 2019), arxiv.org/abs/1905.08233, without self-attention, as
    Burkov et al. compare with it.

    Args:
        identity: Numbers of the descriptor.
        size: Width and height of the pictures, a power of two from 16 up, in pixels.
        width: Channels of the first block; they double at each that follows.
        most: Bound of the channels.
        inputs: Channels of the pictures; 6 with drawings beside them.
    """

    def __init__(
        self,
        identity: int = 512,
        size: int = 256,
        width: int = 64,
        most: int = 512,
        inputs: int = 3,
    ) -> None:
        super().__init__()
        self.identity = identity
        widths = [min(width * 2**i, most) for i in range(doublings(size) - 1)]
        self.stem = JudgingBlock(inputs, width, down=True)
        self.blocks = nn.ModuleList(
            JudgingBlock(before, after, down=True)
            for before, after in pairwise([*widths, identity])
        )

    def forward(
        self, images: Float[Tensor, "*batch input height width"]
    ) -> Float[Tensor, "*batch identity"]:
        """The descriptor of every frame.

        Args:
            images: RGB between 0 and 1, and what is beside it before it.
        """
        x: Tensor = self.stem(images.reshape(-1, *images.shape[-3:]))
        for block in self.blocks:
            x = block(relu(x))
        descriptors = relu(x).sum((-2, -1), dtype=torch.float32)
        return descriptors.reshape(*images.shape[:-3], -1)
