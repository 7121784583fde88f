"""Videos: what is in them, and their frames; `video_writer` makes new ones.

A folder of images is a video too. Frames come upright (rotation metadata is applied),
in order of presentation, and keep the index they have in the file when a neighbour
cannot be decoded, so that several cameras stay in step.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.error
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from jaxtyping import Float, UInt8

from human_capture.common.errors import InputError
from human_capture.common.images import SUFFIXES as IMAGE_SUFFIXES
from human_capture.common.images import read_image

SUFFIXES = (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".mts")


@dataclass(frozen=True)
class VideoInfo:
    """What a video holds.

    Attributes:
        path: The file, or the folder of images.
        width: Of the upright image, in pixels.
        height: Of the upright image, in pixels.
        times: When each frame is shown, in seconds from the first.
    """

    path: Path
    width: int
    height: int
    times: Float[np.ndarray, " frame"]

    @property
    def frames(self) -> int:
        """How many frames can be read."""
        return len(self.times)

    @property
    def fps(self) -> float:
        """Frames a second, by the median time between frames."""
        steps = np.diff(self.times)
        return float(1 / np.median(steps)) if len(steps) else 1.0

    @property
    def duration(self) -> float:
        """Seconds from the start of the first frame to the end of the last."""
        return float(self.times[-1]) + 1 / self.fps


@dataclass(frozen=True)
class Frame:
    """One decoded frame.

    Attributes:
        index: Its number in the video, from 0.
        image: RGB, upright.
    """

    index: int
    image: UInt8[np.ndarray, "height width 3"]


def is_video(path: str | Path) -> bool:
    """Whether a path looks like a video: by its suffix, or a folder with images."""
    path = Path(path)
    if path.is_dir():
        return bool(_images_in(path))
    return path.suffix.lower() in SUFFIXES


def probe(path: str | Path, image_fps: float = 30.0) -> VideoInfo:
    """Size and frame times of a video, read without decoding more than one frame.

    Warns when the file holds fewer frames than its header promises.

    Args:
        path: A video file, or a folder of images in natural order of their names.
        image_fps: Frame rate of a folder of images, which has none of its own.

    Raises:
        InputError: There is no such file, or no frame of it can be read.
    """
    path = Path(path)
    if path.is_dir():
        return _probe_images(path, image_fps)
    with _opened(path) as container:
        stream = container.streams.video[0]
        stamps, promised = _stamps(container, stream), stream.frames
        step = 1 / float(stream.average_rate or image_fps)
    first = next(decode(path), None) if len(stamps) else None
    if first is None:
        raise InputError(f"No frame of {str(path)!r} can be decoded.")
    if promised > len(stamps):
        warnings.warn(
            f"{path.name} breaks off: {promised - len(stamps)} of its {promised} "
            "frames are missing.",
            stacklevel=2,
        )
    times = (stamps - stamps[0]).astype(float)
    if len(times) > 1 and not (np.diff(times) > 0).all():
        times = np.arange(len(times)) * step
    height, width = first.image.shape[:2]
    return VideoInfo(path, width, height, times)


def read_frames(
    path: str | Path, start: int = 0, stop: int | None = None
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    """Exactly one RGB image for every frame number from ``start`` to ``stop`` - 1.

    Where a frame cannot be decoded the last good image is shown again, and a warning
    at the end counts them. Without ``stop`` the images end with the file.

    Args:
        path: A video file, or a folder of images.
        start: First frame.
        stop: One past the last frame; to the end when absent.
    """
    image: UInt8[np.ndarray, "height width 3"] | None = None
    expected, repeated = start, 0
    for frame in decode(path, start, stop):
        for _ in range(expected, frame.index):
            repeated += 1
            yield frame.image if image is None else image
        image, expected = frame.image, frame.index + 1
        yield image
    if image is not None and stop is not None:
        for _ in range(expected, stop):
            repeated += 1
            yield image
    if repeated:
        warnings.warn(
            f"{repeated} frames of {Path(path).name} cannot be decoded; the image "
            "before is shown instead.",
            stacklevel=2,
        )


def decode(
    path: str | Path, start: int = 0, stop: int | None = None
) -> Iterator[Frame]:
    """The frames from ``start`` to ``stop`` - 1 that can be decoded, in order.

    Args:
        path: A video file, or a folder of images.
        start: First frame.
        stop: One past the last frame; to the end when absent.
    """
    path = Path(path)
    if path.is_dir():
        yield from _decode_images(path, start, stop)
        return
    with _opened(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        stamps = _stamps(container, stream)
        stop = len(stamps) if stop is None else min(stop, len(stamps))
        if start >= stop:
            return
        container.seek(_seek_target(stream, stamps[start]), stream=stream)
        for stamp, frame in _decoded(container, stream):
            index = int(np.searchsorted(stamps, stamp))
            if index >= stop:
                return
            if index >= start and not frame.is_corrupt:
                yield Frame(index, _upright(frame))


def _opened(path: Path) -> InputContainer:
    if not path.is_file():
        raise InputError(f"There is no video {str(path)!r}.")
    try:
        container = av.open(str(path))
    except (av.error.FFmpegError, OSError) as error:
        raise InputError(
            f"{str(path)!r} cannot be read as a video; it is damaged, incomplete or of "
            "an unknown kind."
        ) from error
    if not container.streams.video:
        container.close()
        raise InputError(f"{str(path)!r} has no pictures in it, only sound or text.")
    return container


def _stamps(
    container: InputContainer, stream: VideoStream
) -> Float[np.ndarray, " frame"]:
    """Presentation times of all frames in seconds, sorted; leaves the file at its end.

    Containers without presentation times (AVI) count by decoding times instead.
    """
    stamps = []
    try:
        for packet in container.demux(stream):
            stamp = packet.dts if packet.pts is None else packet.pts
            if packet.size and not packet.is_discard and stamp is not None:
                stamps.append(stamp)
    except av.error.FFmpegError:
        pass  # the file breaks off here; the caller compares with the header
    base = stream.time_base or Fraction(1, 1)
    return np.sort(np.array(stamps, dtype=np.int64)) * float(base)


def _seek_target(stream: VideoStream, stamp: float) -> int:
    return int(stamp / float(stream.time_base or Fraction(1, 1)))


def _decoded(
    container: InputContainer, stream: VideoStream
) -> Iterator[tuple[float, av.VideoFrame]]:
    """Frames with their time, slightly early so that a search finds their index."""
    packets = container.demux(stream)
    half = 0.5 * float(stream.time_base or 1)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            return
        try:
            if packet.pts is None:
                packet.pts = packet.dts
            frames = packet.decode()
        except av.error.FFmpegError:
            continue
        for frame in frames:
            if isinstance(frame, av.VideoFrame) and frame.time is not None:
                yield frame.time - half, frame


def _upright(frame: av.VideoFrame) -> UInt8[np.ndarray, "height width 3"]:
    image = frame.to_ndarray(format="rgb24")
    quarters = round(frame.rotation / 90) % 4  # counter-clockwise, as np.rot90
    return np.ascontiguousarray(np.rot90(image, quarters), dtype=np.uint8)


def _images_in(folder: Path) -> list[Path]:
    images = (p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    return sorted(images, key=lambda path: natural_order(path.name))


def natural_order(name: str) -> tuple[tuple[int, str], ...]:
    """A sort key under which ``img2`` comes before ``img10``."""
    parts = re.split(r"(\d+)", name.lower())
    return tuple((int(p), "") if p.isdigit() else (-1, p) for p in parts)


def _probe_images(folder: Path, fps: float) -> VideoInfo:
    images = _images_in(folder)
    if not images:
        raise InputError(f"The folder {str(folder)!r} holds no images.")
    height, width = read_image(images[0]).shape[:2]
    return VideoInfo(folder, width, height, np.arange(len(images)) / fps)


def _decode_images(folder: Path, start: int, stop: int | None) -> Iterator[Frame]:
    for index, path in list(enumerate(_images_in(folder)))[start:stop]:
        try:
            yield Frame(index, read_image(path))
        except InputError:
            continue
