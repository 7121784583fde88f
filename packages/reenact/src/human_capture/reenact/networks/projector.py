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


class EagerProjector(nn.Module):
    """Three linear layers that pass the spread of their input on from the start.

    The descriptors change the picture at once. Under spectral normalisation a change of
    both descriptors by one spreads over thousands of styles, and they have to grow for
    long before anything is seen of them.

    Args:
        inputs: Numbers of identity and pose together, each with a spread of about one.
        outputs: Numbers that style a picture.
        spread: Of the styles at the start.
    """

    def __init__(self, inputs: int, outputs: int, spread: float = 0.5) -> None:
        super().__init__()
        hidden = max(inputs, 512)
        layers = [nn.Linear(inputs, hidden), nn.Linear(hidden, hidden)]
        for layer in layers:
            nn.init.kaiming_normal_(layer.weight, _SLOPE, nonlinearity="leaky_relu")
            nn.init.zeros_(layer.bias)
        last = nn.Linear(hidden, outputs)
        nn.init.normal_(last.weight, std=spread / hidden**0.5)
        nn.init.zeros_(last.bias)
        self.layers = nn.ModuleList([*layers, last])

    def forward(self, x: Float[Tensor, "batch input"]) -> Float[Tensor, "batch output"]:
        """The styles."""
        for layer in self.layers[:-1]:
            x = leaky_relu(layer(x), _SLOPE)
        styles: Tensor = self.layers[-1](x)
        return styles


_SLOPE = 0.05


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
