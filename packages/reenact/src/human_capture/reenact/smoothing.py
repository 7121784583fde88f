"""The one-euro filter on a vector, at any moments; it calms descriptors.

Casiez, Roussel and Vogel, "1 Euro Filter" (CHI 2012),
https://doi.org/10.1145/2207676.2208639, algorithm 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.errors import InputError

Smoothing = Literal["none", "one-euro"]

Vector = Float[Tensor, " component"]

_TINY = 1e-12


def lengths(velocity: Vector, value: Vector) -> float:
    """Speed in lengths of the vector a second, so that its scale does not matter.

    Args:
        velocity: Change in a second.
        value: What changes.
    """
    return float(velocity.norm()) / max(float(value.norm()), _TINY)


class OneEuro:
    """A low pass whose cut-off rises with speed, so that it trails only what is slow.

    The whole vector has one cut-off, from the norm of its velocity. The axes of a
    descriptor mean nothing by themselves, so the result should not depend on them; and
    with one share for all of them it stays a weighted mean of descriptors that were
    seen, where a share for each would make up faces that nobody has made.

    It needs no look ahead and no constant frame rate: it also runs live.

    Args:
        cutoff: In Hz, of a vector at rest; lower is calmer.
        agility: Hz by which the cut-off rises at a speed of 1; higher trails less.
        speed_cutoff: In Hz, of the velocity.
        speed: From the smoothed velocity and the smoothed vector.
    """

    def __init__(
        self,
        cutoff: float = 1.5,
        agility: float = 4.0,
        speed_cutoff: float = 1.0,
        speed: Callable[[Vector, Vector], float] = lengths,
    ) -> None:
        if cutoff <= 0 or agility < 0 or speed_cutoff <= 0:
            raise InputError(
                f"A cut-off of {cutoff:g} Hz that rises by {agility:g} Hz, with one of "
                f"{speed_cutoff:g} Hz for the speed, smooths nothing; the cut-offs are "
                "above 0 and the rise is not below."
            )
        self.cutoff = cutoff
        self.agility = agility
        self.speed_cutoff = speed_cutoff
        self.speed = speed
        self.reset()

    def reset(self) -> None:
        """Forget what was before, as after a cut."""
        self._smooth: Tensor | None = None
        self._velocity: Tensor | None = None
        self._time = -math.inf

    def __call__(self, value: Vector, time: float) -> Vector:
        """The smoothed vector at a moment.

        Args:
            value: As it was seen.
            time: Of it, in seconds; a moment that is not after the last is ignored.
        """
        if self._smooth is None or self._velocity is None:
            self._smooth, self._velocity = value, torch.zeros_like(value)
            self._time = time
        step = time - self._time
        if step <= 0:
            return self._smooth
        change = value - self._smooth
        share = _share(self.speed_cutoff, step)
        self._velocity = torch.lerp(self._velocity, change / step, share)
        speed = self.speed(self._velocity, self._smooth)
        share = _share(self.cutoff + self.agility * speed, step)
        self._smooth, self._time = self._smooth + share * change, time
        return self._smooth


def _share(cutoff: float, step: float) -> float:
    """Share of the new value, ``1 / (1 + tau / step)`` with ``tau = 1 / (2 pi f)``."""
    rate = 2 * math.pi * cutoff * step
    return rate / (rate + 1)
