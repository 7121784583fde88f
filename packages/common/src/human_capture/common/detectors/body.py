"""Key points of all people in a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from human_capture.common.detectors.landmarks import BodyLandmarker, BodyLandmarks
from human_capture.common.detectors.models import Network, find_network
from human_capture.common.detectors.persons import PersonDetector
from human_capture.common.detectors.regions import ImagePyramid, Region
from human_capture.common.detectors.search import SearchPattern
from human_capture.common.detectors.suppression import keypoint_suppression
from human_capture.common.keypoints import BLAZEPOSE33

# Shoulders, elbows, wrists, hips, knees, ankles: what a body is recognised by.
_LIMBS = [11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]


@dataclass(frozen=True)
class DetectedPerson:
    """One person in one picture, in the key-point format ``blazepose33``.

    Attributes:
        keypoints: Pixels; pixel centres at +0.5.
        depth: Distance behind the middle of the hips, roughly in pixels.
        visibility: Probability that a point is in the picture and not hidden.
        presence: Probability that a point is in the picture.
        confidence: How clearly the network sees a point, between 0 and 1; the best
            weight for triangulation.
        score: Mean confidence of shoulders, elbows, wrists, hips, knees and ankles.
        box: Left, top, right and bottom of the key points in pixels.
        region: Where the person should be looked for in the next frame.
        track: Number of the person in a video; -1 in a single picture.
    """

    keypoints: Float[np.ndarray, "33 2"]
    depth: Float[np.ndarray, "33"]
    visibility: Float[np.ndarray, "33"]
    presence: Float[np.ndarray, "33"]
    confidence: Float[np.ndarray, "33"]
    score: float
    box: Float[np.ndarray, "4"]
    region: Region
    track: int = -1

    @classmethod
    def from_landmarks(cls, landmarks: BodyLandmarks) -> DetectedPerson:
        """The person that the landmark network describes."""
        points = landmarks.points
        return cls(
            keypoints=points,
            depth=landmarks.depth,
            visibility=landmarks.visibility,
            presence=landmarks.presence,
            confidence=landmarks.confidence,
            score=float(landmarks.confidence[_LIMBS].mean()),
            box=np.concatenate([points.min(0), points.max(0)]),
            region=landmarks.next_region,
        )

    def with_track(self, track: int) -> DetectedPerson:
        """The same person with a number."""
        return replace(self, track=track)


class BodyDetector:
    """People and their key points in single pictures.

    Args:
        folder: Folder with the network files; see ``models.find_network``.
        threads: Threads of each network.
        search: Where the person detector looks.
        min_candidate: Confidence of the person detector below which nothing is tried.
        min_presence: Probability of a person, as the landmark network sees it, below
            which a candidate is dropped.
        min_score: Mean confidence of the limbs below which a person is dropped.
        passes: How often the landmark network looks; each time in the region that
            follows from what it saw before.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        threads: int = 1,
        search: SearchPattern | None = None,
        min_candidate: float = 0.3,
        min_presence: float = 0.5,
        min_score: float = 0.5,
        passes: int = 3,
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
        self.passes = passes

    def __call__(
        self, image: UInt8[np.ndarray, "height width 3"]
    ) -> list[DetectedPerson]:
        """All people in a picture, the surest first.

        Args:
            image: RGB bytes.
        """
        return self.detect(ImagePyramid(image))

    def detect(
        self, pyramid: ImagePyramid, known: list[DetectedPerson] | None = None
    ) -> list[DetectedPerson]:
        """All people in a picture, the surest first.

        Args:
            pyramid: The picture.
            known: People that were found in this picture already; they compete with
                what the search finds, and places that show them are not tried again.
        """
        people = list(known or [])
        tried: list[Region] = []
        regions = self.search.regions(pyramid.height, pyramid.width)
        for candidate in self.persons(pyramid, regions):
            seen = [person.region for person in people]
            if _any_resembles(candidate.region, tried, 0.1) or _any_resembles(
                candidate.region, seen, 0.2
            ):
                continue
            tried.append(candidate.region)
            person = self.look(pyramid, candidate.region)
            if person is not None:
                people.append(person)
        return without_copies(people)

    def look(
        self, pyramid: ImagePyramid, region: Region, passes: int | None = None
    ) -> DetectedPerson | None:
        """The person in a region, or None.

        Args:
            pyramid: The picture.
            region: Where to look.
            passes: How often to look; the detector's own number by default.
        """
        for _ in range(passes or self.passes):
            landmarks = self.landmarker(pyramid, region)
            region = landmarks.next_region
            if landmarks.score < self.min_presence:
                return None
        person = DetectedPerson.from_landmarks(landmarks)
        return person if person.score >= self.min_score else None


def without_copies(people: list[DetectedPerson]) -> list[DetectedPerson]:
    """The people that are no copies of a surer one, the surest first."""
    if not people:
        return []
    kept = keypoint_suppression(
        np.stack([person.keypoints[_LIMBS] for person in people]),
        np.stack([person.confidence[_LIMBS] for person in people]),
        [_LIMBS.index(BLAZEPOSE33.flip[joint]) for joint in _LIMBS],
    )
    return [people[index] for index in kept]


def _any_resembles(region: Region, others: list[Region], tolerance: float) -> bool:
    return any(other.resembles(region, tolerance) for other in others)
