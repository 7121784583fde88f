"""The colour of points on a surface."""

from __future__ import annotations

import itertools

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from human_capture.multineus.fields.encoding import code_length, encode
from human_capture.multineus.fields.sdf import Surface
from human_capture.multineus.initialisation import kaiming
from human_capture.multineus.layers import MakeLayer, Weights

DIRECTION_FREQUENCIES = 4


class ColourNetwork(nn.Module):
    """The colour network of NeuS, layers of which may belong to one object each.

    Args:
        layer: Makes the layers.
        feature: Length of the feature that the distance field gives.
        width: Hidden units.
        depth: Hidden layers.
        view_dependent: See the direction of the ray, as NeuS does; Multi-NeuS does not,
            so that a colour belongs to a point.
        frequencies: Of the encoding of positions, for fine texture; 0 as NeuS.
    """

    def __init__(
        self,
        layer: MakeLayer,
        feature: int = 256,
        width: int = 256,
        depth: int = 4,
        view_dependent: bool = False,
        frequencies: int = 0,
    ) -> None:
        super().__init__()
        self.view_dependent, self.frequencies = view_dependent, frequencies
        inputs = code_length(3, frequencies) + 3 + feature
        if view_dependent:
            inputs += code_length(3, DIRECTION_FREQUENCIES)
        sizes = [inputs, *[width] * depth, 3]
        self.layers = nn.ModuleList(
            layer(number, depth + 1, before, after, kaiming)
            for number, (before, after) in enumerate(itertools.pairwise(sizes))
        )

    def weights(self, objects: Int[Tensor, " object"]) -> list[Weights]:
        """Weights of all layers for some objects; made once a step."""
        return [layer(objects) for layer in self.layers]

    def forward(
        self,
        points: Float[Tensor, "object point 3"],
        directions: Float[Tensor, "object point 3"],
        surface: Surface,
        weights: list[Weights],
    ) -> Float[Tensor, "object point 3"]:
        """Colours in [0, 1].

        Args:
            points: In the unit sphere's frame.
            directions: Of the rays, of unit length.
            surface: What the distance field says of the points.
            weights: From :meth:`weights`.
        """
        parts = [encode(points, self.frequencies), surface.gradient, surface.feature]
        if self.view_dependent:
            parts.insert(1, encode(directions, DIRECTION_FREQUENCIES))
        hidden = torch.cat(parts, -1)
        for layer in weights[:-1]:
            hidden = torch.relu(layer(hidden))
        with torch.autocast(hidden.device.type, enabled=False):
            last = weights[-1]
            return torch.sigmoid(last(hidden.to(last.weight.dtype)))
