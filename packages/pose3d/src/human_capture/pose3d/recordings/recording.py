"""Real recordings: videos, or 2D key points, of calibrated cameras in, 3D motion out.

The images are seen one at a time and each camera's detections are kept on disk, so a
recording may be long, and a run that was stopped goes on where it was.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from human_capture.common.calibration import Calibration, read_calibration
from human_capture.common.cameras import Cameras, stack
from human_capture.common.errors import InputError
from human_capture.common.progress import plain_warnings
from human_capture.common.video import VideoInfo, is_video, probe
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.methods import load_method
from human_capture.pose3d.recordings.detection import Detector, detect, make_detector
from human_capture.pose3d.recordings.detections import Detections
from human_capture.pose3d.recordings.grouping import find_people
from human_capture.pose3d.recordings.keypoint_files import (
    first_frame_number,
    is_keypoint_source,
    read_keypoints,
)
from human_capture.pose3d.recordings.learned import capture_with_methods
from human_capture.pose3d.recordings.motion import filtered, reconstruct
from human_capture.pose3d.recordings.options import RecordingOptions
from human_capture.pose3d.recordings.results import write_results
from human_capture.pose3d.recordings.sources import (
    check_size,
    find_sources,
    match_cameras,
)
from human_capture.pose3d.recordings.timelines import Timeline, synchronise


@dataclass(frozen=True)
class Recording:
    """Calibrated cameras with what they recorded, in step.

    Attributes:
        calibration: Of the cameras that take part, fitted to the videos' size.
        timeline: Which frames belong together.
        videos: One a camera, or none when only key points are given.
        keypoints: Files of 2D key points, one a camera, or none.
    """

    calibration: Calibration
    timeline: Timeline
    videos: tuple[VideoInfo, ...] = ()
    keypoints: tuple[Path, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of the cameras."""
        return self.calibration.names

    @property
    def cameras(self) -> Cameras:
        """One a view."""
        return self.calibration.cameras


def triangulate(options: RecordingOptions, detector: Detector | None = None) -> Capture:
    """The 3D motion of everybody in a recording, with all results in its folder.

    Args:
        options: Where the recording is, and how to go about it.
        detector: Used in place of the one that the options name.
    """
    with plain_warnings():
        recording = open_recording(options)
        capture = capture_motion(recording, options, detector)
        if options.method != "keypoints":
            capture = look_again(capture, recording, options)
        write_results(
            capture,
            recording.calibration,
            recording.videos,
            recording.timeline.frames,
            options.output,
        )
    print(f"Results: {Path(options.output).resolve()}")
    return capture


def open_recording(options: RecordingOptions) -> Recording:
    """The videos or key points of a recording, matched to cameras and in step.

    Args:
        options: Where they are, and which frames are wanted.

    Raises:
        InputError: Something is missing or does not fit; the message says what.
    """
    if options.videos is None and options.keypoints is None:
        raise InputError("Give the recording's --videos, or its 2D --keypoints.")
    calibration = read_calibration(options.calibration, unit=options.unit)
    if len(calibration) < 2:
        raise InputError(
            f"{options.calibration!r} has one camera only; 3D needs at least two."
        )
    keypoints: tuple[Path, ...] = ()
    if options.keypoints is not None:
        paths = find_sources(options.keypoints, is_keypoint_source, "key points")
        pairs = match_cameras(paths, calibration.names, "key-point file")
        calibration = calibration.select(tuple(pairs))
        keypoints = tuple(pairs.values())
    if options.videos is None:
        recording = _without_videos(calibration, keypoints, options)
    else:
        recording = _with_videos(calibration, keypoints, options)
    timeline = recording.timeline.part(options.start, options.stop, options.every)
    return replace(recording, timeline=timeline)


def _with_videos(
    calibration: Calibration, keypoints: tuple[Path, ...], options: RecordingOptions
) -> Recording:
    assert options.videos is not None
    paths = find_sources(options.videos, is_video, "videos")
    pairs = match_cameras(paths, calibration.names)
    kept = dict(zip(calibration.names, keypoints, strict=False))
    calibration = calibration.select(tuple(pairs))
    videos = tuple(probe(path, options.fps) for path in pairs.values())
    return Recording(
        _fitted(calibration, videos),
        synchronise(videos),
        videos,
        tuple(kept[name] for name in pairs if name in kept),
    )


def _fitted(calibration: Calibration, videos: Sequence[VideoInfo]) -> Calibration:
    """The calibration for images of the videos' sizes."""
    sizes = tuple((video.width, video.height) for video in videos)
    scales = [
        check_size(name, calibrated, size)
        for name, calibrated, size in zip(
            calibration.names, calibration.sizes, sizes, strict=True
        )
    ]
    cameras = stack([calibration.cameras[v].resize(s) for v, s in enumerate(scales)])
    return replace(calibration, cameras=cameras, sizes=sizes)


