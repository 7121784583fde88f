"""Following people through a video.

Where a person was in one frame says where to look in the next (as in
https://arxiv.org/abs/2006.10204, section 2), so the costly search of the whole frame is
needed only now and then, and when somebody was lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import UInt8
from scipy.optimize import linear_sum_assignment

from human_capture.common.detectors.body import BodyDetector
from human_capture.common.detectors.detected import ARMS, LEGS, DetectedPerson
from human_capture.common.detectors.regions import ImagePyramid

# How much more similar the mirrored body has to be before left and right are exchanged.
_CLEARLY = 0.2


@dataclass(frozen=True, eq=False)
class _Track:
    """Somebody followed.

    Attributes:
        person: As last seen.
        unseen: Frames since then.
        sides: How many more frames spoke for what is left and right than against, for
            the upper and the lower body.
    """

    person: DetectedPerson
    unseen: int = 0
    sides: tuple[int, int] = (1, 1)


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
        max_sides: Frames for which the network may see left and right the other way
            round before it is believed; fewer where it has not agreed for as long.
    """

    def __init__(
        self,
        detector: BodyDetector | None = None,
        search_every: int = 15,
        patience: int = 30,
        min_score: float = 0.4,
        min_similarity: float = 0.3,
        max_sides: int = 60,
    ) -> None:
        self.detector = detector or BodyDetector()
        self.search_every = search_every
        self.patience = patience
        self.min_score = min_score
        self.min_similarity = min_similarity
        self.max_sides = max_sides
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
        tracks = dict(self._matches(people))
        now = []
        for row, person in enumerate(people):
            if row in tracks:
                now.append(self._continue(tracks[row], person))
            else:
                now.append(_Track(person.with_track(self._next_number)))
                self._next_number += 1
        unseen = [
            replace(track, unseen=track.unseen + 1)
            for track in self._tracks
            if track not in tracks.values() and track.unseen < self.patience
        ]
        self._tracks = now + unseen
        return [track.person for track in now]

    def _matches(self, people: list[DetectedPerson]) -> Iterator[tuple[int, _Track]]:
        """Positions of people, each with the track that the person continues."""
        likeness = np.zeros((len(people), len(self._tracks)))
        for row, person in enumerate(people):
            for column, track in enumerate(self._tracks):
                likeness[row, column] = max(
                    person.similarity(track.person, spread=0.3),
                    person.mirrored().similarity(track.person, spread=0.3),
                )
        for row, column in zip(*linear_sum_assignment(-likeness), strict=True):
            if likeness[row, column] >= self.min_similarity:
                yield int(row), self._tracks[column]

    def _continue(self, track: _Track, person: DetectedPerson) -> _Track:
        """The track with the person's new look, left and right as they were before.

        The network takes a front for a back when the face is hidden, for a frame or
        for many, above or below the hips; a person does not turn round between frames.
        """
        before = track.person
        person = person.with_track(before.track)
        if track.unseen:
            return _Track(person)
        sides = list(track.sides)
        for part, limbs in enumerate((ARMS, LEGS)):
            mirrored = person.mirrored(limbs)
            gain = mirrored.similarity(before, limbs=limbs) - person.similarity(
                before, limbs=limbs
            )
            if gain < _CLEARLY:
                sides[part] = min(sides[part] + 1, self.max_sides)
            elif sides[part] == 0:
                sides[part] = 1
            else:
                person = mirrored
                sides[part] -= 1
        return _Track(person, sides=(sides[0], sides[1]))


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
