"""Finding people in the videos; what is finished is kept, so a second run goes on.

A detector turns the images of one video into lists of people. It names everything its
answer depends on in ``fingerprint``; with the video's own fingerprint and the frame
numbers that decides whether saved detections may be used again.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int, UInt8

from human_capture.common.detectors.body import BodyDetector
from human_capture.common.detectors.tracker import BodyTracker, detect_video
from human_capture.common.errors import InputError
from human_capture.common.keypoints import BLAZEPOSE33, HALPE26, KeypointFormat
from human_capture.common.video import VideoInfo
from human_capture.pose3d.recordings.detections import Detections, Person
from human_capture.pose3d.recordings.stages import StageClock
from human_capture.pose3d.recordings.stretches import Detecting, StretchFolder

DetectorName = Literal["blazepose", "rtmlib"]
_SAMPLE = 1 << 16
"""Bytes of a video that its fingerprint reads at the start, middle and end."""


@runtime_checkable  # tests check the types of arguments
class Detector(Protocol):
    """What finds people in the images of one video."""

    @property
    def format(self) -> KeypointFormat:
        """Format of the key points."""

    @property
    def fingerprint(self) -> str:
        """Name, version and settings: all that the result depends on."""

    def people(
        self, images: Iterable[UInt8[np.ndarray, "height width 3"]]
    ) -> Iterator[list[Person]]:
        """For every image the people in it.

        Args:
            images: RGB, of one camera, in order.
        """


class BlazePose:
    """The BlazePose networks of :mod:`human_capture.common.detectors`.

    Args:
        detector: Finds people in single pictures; made with its defaults when absent.
    """

    format = BLAZEPOSE33

    def __init__(self, detector: BodyDetector | None = None) -> None:
        self.detector = detector or BodyDetector(threads=2)

    @property
    def fingerprint(self) -> str:
        """Name and version of the networks."""
        return "blazepose 0.10.14, tracked"

    def people(
        self, images: Iterable[UInt8[np.ndarray, "height width 3"]]
    ) -> Iterator[list[Person]]:
        """For every image the people in it, followed from image to image."""
        for found in detect_video(images, BodyTracker(self.detector)):
            yield [(person.keypoints, person.confidence) for person in found]


class Rtmlib:
    """RTMPose with feet through the package rtmlib, which downloads its weights."""

    format = HALPE26

    def __init__(self) -> None:
        try:
            model = import_module("rtmlib").BodyWithFeet
        except ImportError as error:
            raise InputError(
                "The detector 'rtmlib' needs two packages; install them with `pip "
                "install rtmlib onnxruntime`, or use --detector blazepose."
            ) from error
        try:
            self.model: Any = model(
                mode="balanced", backend="onnxruntime", device="cpu"
            )
        except Exception as error:  # whatever its downloads fail with
            raise InputError(
                f"rtmlib could not load its networks ({error}); check the connection "
                "it downloads them over, or use --detector blazepose."
            ) from error

    @property
    def fingerprint(self) -> str:
        """Name and mode of the networks."""
        return "rtmlib BodyWithFeet balanced"

    def people(
        self, images: Iterable[UInt8[np.ndarray, "height width 3"]]
    ) -> Iterator[list[Person]]:
        """For every image the people in it."""
        for image in images:
            keypoints, scores = self.model(np.ascontiguousarray(image[..., ::-1]))
            shifted = np.asarray(keypoints, float) + 0.5  # its centres are integers
            yield list(zip(shifted, np.asarray(scores, float), strict=True))


def make_detector(name: DetectorName) -> Detector:
    """The detector of that name.

    Args:
        name: As users call it.

    Raises:
        InputError: What it needs is not installed.
    """
    return BlazePose() if name == "blazepose" else Rtmlib()


def detect(
    camera: str,
    video: VideoInfo,
    frames: Int[np.ndarray, " frame"],
    detector: Detector,
    folder: Path,
    clock: StageClock | None = None,
) -> Detections:
    """People in some frames of one camera, from ``folder`` if they are kept there.

    Only a few images are in memory at a time, and each stretch of the video is kept
    when it is finished, so a run that was stopped goes on from there. Frames that
    cannot be decoded show nobody and are counted in a warning.

    Args:
        camera: Its name, and that of the file in the folder.
        video: What it recorded.
        frames: Frame numbers in ascending order, one a moment of the recording.
        detector: Finds the people.
        folder: Where finished cameras and stretches are kept.
        clock: Told of the stages "decoding" and "detecting".
    """
    path = folder / f"{camera}.npz"
    mark = _fingerprint(video, frames, detector)
    stretches = StretchFolder(folder / f"{camera}.stretches", mark)
    found = Detections.load(path, mark)
    if found is None:
        clock = clock or StageClock()
        work = Detecting(
            video, frames, detector.format, detector.people, stretches, clock
        )
        found = work.run(f"Detecting in {camera}")
        _warn_of_missing(work.missing, video, frames)
        found.save(path, mark)
    stretches.remove()
    return found


def _warn_of_missing(
    missing: int, video: VideoInfo, frames: Int[np.ndarray, " frame"]
) -> None:
    if missing:
        warnings.warn(
            f"{missing} of {len(np.unique(frames))} frames of {video.path.name} cannot "
            "be decoded; they count as showing nobody.",
            stacklevel=3,
        )


def _fingerprint(
    video: VideoInfo, frames: Int[np.ndarray, " frame"], detector: Detector
) -> str:
    origin = {
        "video": _content_mark(video.path),
        "frames": hashlib.sha256(frames.astype("<i8").tobytes()).hexdigest(),
        "detector": detector.fingerprint,
    }
    return json.dumps(origin, sort_keys=True)


def _content_mark(path: Path) -> str:
    """A mark that changes with the content and not with the file's name or date."""
    if path.is_dir():
        marks = [f"{p.name} {p.stat().st_size}" for p in sorted(path.iterdir())]
        return hashlib.sha256("\n".join(marks).encode()).hexdigest()
    size = path.stat().st_size
    mark = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for place in (0, size // 2, max(size - _SAMPLE, 0)):
            file.seek(place)
            mark.update(file.read(_SAMPLE))
    return mark.hexdigest()
