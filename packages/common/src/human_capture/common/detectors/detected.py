"""A person found in a picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from human_capture.common.detectors.landmarks import BodyLandmarks
from human_capture.common.detectors.regions import Region
from human_capture.common.detectors.silhouettes import Silhouette
from human_capture.common.detectors.suppression import keypoint_similarity
from human_capture.common.keypoints import BLAZEPOSE33

_SIDES = ("left", "right")
ARMS = tuple(
    BLAZEPOSE33.index(f"{side}_{joint}")
    for side in _SIDES
    for joint in ("shoulder", "elbow", "wrist")
)
"""Joints that tell left from right above the hips."""

LEGS = tuple(
    BLAZEPOSE33.index(f"{side}_{joint}")
    for side in _SIDES
    for joint in ("hip", "knee", "ankle")
)
"""Joints that tell left from right from the hips down."""

# What a body is recognised by; the points of face and hands stand too close together.
_LIMBS = ARMS + LEGS
_BELOW_THE_WAIST = range(
    BLAZEPOSE33.index("left_hip"), BLAZEPOSE33.index("right_big_toe") + 1
)


@dataclass(frozen=True)
class DetectedPerson:
    """One person in one picture, in the key-point format ``blazepose33``.

    Attributes:
        keypoints: Pixels; pixel centres at +0.5.
        depth: Distance behind the middle of the hips, roughly in pixels.
        visibility: Probability that a point is in the picture and not hidden.
        presence: Probability that a point is in the picture.
        confidence: How clearly the network sees a point, between 0 and 1. Visibility
            and presence stay near 1 for points that are imagined; this does not, so
            it is the weight to triangulate with.
        human: Probability that there is a person at all.
        score: Mean confidence of shoulders, elbows, wrists, hips, knees and ankles.
        box: Left, top, right and bottom of the key points in pixels.
        region: Where the person should be looked for in the next frame.
        silhouette: The person's pixels.
        track: Number of the person in a video; -1 in a single picture.
    """

    keypoints: Float[np.ndarray, "33 2"]
    depth: Float[np.ndarray, " 33"]
    visibility: Float[np.ndarray, " 33"]
    presence: Float[np.ndarray, " 33"]
    confidence: Float[np.ndarray, " 33"]
    human: float
    score: float
    box: Float[np.ndarray, " 4"]
    region: Region
    silhouette: Silhouette
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
            human=landmarks.score,
            score=float(landmarks.confidence[[*_LIMBS]].mean()),
            box=np.concatenate([points.min(0), points.max(0)]),
            region=landmarks.next_region,
            silhouette=landmarks.silhouette,
        )

    def with_track(self, track: int) -> DetectedPerson:
        """The same person with a number."""
        return replace(self, track=track)

    def mirrored(self, limbs: Sequence[int] = _LIMBS) -> DetectedPerson:
        """The same person with left and right exchanged.

        Args:
            limbs: ``ARMS`` exchanges everything above the hips, ``LEGS`` everything
                from the hips down; both together, the default, the whole body.
        """
        lower = {joint in _BELOW_THE_WAIST for joint in limbs}
        order = [
            other if (joint in _BELOW_THE_WAIST) in lower else joint
            for joint, other in enumerate(BLAZEPOSE33.flip)
        ]
        return replace(
            self,
            keypoints=self.keypoints[order],
            depth=self.depth[order],
            visibility=self.visibility[order],
            presence=self.presence[order],
            confidence=self.confidence[order],
        )

    def similarity(
        self,
        other: DetectedPerson,
        limbs: Sequence[int] = _LIMBS,
        spread: float = 0.1,
    ) -> float:
        """Key-point similarity with another person: 1 if the limbs coincide.

        Args:
            other: Somebody in the same or a neighbouring picture.
            limbs: Joints to compare.
            spread: Tolerance of a joint as a share of the body's size.
        """
        weights = np.isin(_LIMBS, limbs).astype(float)
        points, others = self.keypoints[[*_LIMBS]], other.keypoints[[*_LIMBS]]
        return keypoint_similarity(points, others, weights, spread)

    def likeness(self, other: DetectedPerson) -> float:
        """Share of this person's clearly seen limbs that are the other's.

        The other's may be mirrored: left and right are mistaken for one another on the
        same body.
        """
        limbs = [*_LIMBS]
        return max(
            keypoint_similarity(
                side.keypoints[limbs], self.keypoints[limbs], self.confidence[limbs]
            )
            for side in (other, other.mirrored())
        )

    def is_copy_of(self, other: DetectedPerson) -> bool:
        """Whether most of what is clearly seen of this person is the other's."""
        return self.likeness(other) > 0.5

    def is_seen_in(self, region: Region) -> bool:
        """Whether the silhouette covers a noticeable part of a region."""
        return bool(self.silhouette.within(region, 64).mean() > 0.005)


def without_copies(people: Iterable[DetectedPerson]) -> list[DetectedPerson]:
    """The people that are no copies of a surer one, the surest first."""
    kept: list[DetectedPerson] = []
    for person in sorted(people, key=lambda person: -person.score):
        if not any(person.is_copy_of(other) for other in kept):
            kept.append(person)
    return kept
