"""Following people through a video.

Where a person was in one frame says where to look in the next (as in
https://arxiv.org/abs/2006.10204, section 2), so the costly search of the whole frame is
needed only now and then, and when somebody was lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8
from scipy.optimize import linear_sum_assignment

from human_capture.common.detectors.body import BodyDetector
from human_capture.common.detectors.detected import DetectedPerson
from human_capture.common.detectors.regions import ImagePyramid


@dataclass(frozen=True)
class _Track:
    """Somebody followed: as last seen, and how many frames ago."""

    person: DetectedPerson
    unseen: int = 0


class BodyTracker:
    """People in successive frames, each with a number that stays.

    Args:
        detector: Finds people and their key points; the default one if absent.
        search_every: Frames between searches of the whole frame.
        patience: Frames for which somebody who is out of sight keeps the number.
        min_score: Mean confidence of the limbs below which a followed person is lost;
            lower than for new people, as short occlusions are common.
        min_similarity: Key-point similarity, with a tolerance of 0.3 of the body's
            size, from which somebody may be who was there before.
    """

    def __init__(
        self,
        detector: BodyDetector | None = None,
        search_every: int = 15,
        patience: int = 30,
        min_score: float = 0.4,
        min_similarity: float = 0.3,
    ) -> None:
        self.detector = detector or BodyDetector()
        self.search_every = search_every
        self.patience = patience
        self.min_score = min_score
        self.min_similarity = min_similarity
        self._tracks: list[_Track] = []
        self._next_number = 0
        self._until_search = 0

    def __call__(
        self, image: UInt8[np.ndarray, "height width 3"]
    ) -> list[DetectedPerson]:
        """The people in the next frame, numbered, the surest first.

        Args:
            image: RGB bytes; of the same size as the frames before.
        """
        pyramid = ImagePyramid(image)
        in_sight = sum(track.unseen == 0 for track in self._tracks)
        people = self.detector.follow(
            pyramid, [track.person for track in self._tracks], self.min_score
        )
        if self._until_search <= 0 or len(people) < max(in_sight, 1):
            people = self.detector.detect(pyramid, people)
            self._until_search = self.search_every
        self._until_search -= 1
        return self._number(people)

    def _number(self, people: list[DetectedPerson]) -> list[DetectedPerson]:
        """The people with the numbers of whom they resemble, or with new ones."""
        likeness = np.array(
            [[p.similarity(t.person, 0.3) for t in self._tracks] for p in people]
        ).reshape(len(people), len(self._tracks))
        numbers = {
            row: self._tracks[column].person.track
            for row, column in zip(*linear_sum_assignment(-likeness), strict=True)
            if likeness[row, column] >= self.min_similarity
        }
        for row in range(len(people)):
            if row not in numbers:
                numbers[row] = self._next_number
                self._next_number += 1
        numbered = [people[row].with_track(numbers[row]) for row in range(len(people))]
        unseen = [
            _Track(track.person, track.unseen + 1)
            for track in self._tracks
            if track.person.track not in numbers.values()
            and track.unseen < self.patience
        ]
        self._tracks = [_Track(person) for person in numbered] + unseen
        return numbered


def detect_video(
    frames: Iterable[UInt8[np.ndarray, "height width 3"]],
    tracker: BodyTracker | None = None,
) -> Iterator[list[DetectedPerson]]:
    """The people of each frame, one list a frame, as the frames come.

    Nothing but the last frame's people is kept, so a video may have any length, and the
    loop may be left or interrupted at any frame.

    Args:
        frames: RGB bytes, all of one size.
        tracker: A tracker that has seen no frames yet; the default one if absent.
    """
    following = tracker or BodyTracker()
    for image in frames:
        yield following(image)
