"""Differences of pictures at all scales; needs no network and no files."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional


class PyramidLoss(nn.Module):
    """Mean absolute difference of Laplacian pyramids (arXiv:1707.05776, equation 5).

    Each band counts as much as the others although coarse ones have few pixels, so
    shape and texture are both asked for.

    Args:
        levels: Bands, each half the size of the one before; fewer for tiny pictures.
    """

    def __init__(self, levels: int = 5) -> None:
        super().__init__()
        self.levels = levels

    def forward(
        self,
        found: Float[Tensor, "clip 3 height width"],
        wanted: Float[Tensor, "clip 3 height width"],
    ) -> Float[Tensor, ""]:
        """Sum over the bands of mean absolute differences.

        Args:
            found: Drawn pictures in [0, 1].
            wanted: Photographs.
        """
        # bands are linear, so the bands of the difference are all that is needed
        rest = found.float() - wanted.float()
        total = rest.new_zeros(())
        for _ in range(self.levels):
            if min(rest.shape[-2:]) < 4:
                break
            coarse = functional.avg_pool2d(rest, 2)
            fine = functional.interpolate(
                coarse, size=rest.shape[-2:], mode="bilinear", align_corners=False
            )
            total = total + (rest - fine).abs().mean()
            rest = coarse
        return torch.add(total, rest.abs().mean())
