"""What was seen in one camera: people's 2D key points, frame by frame."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from human_capture.common.files import atomic_path
from human_capture.common.keypoints import KeypointFormat, keypoint_format

Person = tuple[np.ndarray, np.ndarray]
"""One person in one frame: key points (joint 2) and confidences (joint)."""


@dataclass(frozen=True)
class Detections:
    """2D key points of all people in one camera.

    Attributes:
        format: Which joints, in which order.
        keypoints: In pixels with pixel centres at +0.5; NaN where there is none.
        confidence: In [0, 1]; 0 where there is no key point.
    """

    format: KeypointFormat
    keypoints: Float[np.ndarray, "frame person joint 2"]
    confidence: Float[np.ndarray, "frame person joint"]

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.keypoints)

    @property
    def empty_frames(self) -> int:
        """In how many frames nobody is seen."""
        return int((~(self.confidence > 0).any((1, 2))).sum())

    @classmethod
    def collect(
        cls, format: KeypointFormat, frames: Sequence[Sequence[Person]]
    ) -> Detections:
        """Detections from lists of people; what is not finite counts as not seen.

        Args:
            format: Of the key points.
            frames: For every frame the people in it.
        """
        people = max((len(frame) for frame in frames), default=0)
        keypoints = np.full(
            (len(frames), people, len(format), 2), np.nan, dtype=np.float32
        )
        confidence = np.zeros((len(frames), people, len(format)), np.float32)
        for f, frame in enumerate(frames):
            for p, (points, scores) in enumerate(frame):
                keypoints[f, p], confidence[f, p] = points, scores
        seen = np.isfinite(keypoints).all(-1) & (confidence > 0)  # NaN > 0 is False
        keypoints[~seen] = np.nan
        return cls(format, keypoints, np.where(seen, confidence.clip(0, 1), 0))

    def at(self, frames: Int[np.ndarray, " frame"]) -> Detections:
        """The detections of these frames; numbers past the end give empty frames.

        Args:
            frames: Frame numbers, in any order and repeated as wanted.
        """
        inside = frames < len(self)
        keypoints = np.full(
            (len(frames), *self.keypoints.shape[1:]), np.nan, np.float32
        )
        confidence = np.zeros(keypoints.shape[:-1], np.float32)
        keypoints[inside] = self.keypoints[frames[inside]]
        confidence[inside] = self.confidence[frames[inside]]
        return Detections(self.format, keypoints, confidence)

    def confident(self, least: float) -> Detections:
        """The same without key points of lower confidence.

        Args:
            least: Smallest confidence that stays.
        """
        unsure = self.confidence < least
        keypoints = np.where(unsure[..., None], np.float32(np.nan), self.keypoints)
        confidence = np.where(unsure, np.float32(0), self.confidence)
        return Detections(self.format, keypoints, confidence)

    def save(self, path: Path, fingerprint: str) -> None:
        """Write an npz, whole or not at all.

        Args:
            path: Of the npz.
            fingerprint: What the detections were made from and how.
        """
        with atomic_path(path) as temporary:
            np.savez_compressed(
                temporary,
                format=np.array(self.format.name),
                keypoints=self.keypoints,
                confidence=self.confidence,
                fingerprint=np.array(fingerprint),
            )

    @classmethod
    def load(cls, path: Path, fingerprint: str) -> Detections | None:
        """Saved detections, or None when they are absent, damaged or of another origin.

        Args:
            path: Of the npz.
            fingerprint: What the detections must have been saved with.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                if str(file["fingerprint"]) != fingerprint:
                    return None
                return cls(
                    keypoint_format(str(file["format"])),
                    file["keypoints"],
                    file["confidence"],
                )
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None
