"""Random operations out of several, chosen for each picture of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

Operation = Callable[
    [Float[Tensor, "clip 3 height width"], Generator],
    Float[Tensor, "clip 3 height width"],
]
"""A random change of pictures; each of the batch gets its own."""


def apply_chosen(
    operations: Sequence[Operation],
    chosen: Int[Tensor, " clip"],
    pictures: Float[Tensor, "clip 3 height width"],
    generator: Generator,
) -> Float[Tensor, "clip 3 height width"]:
    """Each picture after one of the operations, cut to [0, 1].

    Args:
        operations: To choose from.
        chosen: Number of the operation for each picture; -1 leaves it as it is.
        pictures: To be changed.
        generator: Of what the operations draw.
    """
    changed, chosen = pictures.clone(), chosen.cpu()
    for number in sorted({*chosen.tolist()} - {-1}):
        rows = (chosen == number).nonzero()[:, 0].to(pictures.device)
        changed[rows] = operations[number](pictures[rows], generator).clamp(0, 1)
    return changed


@dataclass(frozen=True)
class SomeOf:
    """A random number of the operations, in random order, none of them twice.

    Attributes:
        operations: To choose from, each as likely as the others.
        least: Operations for one picture.
        most: Operations for one picture.
    """

    operations: tuple[Operation, ...]
    least: int
    most: int

    def __call__(
        self, pictures: Float[Tensor, "clip 3 height width"], generator: Generator
    ) -> Float[Tensor, "clip 3 height width"]:
        """The pictures after the operations."""
        # choices stay where the generator is, which spares a GPU the way back
        clips, device = len(pictures), generator.device
        counts = torch.randint(
            self.least, self.most + 1, (clips,), generator=generator, device=device
        )
        order = torch.rand(
            clips, len(self.operations), generator=generator, device=device
        ).argsort(1)
        for slot in range(int(counts.max())):
            chosen = torch.where(slot < counts, order[:, slot], -1)
            pictures = apply_chosen(self.operations, chosen, pictures, generator)
        return pictures


def one_of(*operations: Operation) -> SomeOf:
    """Exactly one of the operations."""
    return SomeOf(operations, 1, 1)


@dataclass(frozen=True)
class Sometimes:
    """An operation that happens to some of the pictures.

    Attributes:
        operation: What happens.
        probability: That it happens to a picture.
    """

    operation: Operation
    probability: float

    def __call__(
        self, pictures: Float[Tensor, "clip 3 height width"], generator: Generator
    ) -> Float[Tensor, "clip 3 height width"]:
        """The pictures, some of them after the operation."""
        drawn = torch.rand(len(pictures), generator=generator, device=generator.device)
        chosen = torch.where(drawn < self.probability, 0, -1)
        return apply_chosen((self.operation,), chosen, pictures, generator)
