"""The one-euro filter: a low pass whose cut-off rises with speed.

Casiez, Roussel and Vogel, "1 Euro Filter" (CHI 2012),
https://doi.org/10.1145/2207676.2208639, algorithm 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Generic, TypeVar

from jaxtyping import Float
from torch import Tensor

from human_capture.common.errors import InputError

Vector = Float[Tensor, " component"]

Signal = TypeVar("Signal", float, Vector)

_TINY = 1e-12


def relative_speed(velocity: Vector, value: Vector) -> float:
    """Speed in lengths of the vector a second, so that its scale does not matter.

    Args:
        velocity: Change in a second.
        value: What changes.
    """
    return float(velocity.norm()) / max(float(value.norm()), _TINY)


class OneEuro(Generic[Signal]):
    """A low pass that trails only what is slow; of a number or of a vector.

    A vector has one cut-off, from one speed. Where its axes mean nothing by themselves,
    as those of a descriptor, a speed that does not depend on them makes a result that
    does not; and with one share for all it stays a weighted mean of what was seen.
    Numbers that are to have a cut-off each are given a filter each.

    It needs no look ahead and no constant frame rate: it also runs live.

    Args:
        cutoff: In Hz, at rest; lower is calmer. The paper's minimum cut-off.
        beta: Hz by which the cut-off rises at a speed of 1; higher trails less.
        speed: From the smoothed velocity, in units of the signal a second, and the
            smoothed signal. The paper's is the absolute velocity of a number.
        velocity_cutoff: In Hz, of the velocity.
    """

    def __init__(
        self,
        cutoff: float,
        beta: float,
        speed: Callable[[Signal, Signal], float],
        velocity_cutoff: float = 1.0,
    ) -> None:
        if cutoff <= 0 or beta < 0 or velocity_cutoff <= 0:
            raise InputError(
                f"A cut-off of {cutoff:g} Hz that rises by {beta:g} Hz, with one of "
                f"{velocity_cutoff:g} Hz for the speed, smooths nothing; the cut-offs "
                "are above 0 and the rise is not below."
            )
        self.cutoff = cutoff
        self.beta = beta
        self.speed: Callable[[Signal, Signal], float] = speed  # mypy cannot infer it
        self.velocity_cutoff = velocity_cutoff
        self.reset()

    def reset(self) -> None:
        """Forget what was before, as after a cut."""
        self._smooth: Signal | None = None
        self._velocity: Signal | None = None
        self._time = -math.inf

    def __call__(self, value: Signal, time: float) -> Signal:
        """The smoothed signal at a moment.

        Args:
            value: As it was seen.
            time: Of it, in seconds; a moment that is not after the last is ignored.
        """
        if self._smooth is None or self._velocity is None:
            self._smooth, self._velocity = value, 0 * value
            self._time = time
        step = time - self._time
        if step <= 0:
            return self._smooth
        change = value - self._smooth
        alpha = _smoothing_factor(self.velocity_cutoff, step)
        self._velocity = self._velocity + alpha * (change / step - self._velocity)
        speed = self.speed(self._velocity, self._smooth)
        alpha = _smoothing_factor(self.cutoff + self.beta * speed, step)
        self._smooth, self._time = self._smooth + alpha * change, time
        return self._smooth


def _smoothing_factor(cutoff: float, step: float) -> float:
    """Share of the new value, ``1 / (1 + tau / step)`` with ``tau = 1 / (2 pi f)``."""
    rate = 2 * math.pi * cutoff * step
    return rate / (rate + 1)