def _without_videos(
    calibration: Calibration, keypoints: tuple[Path, ...], options: RecordingOptions
) -> Recording:
    """Key points alone are in step frame by frame."""
    recording = Recording(calibration, Timeline(options.fps, _none()), (), keypoints)
    lengths = [len(view) for view in _read_all(recording)]
    shortest = min(lengths)
    if shortest == 0:
        raise InputError(
            "The key points of camera "
            f"{calibration.names[lengths.index(0)]!r} have no frames in them."
        )
    if max(lengths) > shortest:
        listed = ", ".join(
            f"{length - shortest} of {name}"
            for name, length in zip(calibration.names, lengths, strict=True)
            if length > shortest
        )
        warnings.warn(
            f"The key points differ in length; frames dropped at the end: {listed}.",
            stacklevel=2,
        )
    frames = np.arange(shortest)[:, None].repeat(len(keypoints), 1)
    return replace(recording, timeline=Timeline(options.fps, frames))


def _none() -> np.ndarray:
    return np.empty((0, 0), dtype=np.int64)


def _read_all(recording: Recording) -> list[Detections]:
    first = min(first_frame_number(path) for path in recording.keypoints)
    views = [
        read_keypoints(path, size, first)
        for path, size in zip(
            recording.keypoints, recording.calibration.sizes, strict=True
        )
    ]
    formats = {view.format.name: view.format for view in views if view.keypoints.size}
    if len(formats) > 1:
        raise InputError(
            f"The cameras' key points have different formats: {', '.join(formats)}."
        )
    common = next(iter(formats.values()), views[0].format)
    return [
        view if view.keypoints.size else Detections.collect(common, [[]] * len(view))
        for view in views
    ]


def detect_people(
    recording: Recording, options: RecordingOptions, detector: Detector | None = None
) -> list[Detections]:
    """What every camera sees, in step; read from key-point files where there are any.

    Args:
        recording: The cameras and what they recorded.
        options: Which detector, and where finished cameras are kept.
        detector: Used in place of the one that the options name.
    """
    frames = recording.timeline.frames
    if recording.keypoints:
        views = _read_all(recording)
        return [view.at(frames[:, v]) for v, view in enumerate(views)]
    detector = detector or make_detector(options.detector)
    folder = Path(options.output) / "detections"
    views = []
    try:
        for v, (name, video) in enumerate(
            zip(recording.names, recording.videos, strict=True)
        ):
            views.append(detect(name, video, frames[:, v], detector, folder))
    except KeyboardInterrupt:
        warnings.warn(
            f"Stopped; {len(views)} of {len(frames[0])} cameras are finished and kept "
            f"in {str(folder)!r}, as is the part of the next that is done; the same "
            "command goes on from there.",
            stacklevel=2,
        )
        raise
    return views


def capture_motion(
    recording: Recording, options: RecordingOptions, detector: Detector | None = None
) -> Capture:
    """The 3D motion of everybody in an opened recording.

    Args:
        recording: From :func:`open_recording`.
        options: How to go about it.
        detector: Used in place of the one that the options name.
    """
    views = detect_people(recording, options, detector)
    _warn_of_empty_frames(recording, views)
    views = [view.confident(options.min_confidence) for view in views]
    fps, cameras = recording.timeline.fps, recording.cameras
    cast = find_people(views, cameras, fps, options.people, options.max_distance)
    return reconstruct(views, cast, recording.names, cameras, fps, options)


def look_again(
    capture: Capture, recording: Recording, options: RecordingOptions
) -> Capture:
    """The motion of known people as a learned method sees it, filtered as asked.

    Args:
        capture: From :func:`capture_motion`.
        recording: Whose videos are looked at.
        options: Which method, and which filters.

    Raises:
        InputError: There are no videos, or no such weights.
    """
    if not recording.videos:
        raise InputError(f"The method {options.method!r} needs the --videos.")
    (learned,) = capture_with_methods(
        [load_method(options.method)],
        capture,
        recording.cameras,
        recording.videos,
        recording.timeline.frames,
    )
    points, confidence, filled = filtered(
        learned.points, learned.confidence, learned.fps, learned.format, options
    )
    return replace(learned, points=points, confidence=confidence, filled=filled)


def _warn_of_empty_frames(recording: Recording, views: Sequence[Detections]) -> None:
    empty = {
        name: view.empty_frames
        for name, view in zip(recording.names, views, strict=True)
        if view.empty_frames
    }
    if empty:
        listed = ", ".join(f"{count} of {name}" for name, count in empty.items())
        warnings.warn(f"Frames in which nobody is detected: {listed}.", stacklevel=3)
