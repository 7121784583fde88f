"""Images as a camera takes them: always the newest, never a queue of old ones."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import av
import av.error
import numpy as np
from av.container import InputContainer
from jaxtyping import UInt8

from human_capture.common.errors import InputError


@dataclass(frozen=True)
class LiveFrame:
    """An image and when it was taken.

    Attributes:
        index: Number of the image, with those that nobody looked at.
        taken: Moment at which it arrived, by ``time.perf_counter``.
        image: RGB.
    """

    index: int
    taken: float
    image: UInt8[np.ndarray, "height width 3"]


class LiveVideo:
    """A webcam, a stream or a file, read by a thread of its own.

    Whoever iterates gets the newest image each time, and waits if there is none since
    the last. A file is played at its own pace.

    Args:
        source: Number of a webcam, address of a stream, or path of a file.

    Raises:
        InputError: It cannot be opened.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._container = _opened(source)
        self._paced = Path(source).is_file()
        self._newest: LiveFrame | None = None
        self._changed = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> LiveVideo:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop reading and close the source."""
        self._ended = True
        self._thread.join(timeout=5)
        self._container.close()

    def __iter__(self) -> Iterator[LiveFrame]:
        last = -1
        while True:
            with self._changed:
                while not self._ended and self._last_index() <= last:
                    self._changed.wait(0.5)
                frame = self._newest
            if frame is None or frame.index <= last:
                return
            last = frame.index
            yield frame

    def _last_index(self) -> int:
        return -1 if self._newest is None else self._newest.index

    def _read(self) -> None:
        start, first = time.perf_counter(), None
        try:
            for index, frame in enumerate(self._container.decode(video=0)):
                if self._paced and frame.time is not None:
                    first = frame.time if first is None else first
                    delay = start + frame.time - first - time.perf_counter()
                    time.sleep(max(delay, 0))
                self._show(index, frame)
                if self._ended:
                    return
        except av.error.FFmpegError:
            pass  # a stream that breaks off has ended
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _show(self, index: int, frame: av.VideoFrame) -> None:
        quarters = round(frame.rotation / 90) % 4  # counter-clockwise, as np.rot90
        image = np.ascontiguousarray(
            np.rot90(frame.to_ndarray(format="rgb24"), quarters), dtype=np.uint8
        )
        with self._changed:
            self._newest = LiveFrame(index, time.perf_counter(), image)
            self._changed.notify_all()


def _opened(source: str) -> InputContainer:
    webcam = source.isdigit()
    try:
        if webcam:
            container = av.open(f"/dev/video{source}", format="v4l2")
        else:
            container = av.open(source, timeout=10.0)
    except (av.error.FFmpegError, OSError, ValueError) as error:
        what = f"webcam {source}" if webcam else repr(source)
        raise InputError(
            f"{what} cannot be opened ({error}); give the number of a webcam, the "
            "address of a stream or the path of a video."
        ) from error
    if not container.streams.video:
        container.close()
        raise InputError(f"{source!r} has no pictures in it, only sound or text.")
    return container
