"""The joints of a captured person that an avatar acts by, without gaps and jitter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import gaussian_filter1d

from human_capture.common.errors import InputError
from human_capture.common.keypoints import KeypointFormat
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.views.projection import joints_of

_REQUIRED = tuple(
    f"{side}_{joint}"
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
)
_OPTIONAL = (
    "left_heel", "right_heel", "left_big_toe", "right_big_toe", "nose", "left_ear",
    "right_ear", "head_top",
)  # fmt: skip
ACTED = KeypointFormat(
    "acted", ("mid_hip", "neck", *_REQUIRED, *_OPTIONAL), (), ("mid_hip",)
)
"""What an avatar takes over; feet and head may be missing."""

Joints = dict[str, Float[np.ndarray, "frame 3"]]


@dataclass(frozen=True)
class ActedJoints:
    """One person over time.

    Attributes:
        positions: World positions by name, in metres; known in every frame.
        present: In which frames the person was seen.
        fps: Frames a second.
    """

    positions: Joints
    present: Bool[np.ndarray, " frame"]
    fps: float

    @property
    def leg(self) -> float:
        """Usual length of the legs from hip to ankle, in metres."""
        return leg_length(self.positions)

    @classmethod
    def of(cls, capture: Capture, person: int, steadiness: float) -> ActedJoints:
        """The joints of one person; short and long gaps are filled.

        Args:
            capture: The motion, in any format.
            person: Counted from 0.
            steadiness: Deviation of the Gaussian that smooths the joints, in seconds.

        Raises:
            InputError: A joint that an avatar needs is never known.
        """
        points = joints_of(_only(capture, person), ACTED)[0][0].double().numpy()
        known = np.isfinite(points).all(-1)
        needed = ("mid_hip", "neck", *_REQUIRED)
        never = [j for j in needed if not known[:, ACTED.index(j)].any()]
        if never:
            raise InputError(
                f"An avatar of person {person + 1} needs joints that the motion does "
                f"not have: {', '.join(never)}."
            )
        filled = _filled(points, known)
        if steadiness > 0:
            width = steadiness * capture.fps
            filled = gaussian_filter1d(filled, width, axis=0, mode="nearest")
        positions = {
            joint: filled[:, index]
            for index, joint in enumerate(ACTED.joints)
            if known[:, index].any()
        }
        required = [ACTED.index(joint) for joint in _REQUIRED]
        return cls(positions, known[:, required].mean(1) >= 0.5, capture.fps)


def leg_length(positions: Joints) -> float:
    """Usual length of both legs from hip to ankle, in metres.

    Args:
        positions: By name.
    """
    lengths = []
    for side in ("left", "right"):
        hip, knee, ankle = (positions[f"{side}_{j}"] for j in ("hip", "knee", "ankle"))
        thigh = np.linalg.norm(knee - hip, axis=-1)
        lengths.append(np.median(thigh + np.linalg.norm(ankle - knee, axis=-1)))
    return float(np.mean(lengths))


def _only(capture: Capture, person: int) -> Capture:
    one = slice(person, person + 1)
    return replace(
        capture,
        points=capture.points[one],
        confidence=capture.confidence[one],
        filled=capture.filled[one],
        evidence=None,
    )


def _filled(
    points: Float[np.ndarray, "frame joint 3"], known: Bool[np.ndarray, "frame joint"]
) -> Float[np.ndarray, "frame joint 3"]:
    """Points without gaps: the hips' path is bridged, then all else relative to it.

    Joints that are never known stay NaN.
    """
    root = ACTED.index("mid_hip")
    path = _bridged(points[:, root], known[:, root])
    around = points - path[:, None]
    bridged = [
        _bridged(around[:, joint], known[:, joint]) for joint in range(len(ACTED))
    ]
    return np.asarray(path[:, None] + np.stack(bridged, 1))


def _bridged(
    track: Float[np.ndarray, "frame 3"], known: Bool[np.ndarray, " frame"]
) -> Float[np.ndarray, "frame 3"]:
    """A track with straight lines over gaps, and held before and after."""
    if not known.any():
        return track
    frames, seen = np.arange(len(track)), np.flatnonzero(known)
    return np.stack([np.interp(frames, seen, track[seen, k]) for k in range(3)], -1)
