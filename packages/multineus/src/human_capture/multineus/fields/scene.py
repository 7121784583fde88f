"""Heads of many people as one field: what is personal, what is shared."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from human_capture.multineus.fields.background import BackgroundField
from human_capture.multineus.fields.colour import ColourNetwork
from human_capture.multineus.fields.deviation import Deviation
from human_capture.multineus.fields.sdf import SDFNetwork, Surface
from human_capture.multineus.layers import (
    IndependentLinear,
    Initialise,
    LowRankLinear,
    MakeLayer,
    ObjectLinear,
    SharedLinear,
    Weights,
)

Placement = Literal["none", "first_half", "last_half", "every_second", "all"]
Kind = Literal["independent", "low_rank"]


def placed(placement: Placement, layers: int) -> frozenset[int]:
    """Numbers of the layers that a placement makes personal.

    Args:
        placement: Which; half of an odd number of layers is rounded down.
        layers: How many there are.
    """
    half = layers // 2
    return frozenset(
        {
            "none": range(0),
            "first_half": range(half),
            "last_half": range(layers - half, layers),
            "every_second": range(0, layers, 2),
            "all": range(layers),
        }[placement]
    )


@dataclass(frozen=True)
class PersonalLayers:
    """Which layers belong to one object each, and in which form.

    Attributes:
        kind: "independent", or "low_rank" combinations of a shared basis.
        rank: Elements of the basis.
        sdf: Which layers of the distance network.
        colour: Which layers of the colour network.
    """

    kind: Kind = "low_rank"
    rank: int = 1000
    sdf: Placement = "first_half"
    colour: Placement = "first_half"


USUAL_LAYERS = PersonalLayers()


class SceneField(nn.Module):
    """Distance, colour and sharpness of several objects, and what is around each.

    Args:
        objects: How many.
        personal: Which layers belong to one object each.
        weight_norm: Of layers that all share; NeuS has it, Multi-NeuS does not.
        sdf: Makes the distance network from its layers; for other sizes.
        colour: Makes the colour network.
        background: Makes the field around an object; none if absent.
    """

    def __init__(
        self,
        objects: int = 1,
        personal: PersonalLayers = USUAL_LAYERS,
        weight_norm: bool = False,
        sdf: Callable[[MakeLayer], SDFNetwork] = SDFNetwork,
        colour: Callable[[MakeLayer], ColourNetwork] = ColourNetwork,
        background: Callable[[], BackgroundField] | None = None,
    ) -> None:
        super().__init__()

        def layer(
            own: Placement,
            number: int,
            count: int,
            inputs: int,
            outputs: int,
            initialise: Initialise,
        ) -> ObjectLinear:
            if number not in placed(own, count):
                return SharedLinear(inputs, outputs, initialise, weight_norm)
            if personal.kind == "independent":
                return IndependentLinear(inputs, outputs, initialise, objects)
            return LowRankLinear(inputs, outputs, initialise, objects, personal.rank)

        self.objects, self.low_rank = objects, personal.kind == "low_rank"
        self.sdf = sdf(partial(layer, personal.sdf))
        self.colour = colour(partial(layer, personal.colour))
        self.deviation = Deviation()
        self.background = nn.ModuleList(
            [] if background is None else [background() for _ in range(objects)]
        )

    def of(self, objects: Int[Tensor, " object"]) -> ObjectFields:
        """The fields of some objects.

        Args:
            objects: Their numbers.
        """
        return ObjectFields(
            self, objects, self.sdf.weights(objects), self.colour.weights(objects)
        )

    def newcomer(self, shares: Float[Tensor, " object"] | None = None) -> SceneField:
        """A field of one person more, who begins as a blend; without a background.

        Personal layers are new, what people share is shared with this field too (Multi-
        NeuS).

        Args:
            shares: Of all objects in the blend, which sum to one; the mean if absent.
        """
        if shares is None:
            shares = self.equal_shares()
        alone = copy.copy(self)
        alone._modules = dict(self._modules)
        alone.objects = 1
        for name in ("sdf", "colour"):
            network = copy.copy(getattr(self, name))
            network._modules = dict(network._modules)
            network.layers = nn.ModuleList(
                layer.newcomer(shares) for layer in getattr(self, name).layers
            )
            setattr(alone, name, network)
        alone.background = nn.ModuleList()
        return alone

    def equal_shares(self) -> Float[Tensor, " object"]:
        """The blend that is the mean of all objects."""
        device = self.deviation.variance.device
        return torch.full((self.objects,), 1 / self.objects, device=device)

    def personal(self, object: int) -> list[nn.Parameter]:
        """The parameters that belong to one object alone, its background's too.

        Args:
            object: Its number.
        """
        layers = (*self.sdf.layers, *self.colour.layers)
        own = [p for layer in layers for p in layer.personal(object)]
        around = self.background[object : object + 1]
        return own + list(around.parameters())


@dataclass(frozen=True)
class ObjectFields:
    """Fields of some objects, whose weights are put together once for many points.

    Attributes:
        field: That they are part of.
        objects: Their numbers.
        sdf_weights: Of the distance network.
        colour_weights: Of the colour network.
    """

    field: SceneField
    objects: Int[Tensor, " object"]
    sdf_weights: list[Weights]
    colour_weights: list[Weights]

    def distance(self, points: Float[Tensor, "*points 3"]) -> Float[Tensor, "*points"]:
        """Signed distances alone; the first axis is that of the objects."""
        flat = points.flatten(1, -2)
        return self.field.sdf.distance(flat, self.sdf_weights).view(points.shape[:-1])

    def surface(self, points: Float[Tensor, "object point 3"]) -> Surface:
        """Signed distances, their gradient and features."""
        surface: Surface = self.field.sdf(points, self.sdf_weights)
        return surface

    def colour(
        self,
        points: Float[Tensor, "object point 3"],
        directions: Float[Tensor, "object point 3"],
        surface: Surface,
    ) -> Float[Tensor, "object point 3"]:
        """Colours in [0, 1].

        Args:
            points: In the unit sphere's frame.
            directions: Of the rays, of unit length.
            surface: From :meth:`surface`, of the same points.
        """
        weights = self.colour_weights
        colour: Tensor = self.field.colour(points, directions, surface, weights)
        return colour

    def sharpness(self) -> Float[Tensor, ""]:
        """Of the surface."""
        sharpness: Tensor = self.field.deviation()
        return sharpness

    @property
    def background(self) -> list[BackgroundField]:
        """What is around each object; nothing if the field has no backgrounds."""
        around = self.field.background
        return [around[number] for number in self.objects.tolist()] if around else []


class BlendedHead(nn.Module):
    """One person as a blend of all people of a field, the same in every layer.

    A photo says little about a head; the shares of the blend are as many numbers as
    there are people, and most blends of heads are heads. A place to begin from before
    anything else of a new person is fitted.

    Args:
        people: Field of many.
    """

    def __init__(self, people: SceneField) -> None:
        super().__init__()
        self.people = people
        self.lean = nn.Parameter(torch.zeros(people.objects))

    @property
    def shares(self) -> Float[Tensor, " object"]:
        """Of all people; they sum to one."""
        shares: Tensor = self.people.equal_shares() + self.lean - self.lean.mean()
        return shares

    def distance_from_mean(self) -> Float[Tensor, ""]:
        """Squared difference from equal shares, times how many people there are."""
        apart = self.shares - self.people.equal_shares()
        return self.people.objects * apart.square().sum()

    def of(self, objects: Int[Tensor, " object"]) -> ObjectFields:
        """The field of the blend.

        Args:
            objects: Its number, 0, as often as it is asked for.
        """
        networks: tuple[Any, ...] = (self.people.sdf, self.people.colour)
        sdf, colour = (
            [layer.blend(self.shares) for layer in network.layers]
            for network in networks
        )
        return ObjectFields(self.people, objects, sdf, colour)

    def newcomer(self) -> SceneField:
        """A field of that one person, to be fitted further."""
        return self.people.newcomer(self.shares.detach())
