"""Key points of all people in a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from human_capture.common.detectors.detected import DetectedPerson, without_copies
from human_capture.common.detectors.landmarks import BodyLandmarker
from human_capture.common.detectors.models import Network, find_network
from human_capture.common.detectors.persons import PersonDetector
from human_capture.common.detectors.regions import ImagePyramid, Region
from human_capture.common.detectors.search import SearchPattern


class BodyDetector:
    """People and their key points in single pictures.

    Args:
        folder: Folder with the network files; see ``models.find_network``.
        threads: Threads of each network.
        search: Where the person detector looks.
        min_candidate: Confidence of the person detector below which nothing is tried.
        min_presence: Probability of a person, as the landmark network sees it, below
            which a candidate is dropped.
        min_score: Mean confidence of the limbs from which somebody is reported.
        min_stability: Likeness of the last look at somebody to the clearest before,
            from which the person is reported; imagined bodies drift.
        passes: How often the landmark network looks at somebody new; each time in the
            region that follows from what it saw before. At least 2.
        rounds: How often the image is searched, each time past those found before.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        threads: int = 1,
        search: SearchPattern | None = None,
        min_candidate: float = 0.3,
        min_presence: float = 0.5,
        min_score: float = 0.55,
        min_stability: float = 0.7,
        passes: int = 3,
        rounds: int = 2,
    ) -> None:
        self.persons = PersonDetector(
            Network(find_network("pose_detection.tflite", folder), threads),
            min_candidate,
        )
        self.landmarker = BodyLandmarker(
            Network(find_network("pose_landmark_full.tflite", folder), threads)
        )
        self.search = search or SearchPattern()
        self.min_presence = min_presence
        self.min_score = min_score
        self.min_stability = min_stability
        self.passes = passes
        self.rounds = rounds

    def __call__(
        self, image: UInt8[np.ndarray, "height width 3"]
    ) -> list[DetectedPerson]:
        """All people in a picture, the surest first.

        Args:
            image: RGB bytes.
        """
        return self.detect(ImagePyramid(image))

    def detect(
        self, pyramid: ImagePyramid, known: Sequence[DetectedPerson] = ()
    ) -> list[DetectedPerson]:
        """All people in a picture, the surest first.

        Args:
            pyramid: The picture.
            known: People that were found in this picture already.
        """
        people = list(known)
        for _ in range(self.rounds):
            found = self._search(pyramid, people)
            if not found:
                break
            people = self._part(pyramid, without_copies([*people, *found]))
        return people

    def follow(
        self,
        pyramid: ImagePyramid,
        people: Sequence[DetectedPerson],
        min_score: float | None = None,
    ) -> list[DetectedPerson]:
        """Who is still where somebody was, the surest first.

        Args:
            pyramid: The picture.
            people: As found in the picture before.
            min_score: Required score; by default the detector's own.
        """
        required = self.min_score if min_score is None else min_score
        seen: list[DetectedPerson] = []
        for person in sorted(people, key=lambda person: -person.score):
            again = self._look(pyramid, person.region, seen)
            if again is not None and again.score >= required:
                seen.append(again)
        return without_copies(seen)

    def _part(
        self, pyramid: ImagePyramid, people: Sequence[DetectedPerson]
    ) -> list[DetectedPerson]:
        """The people of this picture, each looked at once more past the surer ones."""
        parted: list[DetectedPerson] = []
        for person in people:
            near = [other for other in parted if other.is_seen_in(person.region)]
            again = self._look(pyramid, person.region, near) if near else None
            parted.append(_clearer(person, again))
        return without_copies(parted)

    def _search(
        self, pyramid: ImagePyramid, people: Sequence[DetectedPerson]
    ) -> list[DetectedPerson]:
        """People whom the person detector sees besides those known."""
        sure = [person for person in people if person.score >= self.min_score]
        regions = self.search.regions(pyramid.height, pyramid.width)
        silhouettes = [person.silhouette for person in sure]
        tried: list[Region] = []
        found: list[DetectedPerson] = []
        for candidate in self.persons(pyramid, regions, silhouettes):
            region = candidate.region
            if any(other.resembles(region, 0.1) for other in tried) or any(
                other.region.resembles(region, 0.2) for other in found
            ):
                continue
            tried.append(region)
            person = self._settle(pyramid, region, sure)
            if person is not None:
                found.append(person)
        return found

    def _settle(
        self,
        pyramid: ImagePyramid,
        region: Region,
        others: Sequence[DetectedPerson],
    ) -> DetectedPerson | None:
        """The person at whom repeated looks arrive, if they stay there."""
        clearest: DetectedPerson | None = None
        stability = 0.0
        for _ in range(self.passes):
            person = self._look(pyramid, region, others)
            if person is None:
                return None
            stability = person.likeness(clearest) if clearest else 0.0
            clearest, region = _clearer(person, clearest), person.region
        if clearest is None or stability < self.min_stability:
            return None
        return clearest if clearest.score >= self.min_score else None

    def _look(
        self,
        pyramid: ImagePyramid,
        region: Region,
        others: Sequence[DetectedPerson],
    ) -> DetectedPerson | None:
        """The surest person in a region who is none of the others, with and past them.

        Hiding the others helps where they overlap with the person, and harms where a
        limb of the person is in front of them: the clearer look counts.
        """
        near = [other.silhouette for other in others if other.is_seen_in(region)]
        looks = [self.landmarker(pyramid, region)]
        if near:
            looks.append(self.landmarker(pyramid, region, near))
        people = [
            person
            for person in map(DetectedPerson.from_landmarks, looks)
            if person.human >= self.min_presence
            and not any(person.is_copy_of(other) for other in others)
        ]
        return max(people, key=lambda person: person.score, default=None)


def _clearer(person: DetectedPerson, other: DetectedPerson | None) -> DetectedPerson:
    return person if other is None or person.score >= other.score else other
