"""Who is who over time in one camera: 2D key points of frames joined into tracks.

All distances are shares of the person's size in the image, the diagonal of the box
around the key points that are sure. A track moves on with the person's velocity while
the person is out of sight; it ends after a while, and at every cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from human_capture.pose3d.recordings.detections import Detections
from human_capture.pose3d.recordings.tracks import median_distance, median_offset

_FORBIDDEN = 1e6
_FEWEST_JOINTS = 3
_KEEPS_VELOCITY = 0.5
"""Seconds; nobody moves on in the same way for long."""


@dataclass(frozen=True, eq=False)
class Track:
    """One person, followed without interruption.

    Attributes:
        frames: In which the person is seen, in ascending order.
        people: Which of the people detected in each of them it is.
        sizes: The person's size in each of them, in pixels.
    """

    frames: Int[np.ndarray, " seen"]
    people: Int[np.ndarray, " seen"]
    sizes: Float[np.ndarray, " seen"]

    @property
    def start(self) -> int:
        """First frame."""
        return int(self.frames[0])

    @property
    def stop(self) -> int:
        """One past the last frame."""
        return int(self.frames[-1]) + 1

    @property
    def prominence(self) -> float:
        """How large and how long the person is seen: the sum of the sizes."""
        return float(self.sizes.sum())

    def overlaps(self, other: Track) -> bool:
        """Whether there are frames between start and stop of both."""
        return self.start < other.stop and other.start < self.stop


@dataclass(frozen=True)
class SingleViewTracker:
    """Joins the detections of one camera into tracks.

    Args:
        patience: Seconds for which somebody who is out of sight is waited for.
        reach: Distance from the expected place at which it may still be the person.
        growth: Of the reach for every second out of sight.
        min_confidence: Of key points that count here.
        shortest: Seconds; shorter tracks are flickers and left out, if there is any
            other.
    """

    patience: float = 1.0
    reach: float = 0.3
    growth: float = 0.7
    min_confidence: float = 0.3
    shortest: float = 0.3

    def tracks(self, detections: Detections, fps: float) -> list[Track]:
        """The tracks of everybody, by their first frame.

        Args:
            detections: Of one camera; the order of people is of no meaning.
            fps: Frames a second.
        """
        points = detections.confident(self.min_confidence).keypoints
        sizes = _sizes(points)
        cuts = set(detections.cuts.tolist())
        ended: list[_Follower] = []
        active: list[_Follower] = []
        for frame in range(len(points)):
            longest = 0.0 if frame in cuts else self.patience
            ended += [f for f in active if f.unseen(frame) > longest]
            active = [f for f in active if f.unseen(frame) <= longest]
            active += self._follow(frame, points[frame], sizes[frame], active, 1 / fps)
        found = [follower.track() for follower in ended + active]
        found.sort(key=lambda track: track.start)
        lasting = [t for t in found if len(t.frames) >= self.shortest * fps]
        return lasting or found

    def _follow(
        self,
        frame: int,
        points: Float[np.ndarray, "person joint 2"],
        sizes: Float[np.ndarray, " person"],
        active: Sequence[_Follower],
        step: float,
    ) -> list[_Follower]:
        """Let tracks go on in a frame; tracks of people who belong to none."""
        people = np.flatnonzero(np.isfinite(sizes)).tolist()
        continued = dict(self._pairs(frame, points[people], sizes[people], active))
        new = []
        for row, person in enumerate(people):
            if row in continued:
                continued[row].see(frame, person, points[person], float(sizes[person]))
            else:
                new.append(_Follower(step, points[person]))
                new[-1].see(frame, person, points[person], float(sizes[person]))
        return new

    def _pairs(
        self,
        frame: int,
        points: Float[np.ndarray, "person joint 2"],
        sizes: Float[np.ndarray, " person"],
        active: Sequence[_Follower],
    ) -> Iterator[tuple[int, _Follower]]:
        """People of a frame, each with the track that goes on with the person."""
        cost = np.full((len(points), len(active)), _FORBIDDEN)
        for column, follower in enumerate(active):
            expected, elapsed = follower.expected(frame), follower.unseen(frame)
            reach = self.reach + self.growth * (elapsed - follower.step)
            for row, size in enumerate(sizes.tolist()):
                unit = (size * follower.sizes[-1]) ** 0.5
                distance = median_distance(points[row], expected) / unit
                if distance <= reach:
                    cost[row, column] = distance
        for row, column in zip(*linear_sum_assignment(cost), strict=True):
            if cost[row, column] < _FORBIDDEN:
                yield int(row), active[column]


@dataclass(eq=False)
class _Follower:
    """A track that may go on.

    Attributes:
        step: Seconds between frames.
        points: As last seen; joints not seen then move along with the others.
        velocity: In pixels a second.
        frames: As in the track; so are people and sizes.
    """

    step: float
    points: Float[np.ndarray, "joint 2"]
    velocity: Float[np.ndarray, " 2"] = field(default_factory=lambda: np.zeros(2))
    frames: list[int] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)

    def unseen(self, frame: int) -> float:
        """Seconds since the person was seen."""
        return (frame - self.frames[-1]) * self.step

    def expected(self, frame: int) -> Float[np.ndarray, "joint 2"]:
        """Where the person should be."""
        elapsed = min(self.unseen(frame), _KEEPS_VELOCITY)
        return self.points + self.velocity * elapsed

    def see(
        self, frame: int, person: int, points: Float[np.ndarray, "joint 2"], size: float
    ) -> None:
        """The person was seen again, or for the first time."""
        if self.frames:
            elapsed = self.unseen(frame)
            offset = median_offset(points, self.points)
            blend = min(1.0, elapsed / 0.1)  # averages over a tenth of a second
            self.velocity = self.velocity + blend * (offset / elapsed - self.velocity)
            self.points = np.where(np.isfinite(points), points, self.points + offset)
        self.frames.append(frame)
        self.people.append(person)
        self.sizes.append(size)

    def track(self) -> Track:
        """What was followed."""
        return Track(np.array(self.frames), np.array(self.people), np.array(self.sizes))


def _sizes(
    points: Float[np.ndarray, "frame person joint 2"],
) -> Float[np.ndarray, "frame person"]:
    """Diagonals of the boxes around people; NaN where hardly anything is seen."""
    known = np.isfinite(points).all(-1)
    spread = [
        np.where(known, axis, -np.inf).max(-1, initial=-np.inf)
        - np.where(known, axis, np.inf).min(-1, initial=np.inf)
        for axis in (points[..., 0], points[..., 1])
    ]
    size = np.hypot(*spread)
    return np.where(known.sum(-1) >= _FEWEST_JOINTS, size.clip(1), np.nan)
