"""Squares that follow a head calmly: the crop's jitter would be the result's."""

from __future__ import annotations

import math

import torch

from human_capture.common.errors import InputError
from human_capture.common.one_euro import OneEuro, Vector
from human_capture.reenact.crops import Square

_OVERLAP = 0.4  # least of two squares of a moving head, intersection over union


class SquareFilter:
    """A low pass over the squares of successive frames, without looking ahead.

    It begins anew by itself where a square hardly overlaps the last one.

    The one-euro filter: the cut-off rises with speed, so a still head stands still and
    a fast one is not left behind. Speed counts in sides of the square a second, so the
    filter does the same at all resolutions.

    Args:
        fps: Frames a second; may change from frame to frame.
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
        self._smooth = OneEuro(cutoff, agility, _sides)
        self._time = 0.0
        self._last: Square | None = None

    def reset(self) -> None:
        """Forget what was before, as after a cut."""
        self._smooth.reset()

    def __call__(self, square: Square) -> Square:
        """The steadied square of the next frame.

        Args:
            square: As it follows from the landmarks of this frame alone.
        """
        if self._last is not None and is_jump(square, self._last):
            self.reset()
        self._last = square
        half = square.side / 2
        place = [square.left + half, square.top + half, square.side]
        self._time += 1 / self.fps
        steady = self._smooth(torch.tensor(place, dtype=torch.float64), self._time)
        x, y, side = steady.tolist()
        whole = max(1, round(side))
        left, top = (math.floor(middle - whole / 2 + 0.5) for middle in (x, y))
        return Square(left, top, whole)


def is_jump(square: Square, last: Square) -> bool:
    """Whether a head has not moved from one square to the next, but a cut lies between.

    So it is wherever a face is not near the last one to ``faces.FaceTracker``.

    Args:
        square: In a frame, in pixels.
        last: In the frame before.
    """
    across = _shared(square.left, square.side, last.left, last.side)
    shared = across * _shared(square.top, square.side, last.top, last.side)
    return shared < _OVERLAP * (square.side**2 + last.side**2 - shared)


def _shared(start: int, length: int, other_start: int, other_length: int) -> int:
    """Length that two intervals have in common."""
    stop = min(start + length, other_start + other_length)
    return max(0, stop - max(start, other_start))


def _sides(velocity: Vector, place: Vector) -> float:
    """Speed of the fastest of middle and side."""
    return float(velocity.abs().max() / place[2])
