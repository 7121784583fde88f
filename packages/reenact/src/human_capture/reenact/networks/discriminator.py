"""The projection discriminator: is this a picture, and is it of that video?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import relu

from human_capture.reenact.networks.blocks import JudgingBlock
from human_capture.reenact.networks.sizes import doublings
from human_capture.reenact.networks.spectral import SpectralLinear


@dataclass(frozen=True)
class Judged:
    """What the discriminator thinks of some pictures.

    Attributes:
        embedding: To compare with the row of the video that a picture claims to show.
        bias: How real it looks, whatever it shows.
        features: Maps of all blocks for feature matching, fine to coarse; all but the
            last are rectified.
    """

    embedding: Float[Tensor, "batch feature"]
    bias: Float[Tensor, " batch"]
    features: list[Float[Tensor, "batch _channel _height _width"]]


class Discriminator(nn.Module):
    """Residual blocks down to 4 x 4 pixels, without normalisation of activations.

    Args:
        feature: Numbers of the embedding; as many as of the identity.
        size: Width and height of the pictures, a power of two from 16 up, in pixels.
        width: Channels of the first block; they double at each that follows.
        most: Bound of the channels.
        inputs: Channels of the pictures; more than 3 where something lies beside them.
    """

    def __init__(
        self,
        feature: int = 512,
        size: int = 256,
        width: int = 64,
        most: int = 512,
        inputs: int = 3,
    ) -> None:
        super().__init__()
        widths = [min(width * 2**i, most) for i in range(doublings(size))]
        self.stem = JudgingBlock(inputs, width, down=True)
        self.blocks = nn.ModuleList(
            JudgingBlock(before, after, down=True) for before, after in pairwise(widths)
        )
        self.blocks.append(JudgingBlock(widths[-1], feature, down=False))
        self.linear = SpectralLinear(feature, 1)
        self.feature, self.size = feature, size

    def forward(self, pictures: Float[Tensor, "batch input height width"]) -> Judged:
        """What it thinks of some pictures.

        Args:
            pictures: Between 0 and 1, on black.
        """
        x = self.stem(pictures)
        features = []
        for block in self.blocks:
            # The rectified map is both what the block's skip sees and what is matched.
            x = relu(x)
            features.append(x)
            x = block(x)
        features.append(x)
        embedding = relu(x).sum((-2, -1), dtype=torch.float32)
        return Judged(embedding, self.linear(embedding).squeeze(-1).float(), features)


def score(
    judged: Judged, rows: Float[Tensor, "batch feature"]
) -> Float[Tensor, " batch"]:
    """How real pictures of certain videos look; large is real.

    Miyato & Koyama (ICLR 2018), arxiv.org/abs/1802.05637: the projection
    onto the row, plus what does not depend on it.

    Args:
        rows: The embedding of the video that each picture claims to show.
    """
    return (judged.embedding * rows).sum(-1) + judged.bias
