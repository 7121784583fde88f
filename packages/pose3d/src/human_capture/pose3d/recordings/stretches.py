"""Detection in stretches of a video, each kept on disk as soon as it is finished.

A run that is stopped loses the stretch it is in and no more. In memory are a few images
and the numbers that come out, so a video may last for hours.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int, UInt8

from human_capture.common.keypoints import KeypointFormat
from human_capture.common.progress import progress
from human_capture.common.video import VideoInfo, decode
from human_capture.pose3d.recordings.cuts import CutDetector
from human_capture.pose3d.recordings.detections import Detections, Person
from human_capture.pose3d.recordings.stages import StageClock

SECONDS = 20.0
"""Length of a stretch."""

FindPeople = Callable[
    [Iterable[UInt8[np.ndarray, "height width 3"]]], Iterator[list[Person]]
]
_END: tuple[int, list[Person]] = (sys.maxsize, [])


def split(
    times: Float[np.ndarray, " time"],
    frames: Int[np.ndarray, " frame"],
    seconds: float = SECONDS,
) -> list[tuple[int, int]]:
    """First moment of every stretch, and the one past its last.

    Args:
        times: When each frame of the video is shown, in seconds.
        frames: For every moment the frame of the video, in ascending order. All
            moments with the same frame are in one stretch.
        seconds: Length of a stretch.
    """
    number = (times[frames] - times[frames[0]]) // seconds
    starts = np.flatnonzero(np.diff(number, prepend=-1))
    return list(pairwise([*starts.tolist(), len(frames)]))


@dataclass(frozen=True)
class StretchFolder:
    """Finished stretches of one camera on disk.

    Attributes:
        path: The folder; it need not exist.
        fingerprint: What the detections are made from and how.
    """

    path: Path
    fingerprint: str

    def load(self, borders: Sequence[tuple[int, int]]) -> list[Detections]:
        """The stretches that are finished, from the first until one that is not.

        Args:
            borders: From :func:`split`.
        """
        found: list[Detections] = []
        for border in borders:
            part = Detections.load(self._file(border), self._mark(border))
            if part is None:
                break
            found.append(part)
        return found

    def save(self, border: tuple[int, int], part: Detections) -> None:
        """Keep a finished stretch."""
        part.save(self._file(border), self._mark(border))

    def remove(self) -> None:
        """Delete the folder with its stretches, if it is there."""
        if self.path.is_dir():
            for file in self.path.glob("*.npz"):
                file.unlink(missing_ok=True)
            if not any(self.path.iterdir()):  # nothing of somebody else's
                self.path.rmdir()

    def _file(self, border: tuple[int, int]) -> Path:
        return self.path / f"{border[0]:07d}.npz"

    def _mark(self, border: tuple[int, int]) -> str:
        return f"{self.fingerprint} {border[0]}-{border[1]}"


class Detecting:
    """Detection of the people in one video, from where the folder's stretches end.

    Args:
        video: What the camera recorded.
        frames: For every moment the frame of the video, in ascending order.
        format: Of the key points.
        people: Finds the people in successive images.
        folder: Where finished stretches are kept.
        clock: Told of the stages "decoding" and "detecting".

    Attributes:
        missing: Frames that could not be decoded so far.
    """

    def __init__(
        self,
        video: VideoInfo,
        frames: Int[np.ndarray, " frame"],
        format: KeypointFormat,
        people: FindPeople,
        folder: StretchFolder,
        clock: StageClock,
    ) -> None:
        self.video, self.frames, self.format = video, frames, format
        self.people, self.folder, self.clock = people, folder, clock
        self.missing = 0
        self._cuts = CutDetector()

    def run(self, description: str) -> Detections:
        """The detections of all moments.

        All stretches but the last are saved; the last is finished when all are.

        Args:
            description: Of the work, for the person who waits.
        """
        borders = split(self.video.times, self.frames)
        parts = self.folder.load(borders[:-1])
        left = borders[len(parts) :]
        wanted = set(self.frames[left[0][0] :].tolist())
        found = progress(self._sightings(wanted), description, len(wanted))
        for border, part in zip(left, self._parts(found, left), strict=True):
            if border is not left[-1]:
                self.folder.save(border, part)
            parts.append(part)
        return Detections.join(parts)

    def _sightings(self, wanted: set[int]) -> Iterator[tuple[int, list[Person]]]:
        """Frame numbers with their people; the people pull the images out."""
        first, last = int(self.frames[0]), int(self.frames[-1])
        start = max(first, min(wanted) - self._cuts.memory)
        decoded = self.clock.timed("decoding", decode(self.video.path, start, last + 1))
        numbers: deque[int] = deque()

        def images() -> Iterator[UInt8[np.ndarray, "height width 3"]]:
            for frame in self._cuts.watch(decoded):
                if frame.index in wanted:
                    numbers.append(frame.index)
                    yield frame.image

        for people in self.clock.timed("detecting", self.people(images())):
            yield numbers.popleft(), people

    def _parts(
        self,
        found: Iterator[tuple[int, list[Person]]],
        borders: Sequence[tuple[int, int]],
    ) -> Iterator[Detections]:
        """What is found, stretch by stretch as each is complete."""
        number, people = next(found, _END)
        for start, stop in borders:
            numbers = self.frames[start:stop]
            seen: dict[int, list[Person]] = {}
            while number <= numbers[-1]:
                seen[number] = people
                number, people = next(found, _END)
            self.missing += len(np.unique(numbers)) - len(seen)
            part = Detections.collect(
                self.format, [seen.get(n, []) for n in numbers.tolist()]
            )
            yield replace(part, cuts=self._cuts_in(start, stop))

    def _cuts_in(self, start: int, stop: int) -> Int[np.ndarray, " cut"]:
        """Cuts after the last frame of the stretch before, counted from ``start``."""
        numbers, before = self.frames[start:stop], self.frames[max(start - 1, 0)]
        cuts = np.array(self._cuts.cuts, dtype=np.int64)
        inside = cuts[(cuts > before) & (cuts <= numbers[-1])]
        return np.unique(np.searchsorted(numbers, inside))
