# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""The stage of a motion: time, chance and smooth curves over both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from human_capture.common.people.anatomy.skeleton import Skeleton
from human_capture.common.people.movement.orientations import ease


def keyed_curve(
    time: Float[np.ndarray, " frame"],
    random: np.random.Generator,
    draw: Callable[[int], Float[np.ndarray, " value"]],
    move: tuple[float, float],
    hold: tuple[float, float],
) -> Float[np.ndarray, "frame value"]:
    """A curve through drawn values, still at each and smooth between them.

    Args:
        time: Of each frame, in seconds, ascending.
        random: Draws the durations.
        draw: Gives the value of the n-th key.
        move: Shortest and longest time in seconds between two values.
        hold: Shortest and longest rest at a value.
    """
    keys = [draw(0)]
    leave: list[float] = []
    arrive: list[float] = []
    clock = -random.uniform(0, move[1] + hold[1])
    while not arrive or clock < time[-1]:
        clock += random.uniform(*hold)
        leave.append(clock)
        clock += random.uniform(*move)
        arrive.append(clock)
        keys.append(draw(len(keys)))
    index = np.searchsorted(leave, time, side="right") - 1
    start, stop = np.array(leave)[index], np.array(arrive)[index]
    share = ease(np.where(index < 0, 0.0, (time - start) / (stop - start)))[:, None]
    values, index = np.array(keys, float), np.maximum(index, 0)
    return values[index] * (1 - share) + values[index + 1] * share


class Stage:
    """Frame times of one motion, with random but smooth curves over them.

    Every curve starts at a random moment of its own course, so that a motion of a
    single frame is as varied as a frame out of a long one.

    Args:
        skeleton: Who moves; targets are scaled by its lengths.
        seed: The same seed gives the same motion.
        frames: How many.
        fps: Frames a second.
    """

    def __init__(self, skeleton: Skeleton, seed: int, frames: int, fps: float) -> None:
        self.skeleton = skeleton
        self.random = np.random.default_rng(seed)
        self.fps = fps
        self.time = np.arange(frames) / fps

    def __len__(self) -> int:
        return len(self.time)

    def uniform(self, low: float, high: float) -> float:
        """One random number, the same for all frames."""
        return float(self.random.uniform(low, high))

    def chance(self, probability: float) -> bool:
        """True with some probability."""
        return bool(self.random.random() < probability)

    def constant(self, value: float = 0.0) -> Float[np.ndarray, " frame"]:
        """The same number in each frame."""
        return np.full(len(self), value)

    def keyed(
        self,
        draw: Callable[[int], Float[np.ndarray, " value"]],
        move: tuple[float, float],
        hold: tuple[float, float] = (0.0, 0.0),
    ) -> Float[np.ndarray, "frame value"]:
        """A curve through drawn values, still at each and smooth between them.

        Args:
            draw: Gives the value of the n-th key.
            move: Shortest and longest time in seconds between two values.
            hold: Shortest and longest rest at a value.
        """
        return keyed_curve(self.time, self.random, draw, move, hold)

    def drift(self, period: float, size: int = 3) -> Float[np.ndarray, "frame value"]:
        """Aimless wandering in [-1, 1]."""
        return self.keyed(
            lambda _: self.random.uniform(-1, 1, size),
            (0.5 * period, 1.3 * period),
            (0.0, 0.3 * period),
        )

    def sway(self, period: float) -> Float[np.ndarray, " frame"]:
        """Aimless wandering of one number in [-1, 1]."""
        return self.drift(period, 1)[:, 0]

    def bouts(
        self,
        move: tuple[float, float],
        hold: tuple[float, float],
        least: float = 0.5,
    ) -> Float[np.ndarray, " frame"]:
        """A course between 0 and up to 1 and back, again and again.

        Args:
            move: Duration of going there and of coming back, in seconds.
            hold: Duration of staying at either end.
            least: The smallest extent of a bout.
        """
        first = int(self.random.integers(2))
        heights = self.keyed(
            lambda k: np.array([(k + first) % 2 * self.uniform(least, 1.0)]), move, hold
        )
        return heights[:, 0]
