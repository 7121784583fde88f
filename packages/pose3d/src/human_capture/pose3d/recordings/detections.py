"""What was seen in one camera: people's 2D key points, frame by frame."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from human_capture.common.files import atomic_path
from human_capture.common.keypoints import KeypointFormat, keypoint_format

Person = tuple[np.ndarray, np.ndarray]
"""One person in one frame: key points (joint 2) and confidences (joint)."""


def _none() -> Int[np.ndarray, " 0"]:
    return np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Detections:
    """2D key points of all people in one camera.

    Attributes:
        format: Which joints, in which order.
        keypoints: In pixels with pixel centres at +0.5; NaN where there is none.
        confidence: In [0, 1]; 0 where there is no key point.
        cuts: Frames with which a new shot begins, in ascending order.
    """

    format: KeypointFormat
    keypoints: Float[np.ndarray, "frame person joint 2"]
    confidence: Float[np.ndarray, "frame person joint"]
    cuts: Int[np.ndarray, " cut"] = field(default_factory=_none)

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

    @classmethod
    def join(cls, parts: Sequence[Detections]) -> Detections:
        """The detections of successive parts of a video as one.

        Args:
            parts: At least one, all of the same format.
        """
        people = max(part.keypoints.shape[1] for part in parts)
        starts = np.cumsum([0, *(len(part) for part in parts)])
        shape = int(starts[-1]), people, len(parts[0].format)
        keypoints = np.full((*shape, 2), np.nan, dtype=np.float32)
        confidence = np.zeros(shape, np.float32)
        for part, start in zip(parts, starts.tolist(), strict=False):
            place = slice(start, start + len(part)), slice(part.keypoints.shape[1])
            keypoints[place], confidence[place] = part.keypoints, part.confidence
        cuts = [part.cuts + start for part, start in zip(parts, starts, strict=False)]
        return cls(parts[0].format, keypoints, confidence, np.concatenate(cuts))

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
        shots = np.searchsorted(self.cuts, frames, side="right")
        cuts = np.flatnonzero(np.diff(shots)) + 1
        return Detections(self.format, keypoints, confidence, cuts)

    def confident(self, least: float) -> Detections:
        """The same without key points of lower confidence.

        Args:
            least: Smallest confidence that stays.
        """
        unsure = self.confidence < least
        keypoints = np.where(unsure[..., None], np.float32(np.nan), self.keypoints)
        confidence = np.where(unsure, np.float32(0), self.confidence)
        return replace(self, keypoints=keypoints, confidence=confidence)

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
                cuts=self.cuts,
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
                    file["cuts"],
                )
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None
