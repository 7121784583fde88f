"""What a model makes of the people that it is judged on."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from human_capture.reenact.evaluation.material import Material
from human_capture.reenact.evaluation.methods import Imitator
from human_capture.reenact.evaluation.people import Described, People

Draw = Callable[[int, Int[Tensor, " frame"]], Float[Tensor, "frame 3 height width"]]
"""Pictures of a person, given by number, doing as in frames of ``Material.people``."""


class Drawings:
    """What a model makes of all people, each thing on first use.

    Args:
        model: To be judged.
        material: What it is judged with.
    """

    def __init__(self, model: Imitator, material: Material) -> None:
        self.model, self.material = model, material

    @cached_property
    def descriptors(self) -> Float[Tensor, "frame pose"]:
        """Pose descriptors of all frames."""
        return self.judged.descriptors

    @cached_property
    def judged(self) -> Described:
        """All people and their pose descriptors."""
        return self._described(self.material.people)

    @cached_property
    def learnt(self) -> Described:
        """The people from whom probes learn, and their pose descriptors."""
        return self._described(self.material.learners)

    def _described(self, people: People) -> Described:
        parts = torch.split(torch.arange(len(people)), 256)
        pictures = (people[part].pictures() for part in parts)
        each = [self.model.describe(part) for part in pictures]
        return Described(people, torch.cat(each))

    @cached_property
    def identities(self) -> list[Float[Tensor, " identity"]]:
        """Identity descriptors of everybody."""
        people, shots = self.material.people, self.material.shots
        return [
            self.model.identity(people[shots(person)].pictures())
            for person in range(people.count)
        ]

    def draw(
        self, person: int, frames: Int[Tensor, " frame"]
    ) -> Float[Tensor, "frame 3 size size"]:
        """A person doing as in frames."""
        return self.model.draw(self.identities[person], self.descriptors[frames])
