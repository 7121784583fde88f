"""Styles of the decoder's layers from who it is and what the head does."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, relu

from human_capture.reenact.networks.spectral import SpectralLinear


class Projector(nn.Module):
    """Two spectrally normalised linear layers.

    Args:
        inputs: Numbers of identity and pose together.
        outputs: Numbers that style a picture.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        hidden = max(inputs, 512)
        self.first = SpectralLinear(inputs, hidden)
        self.second = SpectralLinear(hidden, outputs)

    def forward(self, x: Float[Tensor, "batch input"]) -> Float[Tensor, "batch output"]:
        """The styles."""
        styles: Tensor = self.second(relu(self.first(x)))
        return styles


class PlainProjector(nn.Module):
    """Three linear layers, as the authors' baseline that is driven by key points has.

    Args:
        inputs: Numbers of identity and pose together.
        outputs: Numbers that style a picture.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        hidden = max(inputs, 512)
        self.first = nn.Linear(inputs, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.third = nn.Linear(hidden, outputs)

    def forward(self, x: Float[Tensor, "batch input"]) -> Float[Tensor, "batch output"]:
        """The styles."""
        x = leaky_relu(self.first(x), 0.05)
        styles: Tensor = self.third(leaky_relu(self.second(x), 0.05))
        return styles
