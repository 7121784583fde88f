"""Signed distance networks with a gradient that is written out.

NeuS takes the gradient of its network by automatic differentiation and then
differentiates that again. Written out, the gradient is one more pass through the same
matrices, and training needs first derivatives only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import softplus

from human_capture.multineus.fields.encoding import code_length, encode, pull_back
from human_capture.multineus.initialisation import Geometric, GeometricOutput
from human_capture.multineus.layers import MakeLayer, Weights

SOFTNESS = 100.0
"""Beta of the softplus between layers."""


@dataclass(frozen=True)
class Surface:
    """What a signed distance field says of points.

    Attributes:
        sdf: Signed distance, negative inside.
        gradient: Of the signed distance.
        feature: For the colour field.
    """

    sdf: Float[Tensor, "object point"]
    gradient: Float[Tensor, "object point 3"]
    feature: Float[Tensor, "object point feature"]


class SDFNetwork(nn.Module):
    """The distance network of NeuS, layers of which may belong to one object each.

    It begins as a sphere.

    Args:
        layer: Makes the layers.
        width: Hidden units, and length of the feature.
        depth: Hidden layers.
        skip: Number of the layer that sees the position once more.
        frequencies: Of the encoding of positions.
        radius: Of the sphere in the beginning.
    """

    def __init__(
        self,
        layer: MakeLayer,
        width: int = 256,
        depth: int = 8,
        skip: int = 4,
        frequencies: int = 6,
        radius: float = 0.5,
    ) -> None:
        super().__init__()
        self.frequencies, self.skip = frequencies, skip
        code = code_length(3, frequencies)
        layers = []
        for number in range(depth):
            inputs = code if number == 0 else width
            outputs = width - code if number == skip - 1 else width
            waves = code - 3 if number in (0, skip) else 0
            layers.append(layer(number, depth + 1, inputs, outputs, Geometric(waves)))
        last = GeometricOutput(radius)
        layers.append(layer(depth, depth + 1, width, 1 + width, last))
        self.layers = nn.ModuleList(layers)

    def weights(self, objects: Int[Tensor, " object"]) -> list[Weights]:
        """Weights of all layers for some objects; made once a step."""
        return [layer(objects) for layer in self.layers]

    def distance(
        self, points: Float[Tensor, "object point 3"], weights: list[Weights]
    ) -> Float[Tensor, "object point"]:
        """Signed distances alone.

        Args:
            points: In the unit sphere's frame.
            weights: From :meth:`weights`.
        """
        code = encode(points, self.frequencies)
        hidden = code
        for number, layer in enumerate(weights[:-1]):
            hidden = softplus(self._input(number, hidden, code, layer), beta=SOFTNESS)
        return _in_full(weights[-1].rows(slice(0, 1)), hidden)[..., 0]

    def forward(
        self, points: Float[Tensor, "object point 3"], weights: list[Weights]
    ) -> Surface:
        """Distances, their gradient and features, in one graph of first order.

        Args:
            points: In the unit sphere's frame.
            weights: From :meth:`weights`.
        """
        code = encode(points, self.frequencies)
        hidden, slopes = code, []
        for number, layer in enumerate(weights[:-1]):
            before = self._input(number, hidden, code, layer)
            hidden = softplus(before, beta=SOFTNESS)
            slopes.append(torch.sigmoid(SOFTNESS * before))
        out = _in_full(weights[-1], hidden)
        back = weights[-1].weight[:, :1].expand(-1, hidden.shape[1], -1)
        to_code = torch.zeros_like(code)
        for number in reversed(range(len(slopes))):
            back = back * slopes[number]
            if number == 0:
                with torch.autocast(points.device.type, enabled=False):
                    back = weights[0].pull_back(back.to(code.dtype))
            else:
                back = weights[number].pull_back(back)
            if number == self.skip:
                back = back / math.sqrt(2)
                to_code = to_code + back[..., -code.shape[-1] :]
                back = back[..., : -code.shape[-1]]
        gradient = pull_back(to_code + back, code)
        return Surface(out[..., 0], gradient, out[..., 1:])

    def _input(
        self, number: int, hidden: Tensor, code: Tensor, layer: Weights
    ) -> Tensor:
        if number == self.skip:
            hidden = torch.cat((hidden, code.to(hidden.dtype)), -1) / math.sqrt(2)
        if number == 0:
            return _in_full(layer, hidden)
        return layer(hidden)


def _in_full(
    layer: Weights, x: Float[Tensor, "object point input"]
) -> Float[Tensor, "object point output"]:
    """A layer from or to positions, in single precision whatever surrounds it."""
    with torch.autocast(x.device.type, enabled=False):
        return layer(x.to(layer.weight.dtype))
