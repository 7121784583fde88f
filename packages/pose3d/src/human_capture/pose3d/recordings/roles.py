"""The people of one video: which tracks are one person's, and who is which number.

A person who leaves and comes back, or is seen again after a cut, has several tracks.
Nobody is recognised by looks: role 1 is the most prominent track with all that fit
before and after it, role 2 the same of what remains, and so on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from human_capture.common.errors import InputError
from human_capture.common.keypoints import KeypointFormat
from human_capture.pose3d.recordings.detections import Detections
from human_capture.pose3d.recordings.single_view_tracks import SingleViewTracker, Track


@dataclass(frozen=True)
class Role:
    """One person in one camera over a whole video.

    Attributes:
        format: Of the key points.
        keypoints: In pixels; NaN where not seen.
        confidence: In [0, 1]; 0 where not seen.
        spans: First frame and one past the last of every stretch in which the person
            is followed without interruption, in ascending order. Between them nobody
            is seen; inside, the person may be missed for less than a second.
    """

    format: KeypointFormat
    keypoints: Float[np.ndarray, "frame joint 2"]
    confidence: Float[np.ndarray, "frame joint"]
    spans: Int[np.ndarray, "span 2"]

    @classmethod
    def of_tracks(cls, detections: Detections, tracks: Sequence[Track]) -> Role:
        """The person whose tracks these are.

        Args:
            detections: That the tracks are of.
            tracks: Of which no two overlap.
        """
        shape = len(detections), len(detections.format)
        keypoints = np.full((*shape, 2), np.nan, dtype=np.float32)
        confidence = np.zeros(shape, np.float32)
        for track in tracks:
            place = track.frames, track.people
            keypoints[track.frames] = detections.keypoints[place]
            confidence[track.frames] = detections.confidence[place]
        spans = np.array(sorted((track.start, track.stop) for track in tracks))
        return cls(detections.format, keypoints, confidence, spans)


def assign_roles(tracks: Sequence[Track]) -> list[list[Track]]:
    """The tracks of every role, the most prominent first.

    Args:
        tracks: Of everybody in one camera.
    """
    left = sorted(tracks, key=lambda track: -track.prominence)
    roles = []
    while left:
        role: list[Track] = []
        for track in left:
            if not any(track.overlaps(other) for other in role):
                role.append(track)
        left = [track for track in left if track not in role]
        roles.append(role)
    return roles


def find_role(
    detections: Detections,
    fps: float,
    person: int = 1,
    tracker: SingleViewTracker | None = None,
) -> Role:
    """What is seen of one of the people in a video.

    Args:
        detections: Of one camera, with the cuts of its video.
        fps: Frames a second.
        person: Number of the role, from 1.
        tracker: How people are followed; with its defaults when absent.

    Raises:
        InputError: There is no such person, or nobody at all.
    """
    tracker = tracker or SingleViewTracker()
    roles = assign_roles(tracker.tracks(detections, fps))
    if not roles:
        raise InputError(
            "Nobody is seen in the video; a person should be in view from head to foot "
            "and at least a tenth of the picture high."
        )
    if not 1 <= person <= len(roles):
        known = "only person 1" if len(roles) == 1 else f"persons 1 to {len(roles)}"
        raise InputError(
            f"There is no person {person} in the video; it shows {known}, the most "
            "prominent first."
        )
    return Role.of_tracks(detections, roles[person - 1])
