"""Finding people in the videos; finished cameras are kept, so a second run goes on.

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
from itertools import tee
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Int, UInt8

from human_capture.common.detectors.body import BodyDetector
from human_capture.common.detectors.tracker import BodyTracker, detect_video
from human_capture.common.errors import InputError
from human_capture.common.keypoints import BLAZEPOSE33, HALPE26, KeypointFormat
from human_capture.common.progress import progress
from human_capture.common.video import Frame, VideoInfo, decode
from human_capture.pose3d.recordings.detections import Detections, Person

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
) -> Detections:
    """People in some frames of one camera, from ``folder`` if they are kept there.

    Only one image is in memory at a time. Frames that cannot be decoded show nobody
    and are counted in a warning.

    Args:
        camera: Its name, and that of the file in the folder.
        video: What it recorded.
        frames: Frame numbers in ascending order, one a moment of the recording.
        detector: Finds the people.
        folder: Where finished cameras are kept.
    """
    path = folder / f"{camera}.npz"
    mark = _fingerprint(video, frames, detector)
    kept = Detections.load(path, mark)
    if kept is not None:
        return kept
    found = _detect(camera, video, frames, detector)
    found.save(path, mark)
    return found


def _detect(
    camera: str,
    video: VideoInfo,
    frames: Int[np.ndarray, " frame"],
    detector: Detector,
) -> Detections:
    wanted = set(frames.tolist())
    decoded = decode(video.path, int(frames.min()), int(frames.max()) + 1)
    chosen, numbered = tee(frame for frame in decoded if frame.index in wanted)
    people = detector.people(frame.image for frame in chosen)
    by_number: dict[int, list[Person]] = {}
    shown = progress(_paired(numbered, people), f"Detecting in {camera}", len(wanted))
    for frame, found in shown:
        by_number[frame] = found
    missing = len(wanted) - len(by_number)
    if missing:
        warnings.warn(
            f"{missing} of {len(wanted)} frames of {video.path.name} cannot be "
            "decoded; they count as showing nobody.",
            stacklevel=3,
        )
    return Detections.collect(
        detector.format, [by_number.get(n, []) for n in frames.tolist()]
    )


def _paired(
    frames: Iterator[Frame], people: Iterator[list[Person]]
) -> Iterator[tuple[int, list[Person]]]:
    """Frame numbers with their people; the people pull the images out."""
    for found in people:
        yield next(frames).index, found


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
