"""Drivers: a video, a folder of images, a picture, a webcam or a stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from human_capture.common.errors import InputError
from human_capture.common.images import SUFFIXES as IMAGE_SUFFIXES
from human_capture.common.images import read_image
from human_capture.common.live_video import LiveVideo
from human_capture.common.video import probe, read_frames
from human_capture.reenact.driving.pacing import steady_rate


@dataclass(frozen=True)
class DriverFrame:
    """A frame of the driver.

    Attributes:
        time: When it is shown, in seconds from the first.
        image: RGB.
    """

    time: float
    image: UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class RecordedDriver:
    """A video, a folder of images or a single picture.

    Attributes:
        path: The file or folder.
        times: Of the frames, in seconds from the first.
        fps: Frames a second of what is made of it.
    """

    path: Path
    times: Float[np.ndarray, " frame"]
    fps: float

    @classmethod
    def open(
        cls, path: str | Path, image_fps: float = 25.0, seconds: float | None = None
    ) -> RecordedDriver:
        """What is at a path.

        Args:
            path: A video, a folder of images or a picture.
            image_fps: Frame rate of images, which have none of their own.
            seconds: Only the frames that begin before this moment; all if absent.

        Raises:
            InputError: There is nothing, or it cannot be read.
        """
        path = Path(path)
        if is_picture(path):
            return cls(path, np.zeros(1), image_fps)
        times = probe(path, image_fps).times
        rate = steady_rate(times, image_fps)
        if seconds is not None:
            # a frame at this very moment stays away however its time was rounded
            times = times[: max(int((times < seconds - 1e-6).sum()), 1)]
        return cls(path, times, rate)

    def __len__(self) -> int:
        return len(self.times)

    def __iter__(self) -> Iterator[DriverFrame]:
        images = (
            iter([read_image(self.path)])
            if is_picture(self.path)
            else read_frames(self.path, 0, len(self))
        )
        shown = 0
        # the images first: after the last they tell how many were damaged
        for image, time in zip(images, self.times.tolist(), strict=False):
            yield DriverFrame(time, image)
            shown += 1
        if not shown:
            raise InputError(
                f"No frame of {str(self.path)!r} can be decoded; give another driver."
            )

    @property
    def sound(self) -> Path | None:
        """The file to take the sound from, if it may have some."""
        silent = self.path.is_dir() or is_picture(self.path)
        return None if silent else self.path


def live_frames(
    video: LiveVideo, seconds: float | None = None
) -> Iterator[DriverFrame]:
    """The newest frame of a camera, whenever one is asked for.

    Args:
        video: Has been entered.
        seconds: Stop after so long; never if absent.
    """
    first: float | None = None
    for frame in video:
        first = frame.taken if first is None else first
        if seconds is not None and frame.taken - first >= seconds:
            return
        yield DriverFrame(frame.taken - first, frame.image)


def is_live(driver: str) -> bool:
    """Whether it is the number of a webcam or the address of a stream."""
    return driver.isdigit() or "://" in driver


def is_picture(path: str | Path) -> bool:
    """Whether a path is that of a single image."""
    path = Path(path)
    return path.suffix.lower() in IMAGE_SUFFIXES and not path.is_dir()
