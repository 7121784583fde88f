"""Squares that follow a head calmly: the crop's jitter would be the result's."""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

from human_capture.common.errors import InputError
from human_capture.reenact.crops import Square


class SquareFilter:
    """A low pass over the squares of successive frames, without looking ahead.

    The one-euro filter (Casiez et al., CHI 2012): the cut-off rises with speed, so a
    still head stands still and a fast one is not left behind. Middle and side are
    measured in sides of the square, so the filter does the same at all resolutions.

    Args:
        fps: Frames a second.
        cutoff: In Hz, for a head at rest; lower is calmer.
        agility: How many Hz the cut-off rises when the head moves by one side of the
            square in a second.
    """

    def __init__(self, fps: float, cutoff: float = 1.0, agility: float = 5.0) -> None:
        if fps <= 0 or cutoff <= 0 or agility < 0:
            raise InputError(
                f"Squares cannot be steadied with fps={fps}, cutoff={cutoff} and "
                f"agility={agility}; the first two are above 0, the last not below."
            )
        self.fps = fps
        self.cutoff = cutoff
        self.agility = agility
        self.reset()

    def reset(self) -> None:
        """Forget what was before, as after a cut."""
        self._place: Float[np.ndarray, " 3"] | None = None
        self._speed = np.zeros(3)

    def __call__(self, square: Square) -> Square:
        """The steadied square of the next frame.

        Args:
            square: As it follows from the landmarks of this frame alone.
        """
        half = square.side / 2
        wanted = np.array([square.left + half, square.top + half, square.side])
        if self._place is None:
            self._place = wanted
        step = wanted - self._place
        rate = step * (self.fps / self._place[2])
        self._speed += self._blend(1.0) * (rate - self._speed)
        cutoff = self.cutoff + self.agility * float(np.abs(self._speed).max())
        self._place = self._place + self._blend(cutoff) * step
        x, y, side = self._place.tolist()
        whole = max(1, round(side))
        left, top = (math.floor(middle - whole / 2 + 0.5) for middle in (x, y))
        return Square(left, top, whole)

    def _blend(self, cutoff: float) -> float:
        """Share of the new value in an exponential average with that cut-off."""
        rate = 2 * math.pi * cutoff / self.fps
        return rate / (rate + 1)
