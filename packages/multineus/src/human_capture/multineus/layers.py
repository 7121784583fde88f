"""Linear layers whose weights belong to one object each, or to all.

A layer says which weights the objects of a step have; what is computed with them is up
to the network. The axes are ``object output input``, and a layer that all share has one
object.
"""

from __future__ import annotations

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

Initialise = Callable[[Tensor, Tensor], None]
"""Fills a weight (output, input) and a bias (output) in place."""


@dataclass(frozen=True)
class Weights:
    """Weights of the objects of a step; one object where all share them.

    Attributes:
        weight: Matrices.
        bias: Offsets.
    """

    weight: Float[Tensor, "object output input"]
    bias: Float[Tensor, "object output"]

    def __call__(
        self, x: Float[Tensor, "object point input"]
    ) -> Float[Tensor, "object point output"]:
        """The layer's outputs."""
        if len(self.weight) == 1:
            return nn.functional.linear(x, self.weight[0], self.bias[0])
        return torch.baddbmm(self.bias[:, None], x, self.weight.mT)

    def pull_back(
        self, x: Float[Tensor, "object point output"]
    ) -> Float[Tensor, "object point input"]:
        """Gradients of the inputs from those of the outputs."""
        if len(self.weight) == 1:
            return x @ self.weight[0]
        return x @ self.weight

    def rows(self, chosen: slice) -> Weights:
        """The part of the layer that gives some of its outputs."""
        return Weights(self.weight[:, chosen], self.bias[:, chosen])


