"""Where a video cuts to another shot, found while its frames go by.

Two images are compared by a thumbnail and by a histogram of its colours, to which
motion of the camera means little. Brightness and contrast are levelled out before, so
that a change of light is none of the picture. A cut is a change that stands out from
those before and after it, which those of a fade or pan do not, and that lasts, which a
flash does not.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from human_capture.common.video import Frame

_FLAT = 0.1
"""Contrast, of 1 at most, below which images are not stretched further: noise is not,
and the last steps of a fade to black stay as small as the others."""

_BINS = 7
"""Of each colour; odd, so that what is nearly flat has its noise within one."""

_WIDEST = 2.4
"""Standard deviations from the mean up to which colours are told apart."""


@dataclass(frozen=True)
class _Look:
    """What is remembered of an image.

    Attributes:
        thumbnail: Every colour has mean 0, all together standard deviation 1 or less.
        histogram: Share of every colour of the same.
    """

    thumbnail: Float32[np.ndarray, "row column 3"]
    histogram: Float32[np.ndarray, " colour"]

    @classmethod
    def at(cls, image: UInt8[np.ndarray, "height width 3"]) -> _Look:
        step = max(1, min(image.shape[:2]) // 144)
        coarse = np.ascontiguousarray(image[::step, ::step])
        small = cv2.resize(coarse, (64, 64), interpolation=cv2.INTER_AREA)
        level = small.astype(np.float32) / 255
        level -= level.mean((0, 1))
        level /= max(float(level.std()), _FLAT)
        colours = cv2.calcHist(
            [level.clip(-_WIDEST, _WIDEST)],
            [0, 1, 2],
            None,
            [_BINS] * 3,
            [-2.5, 2.5] * 3,
        )
        thumbnail = cv2.resize(level, (16, 16), interpolation=cv2.INTER_AREA)
        return cls(thumbnail, colours.ravel() / level[..., 0].size)

    def change(self, other: _Look) -> float:
        """How different another image is: 0 for the same, about 0.3 for any other."""
        layout = float(np.abs(self.thumbnail - other.thumbnail).mean()) / 2
        colour = float(np.abs(self.histogram - other.histogram).sum()) / 2
        return math.sqrt(layout * colour)


class CutDetector:
    """Finds cuts in frames that pass through.

    Args:
        least: Change, from 0 to about 0.5, below which nothing is a cut. Shots of the
            same room from the same side differ by 0.15, frames of a shot by 0.02.
        ratio: How much larger a cut is than the changes around it.
        before: Frames before that it is compared with.
        ahead: The same after it; as many frames are held back.

    Attributes:
        cuts: Numbers of the frames with which a new shot begins.
    """

    def __init__(
        self,
        least: float = 0.12,
        ratio: float = 2.5,
        before: int = 12,
        ahead: int = 4,
    ) -> None:
        self.least, self.ratio = least, ratio
        self.before, self.ahead = before, ahead
        self.cuts: list[int] = []
        self._looks: list[_Look] = []
        self._changes: list[float] = []  # from the look before

    @property
    def memory(self) -> int:
        """Frames before another on which it depends whether that is a cut."""
        return self.before + self.ahead + 1

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same frames; ``cuts`` is complete up to the last that was passed on.

        Args:
            frames: Of one video, in order.
        """
        waiting: deque[Frame] = deque()
        for frame in frames:
            self._remember(frame)
            waiting.append(frame)
            if len(waiting) > self.ahead:
                yield self._judged(waiting)
        while waiting:
            yield self._judged(waiting)

    def _remember(self, frame: Frame) -> None:
        look = _Look.at(frame.image)
        self._changes.append(self._looks[-1].change(look) if self._looks else 0.0)
        self._looks.append(look)
        kept = self.before + self.ahead + 2
        self._looks, self._changes = self._looks[-kept:], self._changes[-kept:]

    def _judged(self, waiting: deque[Frame]) -> Frame:
        """The frame that waited longest, after a decision about it."""
        place = len(self._looks) - len(waiting)
        frame = waiting.popleft()
        recent = self.cuts[-1] if self.cuts else -self.ahead
        if frame.index - recent >= self.ahead and self._is_cut(place):
            self.cuts.append(frame.index)
        return frame

    def _is_cut(self, place: int) -> bool:
        change = self._changes[place]
        if place == 0 or change < self.least:
            return False
        around = self._changes[max(1, place - self.before) : place]
        around += self._changes[place + 1 :]
        if change < self.ratio * _second_largest(around):
            return False
        earlier = self._looks[max(0, place - self.ahead - 1) : place]
        later = self._looks[place : place + self.ahead + 1]
        return min(a.change(b) for a in earlier for b in later) >= self.least


def _second_largest(changes: Sequence[float]) -> float:
    """Passes over one other cut, or the second half of one that takes two frames."""
    return sorted(changes)[-2] if len(changes) > 1 else 0.0
