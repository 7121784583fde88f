"""The stage of a motion: time, chance and smooth curves over both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from human_capture.common.people.skeleton import Skeleton


def ease(share: Float[np.ndarray, "*batch"]) -> Float[np.ndarray, "*batch"]:
    """Minimum-jerk progress from 0 to 1; flat outside."""
    u = np.clip(share, 0, 1)
    return u * u * u * (10 - 15 * u + 6 * u * u)


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

    def constant(self, value: float = 0.0) -> Float[np.ndarray, "frame"]:
        """The same number in each frame."""
        return np.full(len(self), value)

    def keyed(
        self,
        draw: Callable[[int], Float[np.ndarray, "value"]],
        move: tuple[float, float],
        hold: tuple[float, float] = (0.0, 0.0),
    ) -> Float[np.ndarray, "frame value"]:
        """A curve through drawn values, still at each and smooth between them.

        Args:
            draw: Gives the value of the n-th key.
            move: Shortest and longest time in seconds between two values.
            hold: Shortest and longest rest at a value.
        """
        end, keys, leave, arrive = self.time[-1], [draw(0)], [], []
        clock = -self.uniform(0, move[1] + hold[1])
        while clock < end:
            clock += self.uniform(*hold)
            leave.append(clock)
            clock += self.uniform(*move)
            arrive.append(clock)
            keys.append(draw(len(keys)))
        index = np.searchsorted(leave, self.time, side="right") - 1
        start, stop = np.array(leave)[index], np.array(arrive)[index]
        progress = np.where(index < 0, 0.0, (self.time - start) / (stop - start))
        values, index = np.array(keys), np.maximum(index, 0)
        share = ease(progress)[:, None]
        return values[index] * (1 - share) + values[index + 1] * share

    def drift(self, period: float, size: int = 3) -> Float[np.ndarray, "frame value"]:
        """Aimless wandering in [-1, 1]."""
        return self.keyed(
            lambda _: self.random.uniform(-1, 1, size),
            (0.5 * period, 1.3 * period),
            (0, 0.3 * period),
        )

    def sway(self, period: float) -> Float[np.ndarray, "frame"]:
        """Aimless wandering of one number in [-1, 1]."""
        return self.drift(period, 1)[:, 0]

    def bouts(
        self,
        move: tuple[float, float],
        hold: tuple[float, float],
        least: float = 0.5,
    ) -> Float[np.ndarray, "frame"]:
        """A course between 0 and up to 1 and back, again and again.

        Args:
            move: Duration of going there and of coming back, in seconds.
            hold: Duration of staying at either end.
            least: The smallest extent of a bout.
        """
        first = int(self.random.integers(2))
        heights = self.keyed(
            lambda k: np.array([(k + first) % 2 * self.uniform(least, 1)]), move, hold
        )
        return heights[:, 0]
