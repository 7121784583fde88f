"""Calmer descriptors: the one-euro filter on a vector, at any moments.

Casiez, Roussel and Vogel, "1 Euro Filter" (CHI 2012),
https://doi.org/10.1145/2207676.2208639, algorithm 1.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.errors import InputError

Smoothing = Literal["none", "one-euro"]

_TINY = 1e-12


class OneEuro:
    """A low pass whose cut-off rises with speed, so that it trails only what is slow.

    The whole vector has one cut-off, from the norm of its velocity. The axes of a
    descriptor mean nothing by themselves, so the result should not depend on them; and
    with one share for all of them it stays a weighted mean of descriptors that were
    seen, where a share for each would make up faces that nobody has made. Speed counts
    in lengths of the descriptor a second, so the scale of a network does not matter.

    It needs no look ahead and no constant frame rate: it also runs live.

    Args:
        cutoff: In Hz, of a vector at rest; lower is calmer.
        agility: Hz by which the cut-off rises when the vector changes by its own length
            in a second; higher trails less.
        speed_cutoff: In Hz, of the velocity.
    """

    def __init__(
        self, cutoff: float = 1.5, agility: float = 4.0, speed_cutoff: float = 1.0
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
        self.reset()

    def reset(self) -> None:
        """Forget what was before, as after a cut."""
        self._smooth: Tensor | None = None
        self._velocity: Tensor | None = None
        self._time = -math.inf

    def __call__(
        self, value: Float[Tensor, " component"], time: float
    ) -> Float[Tensor, " component"]:
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
        length = max(float(self._smooth.norm()), _TINY)
        speed = float(self._velocity.norm()) / length
        share = _share(self.cutoff + self.agility * speed, step)
        self._smooth, self._time = self._smooth + share * change, time
        return self._smooth


def _share(cutoff: float, step: float) -> float:
    """Share of the new value, ``1 / (1 + tau / step)`` with ``tau = 1 / (2 pi f)``."""
    rate = 2 * math.pi * cutoff * step
    return rate / (rate + 1)
