"""How far the landmarks of drawn heads are from those of the heads they should equal.

Landmarks are iBUG's 68 as shares of the picture's side. The row of a face that was not
found is not a number.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torchmetrics import Metric

EYES = (36, 45)
"""Outer corners of both eyes."""

NEAREST = 1e-2
"""Smallest distance of the eyes that errors are divided by, as in the official code."""


def inter_ocular(
    landmarks: Float[Tensor, "*batch 68 2"],
) -> Float[Tensor, "*batch"]:
    """Distance of the outer eye corners, at least ``NEAREST``."""
    right, left = (landmarks[..., point, :] for point in EYES)
    distance: Tensor = (left - right).norm(dim=-1)
    return distance.clamp_min(NEAREST)


def landmark_errors(
    found: Float[Tensor, "*batch 68 2"], true: Float[Tensor, "*batch 68 2"]
) -> Float[Tensor, "*batch"]:
    """Mean distance of landmarks over the inter-ocular distance of the true ones."""
    distance: Tensor = (found - true).norm(dim=-1)
    return distance.mean(-1) / inter_ocular(true)


def scaled_and_shifted(
    found: Float[Tensor, "*batch 68 2"], true: Float[Tensor, "*batch 68 2"]
) -> Float[Tensor, "*batch 68 2"]:
    """Landmarks scaled and moved to where the squared distances are smallest.

    Args:
        found: What is moved; one scale and one shift for each face.
        true: Where to.
    """
    middle, aim = found.mean(-2, keepdim=True), true.mean(-2, keepdim=True)
    centred = found - middle
    product = (centred * (true - aim)).sum((-1, -2), keepdim=True)
    square = centred.square().sum((-1, -2), keepdim=True)
    # points that all coincide have no size: any scale serves
    scale = product / square.clamp_min(torch.finfo(square.dtype).tiny)
    return scale * centred + aim


class PoseError(Metric):
    """Mean landmark error in inter-ocular distances, as is and scaled and shifted.

    Every state is a sum, so the result is the same however frames are split over
    batches and processes.

    Args:
        stand_in: Face that takes the place of one that was not found, as in the
            official code.
    """

    is_differentiable = False
    higher_is_better = False
    full_state_update = False
    stand_in: Tensor
    plain: Tensor
    aligned: Tensor
    count: Tensor
    drawn_missing: Tensor
    driver_missing: Tensor

    def __init__(self, stand_in: Float[Tensor, "68 2"]) -> None:
        super().__init__()
        self.register_buffer("stand_in", stand_in.double())
        for name in ("plain", "aligned", "count", "drawn_missing", "driver_missing"):
            zero = torch.zeros((), dtype=torch.float64)
            self.add_state(name, zero, dist_reduce_fx="sum")

    def update(
        self,
        drawn: Float[Tensor, "frame 68 2"],
        driver: Float[Tensor, "frame 68 2"],
    ) -> None:
        """Add frames.

        Args:
            drawn: Landmarks of the drawn head.
            driver: Landmarks of the head that it should do as.
        """
        self.drawn_missing += missing(drawn).sum()
        self.driver_missing += missing(driver).sum()
        drawn, driver = (self._whole(faces.double()) for faces in (drawn, driver))
        self.plain += landmark_errors(drawn, driver).sum()
        moved = scaled_and_shifted(drawn, driver)
        self.aligned += landmark_errors(moved, driver).sum()
        self.count += len(drawn)

    def _whole(self, faces: Float[Tensor, "frame 68 2"]) -> Float[Tensor, "frame 68 2"]:
        return torch.where(missing(faces)[:, None, None], self.stand_in, faces)

    def compute(self) -> dict[str, Float[Tensor, ""]]:
        """Means ``plain`` and ``aligned``, and how many faces were not found."""
        return {
            "plain": self.plain / self.count,
            "aligned": self.aligned / self.count,
            "drawn_missing": self.drawn_missing,
            "driver_missing": self.driver_missing,
        }


def missing(landmarks: Float[Tensor, "*batch 68 2"]) -> Bool[Tensor, "*batch"]:
    """Whether a face was not found."""
    return ~landmarks.isfinite().all(-1).all(-1)
