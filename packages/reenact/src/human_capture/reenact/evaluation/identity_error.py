"""How far drawn people are from the people they should be.

Descriptors are those of a network that recognises people, of unit length. The official
protocol of the latent pose descriptors compares every drawn picture with the mean over
the target's pictures and leaves that mean shorter than 1, so that even perfect pictures
have an error. The renormalised figure does not have this offset.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.functional import normalize
from torchmetrics import Metric


def identity_errors(
    drawn: Float[Tensor, "picture number"],
    targets: Float[Tensor, "picture number"],
    renormalise: bool = False,
) -> Float[Tensor, " picture"]:
    """One minus the inner product with the target's mean descriptor.

    Args:
        drawn: Descriptor of each drawn picture, of unit length.
        targets: Mean of the descriptors of the person who should be in it.
        renormalise: Bring that mean to unit length first.
    """
    wanted = normalize(targets, dim=-1) if renormalise else targets
    return 1 - (drawn * wanted).sum(-1)


def recognised(
    drawn: Float[Tensor, "picture number"],
    people: Float[Tensor, "person number"],
    wanted: Int[Tensor, " picture"],
) -> Bool[Tensor, " picture"]:
    """Whether the person who should be in a picture is the nearest of all.

    Args:
        drawn: Descriptor of each drawn picture.
        people: Mean descriptor of everybody.
        wanted: Row of the person who should be in the picture.
    """
    likeness = normalize(drawn, dim=-1) @ normalize(people, dim=-1).T
    return likeness.argmax(-1) == wanted


class IdentityError(Metric):
    """Mean identity error, raw as in the official protocol and renormalised.

    Every state is a sum, so the result is the same however pictures are split over
    batches and processes.
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    raw: Tensor
    renormalised: Tensor
    count: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name in ("raw", "renormalised", "count"):
            zero = torch.zeros((), dtype=torch.float64)
            self.add_state(name, zero, dist_reduce_fx="sum")

    def update(
        self,
        drawn: Float[Tensor, "picture number"],
        targets: Float[Tensor, "picture number"],
    ) -> None:
        """Add pictures.

        Args:
            drawn: Descriptor of each drawn picture, of unit length.
            targets: Mean of the descriptors of the person who should be in it.
        """
        drawn, targets = drawn.double(), targets.double()
        self.raw += identity_errors(drawn, targets).sum()
        self.renormalised += identity_errors(drawn, targets, renormalise=True).sum()
        self.count += len(drawn)

    def compute(self) -> dict[str, Float[Tensor, ""]]:
        """Both means, ``raw`` and ``renormalised``; NaN without pictures."""
        return {
            "raw": self.raw / self.count,
            "renormalised": self.renormalised / self.count,
        }