class ObjectLinear(nn.Module, ABC):
    """A linear layer of several objects.

    Args:
        inputs: Numbers that come in.
        outputs: Numbers that go out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.inputs, self.outputs = inputs, outputs

    @abstractmethod
    def forward(self, objects: Int[Tensor, " object"]) -> Weights:
        """The weights of some objects.

        Args:
            objects: Their numbers.
        """

    @abstractmethod
    def personal(self, object: int) -> list[nn.Parameter]:
        """The parameters that belong to one object alone."""

    @abstractmethod
    def blend(self, shares: Float[Tensor, " object"]) -> Weights:
        """Weights of one object that is a linear combination of all.

        Args:
            shares: Of the objects; they sum to one.
        """

    @abstractmethod
    def newcomer(self, shares: Float[Tensor, " object"]) -> ObjectLinear:
        """A layer for one new object, which begins as a linear combination of all.

        What the objects share is shared with the new layer too.

        Args:
            shares: Of the objects; they sum to one.
        """


MakeLayer = Callable[[int, int, int, int, Initialise], ObjectLinear]
"""Makes a layer from its number, how many there are, its inputs and outputs, and how it
begins."""


class SharedLinear(ObjectLinear):
    """The same weights for all objects: an ordinary linear layer.

    Args:
        inputs: Numbers that come in.
        outputs: Numbers that go out.
        initialise: Fills the weights.
        weight_norm: Keep length and direction of each row apart (Salimans & Kingma).
    """

    length: nn.Parameter | None

    def __init__(
        self,
        inputs: int,
        outputs: int,
        initialise: Initialise,
        weight_norm: bool = False,
    ) -> None:
        super().__init__(inputs, outputs)
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs))
        with torch.no_grad():
            initialise(self.weight, self.bias)
        length = self.weight.detach().norm(dim=1, keepdim=True)
        self.register_parameter("length", nn.Parameter(length) if weight_norm else None)

    def forward(self, objects: Int[Tensor, " object"]) -> Weights:
        """The weights, whoever is asked for."""
        weight: Tensor = self.weight
        if self.length is not None:
            weight = weight * (self.length / weight.norm(dim=1, keepdim=True))
        return Weights(weight[None], self.bias[None])

    def personal(self, object: int) -> list[nn.Parameter]:
        """Nothing."""
        return []

    def blend(self, shares: Float[Tensor, " object"]) -> Weights:
        """The weights, whoever is blended."""
        weights: Weights = self(torch.arange(1))
        return weights

    def newcomer(self, shares: Float[Tensor, " object"]) -> SharedLinear:
        """Itself."""
        return self


class IndependentLinear(ObjectLinear):
    """Weights of its own for every object.

    Each is a parameter of its own, so that an optimiser leaves objects alone that a
    step has not seen.

    Args:
        inputs: Numbers that come in.
        outputs: Numbers that go out.
        initialise: Fills the weights of one object.
        objects: How many.
    """

    def __init__(
        self, inputs: int, outputs: int, initialise: Initialise, objects: int
    ) -> None:
        super().__init__(inputs, outputs)
        self.weight = nn.ParameterList(
            torch.empty(outputs, inputs) for _ in range(objects)
        )
        self.bias = nn.ParameterList(torch.empty(outputs) for _ in range(objects))
        with torch.no_grad():
            for weight, bias in zip(self.weight, self.bias, strict=True):
                initialise(weight, bias)

    def forward(self, objects: Int[Tensor, " object"]) -> Weights:
        """The weights of some objects."""
        numbers = objects.tolist()
        return Weights(
            torch.stack([self.weight[number] for number in numbers]),
            torch.stack([self.bias[number] for number in numbers]),
        )

    def personal(self, object: int) -> list[nn.Parameter]:
        """Weight and bias of an object."""
        return [self.weight[object], self.bias[object]]

    def blend(self, shares: Float[Tensor, " object"]) -> Weights:
        """Weights of one object that is a linear combination of all."""
        return Weights(
            _combination(shares, [*self.weight])[None],
            _combination(shares, [*self.bias])[None],
        )

    @torch.no_grad()
    def newcomer(self, shares: Float[Tensor, " object"]) -> IndependentLinear:
        """A layer with a linear combination of all weights, for one object."""
        blend = self.blend(shares)
        alone = copy.copy(self)
        alone._modules = {
            "weight": nn.ParameterList([*blend.weight]),
            "bias": nn.ParameterList([*blend.bias]),
        }
        return alone


class LowRankLinear(ObjectLinear):
    """Weights that are linear combinations of a basis that all objects share.

    W_i = sum_k c_ik B_k and b_i = sum_k c_ik beta_k (Multi-NeuS), with
    coefficients of each object for both. Coefficients begin with variance 1 / rank, so
    that the combinations have the variance of what initialises the basis.

    Args:
        inputs: Numbers that come in.
        outputs: Numbers that go out.
        initialise: Fills one element of the basis.
        objects: How many.
        rank: Elements of the basis.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        initialise: Initialise,
        objects: int,
        rank: int,
    ) -> None:
        super().__init__(inputs, outputs)
        self.rank = rank
        # weights and biases side by side: a combination is one product
        self.basis = nn.Parameter(torch.empty(rank, outputs * (inputs + 1)))
        bound = math.sqrt(3 / rank)
        self.coefficients = nn.ParameterList(
            torch.empty(rank).uniform_(-bound, bound) for _ in range(objects)
        )
        with torch.no_grad():
            for element in self.basis:
                weight, bias = self._split(element)
                initialise(weight, bias)

    def forward(self, objects: Int[Tensor, " object"]) -> Weights:
        """The weights of some objects."""
        chosen = [self.coefficients[number] for number in objects.tolist()]
        return self._combined(torch.stack(chosen))

    def _combined(self, coefficients: Float[Tensor, "object rank"]) -> Weights:
        with torch.autocast(self.basis.device.type, enabled=False):
            return Weights(*self._split(coefficients @ self.basis))

    def _split(self, flat: Tensor) -> tuple[Tensor, Tensor]:
        sizes = [self.inputs * self.outputs, self.outputs]
        weight, bias = torch.split(flat, sizes, -1)
        shape = (*weight.shape[:-1], self.outputs, self.inputs)
        return weight.view(shape), bias

    def personal(self, object: int) -> list[nn.Parameter]:
        """The coefficients of an object."""
        return [self.coefficients[object]]

    def blend(self, shares: Float[Tensor, " object"]) -> Weights:
        """Weights of one object that is a linear combination of all."""
        return self._combined(_combination(shares, [*self.coefficients])[None])

    @torch.no_grad()
    def newcomer(self, shares: Float[Tensor, " object"]) -> LowRankLinear:
        """A layer of the same basis, for one object."""
        alone = copy.copy(self)
        blended = _combination(shares, [*self.coefficients])
        alone._modules = {"coefficients": nn.ParameterList([blended])}
        return alone


def _combination(shares: Float[Tensor, " object"], own: list[Tensor]) -> Tensor:
    """Sum of the objects' parameters by their shares, in their own precision."""
    everyone = torch.stack(own)
    # not a product of matrices, which autocast would round
    return (shares.view(-1, *[1] * (everyone.ndim - 1)) * everyone).sum(0)
