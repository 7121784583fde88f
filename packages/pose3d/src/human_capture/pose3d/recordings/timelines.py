"""Which frames are looked at: of several videos those of one moment, of one its own.

A timeline is uniform. Frames are numbered as in the videos; where a video has no frame
for a moment the nearest in time is taken.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from human_capture.common.errors import InputError
from human_capture.common.video import VideoInfo

MAX_RATE_RATIO = 16.0
"""Cameras whose frame rates differ by more than this do not show one event."""

NATIVE_RATES = (20.0, 36.0)
"""Frames a second of a single video that are all looked at, no more and no fewer."""

_USUAL_RATE = 30.0
_CONSTANT = 0.95
"""Share of the times between frames that are alike where the rate is constant."""


@dataclass(frozen=True)
class Timeline:
    """Frames of one or several videos, those of a moment together.

    Attributes:
        fps: Frames a second.
        frames: For every moment the frame number in each video.
    """

    fps: float
    frames: Int[np.ndarray, "frame view"]

    def part(self, start: int, stop: int | None, every: int) -> Timeline:
        """Every so many moments between two.

        Args:
            start: First moment.
            stop: One past the last; to the end when absent.
            every: Step.

        Raises:
            InputError: Nothing is left.
        """
        if start < 0 or every < 1 or (stop is not None and stop <= start):
            raise InputError(
                f"Frames {start} to {stop} in steps of {every} make no sense; start "
                "from 0, stop later, and step at least 1."
            )
        frames = self.frames[start:stop:every]
        if not len(frames):
            raise InputError(
                f"The recording has {len(self.frames)} frames, so none are left from "
                f"frame {start}."
            )
        return Timeline(self.fps / every, frames)


def synchronise(videos: Sequence[VideoInfo]) -> Timeline:
    """Frames that belong together, for videos that start at the same moment.

    The slowest camera sets the pace, and of the others the frame nearest in time is
    taken. Only the part that all videos cover is used. Warns when frame rates differ,
    and when the ends of longer videos are left out.

    Args:
        videos: At least one.

    Raises:
        InputError: The frame rates differ absurdly.
    """
    rates = np.array([video.fps for video in videos])
    slowest = int(rates.argmin())
    listed = ", ".join(f"{v.path.name} {v.fps:.2f}" for v in videos)
    if rates.max() > MAX_RATE_RATIO * rates.min():
        raise InputError(
            f"The frame rates differ too much to belong together: {listed}."
        )
    if rates.max() > 1.002 * rates.min():
        warnings.warn(
            f"The frame rates differ ({listed}); the nearest frames are used at "
            f"{rates.min():.2f} frames a second.",
            stacklevel=2,
        )
    end = min(video.duration for video in videos)
    times = videos[slowest].times
    times = times[times < end - 0.5 / rates[slowest]]
    frames = np.stack([_nearest(video.times, times) for video in videos], -1)
    _warn_of_dropped_ends(videos, end)
    return Timeline(float(rates[slowest]), frames)


def _nearest(times: np.ndarray, wanted: np.ndarray) -> Int[np.ndarray, " frame"]:
    after = np.searchsorted(times, wanted).clip(1, max(len(times) - 1, 1))
    if len(times) == 1:
        return np.zeros(len(wanted), dtype=np.int64)
    closer = wanted - times[after - 1] <= times[after] - wanted
    return np.where(closer, after - 1, after).astype(np.int64)


def _warn_of_dropped_ends(videos: Sequence[VideoInfo], end: float) -> None:
    dropped = {
        v.path.name: int((v.times > end - 0.5 / v.fps).sum())
        for v in videos
        if v.duration > end + 0.5 / v.fps
    }
    if any(dropped.values()):
        listed = ", ".join(f"{count} of {name}" for name, count in dropped.items())
        warnings.warn(
            f"The videos differ in length; frames dropped at the end: {listed}.",
            stacklevel=2,
        )


def own_timeline(video: VideoInfo) -> Timeline:
    """The moments at which a single video is looked at.

    Its own frames where they come at a constant rate within ``NATIVE_RATES``, with the
    nearest in the place of a frame that was lost; else 30 moments a second with the
    nearest frames, some of which are left out or repeat.

    Args:
        video: At least one frame.
    """
    fps = _native_rate(video.times) or _USUAL_RATE
    moments = np.arange(int(video.times[-1] * fps + 1e-6) + 1) / fps
    return Timeline(fps, _nearest(video.times, moments)[:, None])


def _native_rate(times: Float[np.ndarray, " frame"]) -> float | None:
    """Frames a second where that is constant and fit to be used, else None."""
    steps = np.diff(times)
    if not len(steps):
        return None
    median = np.sort(steps)[len(steps) // 2]  # one of them, also of an even number
    alike = np.abs(steps - median) <= 0.1 * median + 1e-9
    rate = float(1 / steps[alike].mean())  # one step is rounded as the times are
    slowest, fastest = NATIVE_RATES
    fits = alike.mean() >= _CONSTANT and slowest <= rate <= fastest
    return rate if fits else None
