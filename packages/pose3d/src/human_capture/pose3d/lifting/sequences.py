"""The batch: what one camera sees of people over time, and the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor


@dataclass(frozen=True)
class Sequences:
    """Key points of people over time, each seen by a camera of its own.

    Attributes:
        rays: Key points in pinhole coordinates (x/z, y/z), as a calibration that may
            be wrong gives them.
        confidence: In [0, 1]; 0 where not seen.
        joints: True positions in the camera's frame, in metres.
        up: True direction away from the ground, in the camera's frame.
        contact: Whether the heels and toes of ``CONTACTS`` stand on the ground.
        height: Of the camera above the ground, in metres.
        action: Number of the action in the data set's list.
    """

    rays: Float[Tensor, "batch frame joint 2"]
    confidence: Float[Tensor, "batch frame joint"]
    joints: Float[Tensor, "batch frame joint 3"]
    up: Float[Tensor, "batch frame 3"]
    contact: Bool[Tensor, "batch frame contact"]
    height: Float[Tensor, "batch frame"]
    action: Int[Tensor, " batch"]

    def __len__(self) -> int:
        return len(self.joints)

    def to(self, device: torch.device | str) -> Sequences:
        """The same on another device; Lightning calls this on every batch."""
        return self.map(lambda tensor: tensor.to(device))

    def map(self, function: Callable[[Tensor], Tensor]) -> Sequences:
        """Apply a function to every tensor."""
        return Sequences(*(function(tensor) for tensor in vars(self).values()))
