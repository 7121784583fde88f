"""Residual blocks of the generator and of the discriminator."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, relu

from human_capture.reenact.networks.adain import AdaIN
from human_capture.reenact.networks.spectral import SpectralConv2d


class StyledBlock(nn.Module):
    """A residual block whose normalisations are told what to draw.

    Args:
        inputs: Channels that come in.
        outputs: Channels that go out.
        up: Double width and height.
    """

    def __init__(self, inputs: int, outputs: int, up: bool) -> None:
        super().__init__()
        self.up = up
        self.first_norm, self.second_norm = AdaIN(inputs), AdaIN(outputs)
        self.first = SpectralConv2d(inputs, outputs, 3, bias=False)
        self.second = SpectralConv2d(outputs, outputs, 3, bias=False)
        changes = up or inputs != outputs
        self.skip = SpectralConv2d(inputs, outputs, 1) if changes else None
        self.style_counts = [self.first_norm.styles, self.second_norm.styles]

    def forward(
        self,
        x: Float[Tensor, "batch input height width"],
        styles: Float[Tensor, "batch style"],
    ) -> Float[Tensor, "batch output out_height out_width"]:
        """The maps of the outputs.

        Args:
            styles: Of the two normalisations, one after the other.
        """
        first, second = torch.split(styles, self.style_counts, dim=1)
        y: Tensor = self.first(self._larger(relu(self.first_norm(x, first))))
        y = self.second(relu(self.second_norm(y, second)))
        # Skipped before it grows: the same for a quarter of the work.
        around = x if self.skip is None else self.skip(x)
        return y + self._larger(around)

    def _larger(self, x: Tensor) -> Tensor:
        return interpolate(x, scale_factor=2.0) if self.up else x


class JudgingBlock(nn.Module):
    """A residual block of the discriminator, after its first ReLU.

    Args:
        inputs: Channels that come in.
        outputs: Channels that go out.
        down: Halve width and height.
    """

    def __init__(self, inputs: int, outputs: int, down: bool) -> None:
        super().__init__()
        self.down = down
        self.first = SpectralConv2d(inputs, outputs, 3)
        self.second = SpectralConv2d(outputs, outputs, 3)
        changes = down or inputs != outputs
        self.skip = SpectralConv2d(inputs, outputs, 1) if changes else None

    def forward(
        self, x: Float[Tensor, "batch input height width"]
    ) -> Float[Tensor, "batch output out_height out_width"]:
        """The maps of the outputs."""
        y = self._smaller(self.second(relu(self.first(x))))
        # The mean of four pixels goes first: the same for a quarter of the work.
        x = self._smaller(x)
        return y + (x if self.skip is None else self.skip(x))

    def _smaller(self, x: Tensor) -> Tensor:
        return avg_pool2d(x, 2) if self.down else x
