"""The volume-to-volume network of Moon et al. (CVPR 2018), in any size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn


class V2V(nn.Module):
    """An hourglass of 3D residual blocks whose skips are added.

    With the defaults and 17 outputs it is the network of Iskakov et al. (ICCV 2019),
    11,944,353 parameters. Every pooling halves the volume, so its side must be a
    multiple of ``2 ** (len(widths) - 1)``.

    Args:
        inputs: Channels that come in.
        outputs: Channels that go out, one a joint.
        stem: Channels of the first convolution.
        stem_kernel: Its kernel.
        stem_blocks: Residual blocks before the hourglass.
        widths: Channels at each resolution, from fine to coarse.
        middle: Whether the coarsest level has a second block.
        final_layers: 1 x 1 x 1 convolutions before the last one.
    """

    def __init__(
        self,
        inputs: int = 32,
        outputs: int = 17,
        stem: int = 16,
        stem_kernel: int = 7,
        stem_blocks: int = 3,
        widths: Sequence[int] = (32, 64, 128, 128, 128, 128),
        middle: bool = True,
        final_layers: int = 2,
    ) -> None:
        super().__init__()
        fine = widths[0]
        channels = [stem, *[fine] * stem_blocks]
        self.front = nn.Sequential(
            *_convolution(inputs, stem, stem_kernel),
            *(Residual3d(a, b) for a, b in pairwise(channels)),
        )
        pairs = list(pairwise(widths))
        self.encoders = nn.ModuleList([Residual3d(a, b) for a, b in pairs])
        self.skips = nn.ModuleList([Residual3d(a, a) for a, _ in pairs])
        self.decoders = nn.ModuleList([Residual3d(b, b) for _, b in pairs])
        self.upsamplers = nn.ModuleList([_upsampling(b, a) for a, b in pairs])
        coarse = widths[-1]
        self.middle = Residual3d(coarse, coarse) if middle else nn.Identity()
        self.back = nn.Sequential(Residual3d(fine, fine))
        for _ in range(final_layers):
            self.back.extend(_convolution(fine, fine, 1))
        self.output = nn.Conv3d(fine, outputs, 1)
        self._initialise()

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Conv3d | nn.ConvTranspose3d):
                nn.init.xavier_normal_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(
        self, volume: Float[Tensor, "batch inputs side side side"]
    ) -> Float[Tensor, "batch outputs side side side"]:
        """Logits of every joint over the volume."""
        x = self.front(volume)
        skipped: list[Tensor] = []
        for skip, encoder in zip(self.skips, self.encoders, strict=True):
            skipped.append(skip(x))
            x = encoder(nn.functional.max_pool3d(x, 2))
        x = self.middle(x)
        for level in reversed(range(len(self.decoders))):
            x = self.upsamplers[level](self.decoders[level](x)) + skipped[level]
        logits: Tensor = self.output(self.back(x))
        return logits


class Residual3d(nn.Module):
    """Two 3 x 3 x 3 convolutions with a shortcut.

    Args:
        inputs: Channels that come in.
        outputs: Channels that go out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            *_convolution(inputs, outputs, 3),
            nn.Conv3d(outputs, outputs, 3, padding=1),
            nn.BatchNorm3d(outputs),
        )
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv3d(inputs, outputs, 1), nn.BatchNorm3d(outputs)
            )

    def forward(
        self, volume: Float[Tensor, "batch inputs side side side"]
    ) -> Float[Tensor, "batch outputs side side side"]:
        """The block's output."""
        total: Tensor = self.branch(volume) + self.shortcut(volume)
        return torch.relu(total)


def _convolution(inputs: int, outputs: int, kernel: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv3d(inputs, outputs, kernel, padding=kernel // 2),
        nn.BatchNorm3d(outputs),
        nn.ReLU(inplace=True),
    )


def _upsampling(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.ConvTranspose3d(inputs, outputs, 2, 2),
        nn.BatchNorm3d(outputs),
        nn.ReLU(inplace=True),
    )
