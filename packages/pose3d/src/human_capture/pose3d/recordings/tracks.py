"""Who is who over time: 3D skeletons of successive frames joined into tracks.

A track moves on with constant velocity while nobody is assigned to it, and ends after
a while. Skeletons are assigned to tracks by the Hungarian algorithm on the median
distance of their joints; whoever is left starts a new track.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

_FORBIDDEN = 1e6


@dataclass
class _Track:
    number: int
    skeleton: Float[np.ndarray, "joint 3"]
    velocity: Float[np.ndarray, " 3"]
    unseen: float = 0.0

    def after(self, seconds: float) -> Float[np.ndarray, "joint 3"]:
        """Where the skeleton is expected; nobody keeps a velocity for long."""
        elapsed = min(self.unseen + seconds, 0.5)
        return self.skeleton + self.velocity * elapsed

    def move(self, skeleton: Float[np.ndarray, "joint 3"], seconds: float) -> None:
        """Take over a new observation; joints it lacks move along with the body."""
        elapsed = self.unseen + seconds
        step = median_offset(skeleton, self.skeleton)
        blend = min(1.0, elapsed / 0.1)  # averages over a tenth of a second
        self.velocity = self.velocity + blend * (step / elapsed - self.velocity)
        known = np.isfinite(skeleton)
        self.skeleton = np.where(known, skeleton, self.skeleton + step)
        self.unseen = 0.0


class Tracker:
    """Gives every skeleton of every frame the number of its person.

    Args:
        fps: Frames a second.
        max_gap: Seconds after which a person who was not seen is forgotten.
        reach: Distance in metres at which a skeleton may still be the expected one.
        max_speed: Metres a second by which the reach grows while nobody is seen.
    """

    def __init__(
        self,
        fps: float,
        max_gap: float = 1.0,
        reach: float = 0.4,
        max_speed: float = 2.0,
    ) -> None:
        self.step = 1 / fps
        self.max_gap = max(max_gap, 1.5 * self.step)
        self.reach = reach
        self.max_speed = max_speed
        self._tracks: list[_Track] = []
        self._next = 0

    def expected(self, joints: int) -> Float[np.ndarray, "track joint 3"]:
        """Skeletons of all current tracks, moved on to the coming frame.

        Args:
            joints: Of a skeleton; gives the shape when there are no tracks.
        """
        if not self._tracks:
            return np.empty((0, joints, 3))
        return np.stack([track.after(self.step) for track in self._tracks])

    def update(
        self, skeletons: Float[np.ndarray, "person joint 3"]
    ) -> Int[np.ndarray, " person"]:
        """Track numbers of one frame's skeletons, in order of first appearance.

        Args:
            skeletons: In metres; NaN where a joint is unknown.
        """
        numbers = np.full(len(skeletons), -1, dtype=np.int64)
        for person, index in self._assigned(skeletons):
            self._tracks[index].move(skeletons[person], self.step)
            numbers[person] = self._tracks[index].number
        self._forget(set(numbers.tolist()))
        for person in np.flatnonzero(numbers < 0).tolist():
            numbers[person] = self._start(skeletons[person])
        return numbers

    def _assigned(
        self, skeletons: Float[np.ndarray, "person joint 3"]
    ) -> list[tuple[int, int]]:
        if not self._tracks or not len(skeletons):
            return []
        expected = self.expected(skeletons.shape[1])
        distance = np.array(
            [[median_distance(s, e) for e in expected] for s in skeletons]
        )
        unseen = np.array([track.unseen + self.step for track in self._tracks])
        reach = self.reach + self.max_speed * unseen
        cost = np.where(distance < reach, distance, _FORBIDDEN)
        rows, columns = linear_sum_assignment(cost)
        pairs = zip(rows.tolist(), columns.tolist(), strict=True)
        return [
            (row, column) for row, column in pairs if cost[row, column] < _FORBIDDEN
        ]

    def _forget(self, seen: set[int]) -> None:
        for track in self._tracks:
            if track.number not in seen:
                track.unseen += self.step
        self._tracks = [t for t in self._tracks if t.unseen <= self.max_gap]

    def _start(self, skeleton: Float[np.ndarray, "joint 3"]) -> int:
        centre = np.nanmedian(skeleton, axis=0)
        filled = np.where(np.isfinite(skeleton), skeleton, centre)
        self._tracks.append(_Track(self._next, filled, np.zeros(3)))
        self._next += 1
        return self._next - 1


def median_distance(
    first: Float[np.ndarray, "joint dim"], second: Float[np.ndarray, "joint dim"]
) -> float:
    """Median distance of the joints known in both skeletons; infinite without any."""
    distance = np.linalg.norm(first - second, axis=-1)
    known = np.isfinite(distance)
    return float(np.median(distance[known])) if known.any() else np.inf


def median_offset(
    new: Float[np.ndarray, "joint dim"], old: Float[np.ndarray, "joint dim"]
) -> Float[np.ndarray, " dim"]:
    """Median movement of the joints known in both skeletons; zero without any."""
    offset = new - old
    known = np.isfinite(offset).all(-1)
    if not known.any():
        return np.zeros(offset.shape[-1])
    return np.asarray(np.median(offset[known], axis=0))
