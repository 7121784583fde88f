"""Videos that appear under their name only when they are complete."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import av.error
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from jaxtyping import UInt8

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path


class VideoWriter:
    """Writes a video that appears under its name only when it is complete.

    Use as a context manager; the first image sets the size. H.264 where the library
    has it (plays in every browser), else MPEG-4.

    Args:
        path: The file to write, usually ``.mp4``.
        fps: Frames a second.
        quality: Constant rate factor of H.264; lower is better and larger.
    """

    def __init__(self, path: str | Path, fps: float, quality: int = 23) -> None:
        self.path = Path(path)
        self.fps = fps
        self.quality = quality
        self._stack = ExitStack()
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None

    def __enter__(self) -> VideoWriter:
        temporary = self._stack.enter_context(atomic_path(self.path))
        self._container = av.open(str(temporary), "w")
        self._stack.callback(self._container.close)
        return self

    def write(self, image: UInt8[np.ndarray, "height width 3"]) -> None:
        """Append one RGB image; odd sizes lose their last row or column.

        Raises:
            InputError: The image differs in size from the first, or the disk is full.
        """
        height, width = (side - side % 2 for side in image.shape[:2])
        if self._stream is None:
            self._stream = self._new_stream(width, height)
        elif (self._stream.width, self._stream.height) != (width, height):
            raise InputError(
                f"A frame of {width} x {height} pixels does not fit into "
                f"{self.path.name}, which has {self._stream.width} x "
                f"{self._stream.height}."
            )
        frame = av.VideoFrame.from_ndarray(
            np.ascontiguousarray(image[:height, :width]), format="rgb24"
        )
        self._encode(frame)

    def _new_stream(self, width: int, height: int) -> VideoStream:
        assert self._container is not None, "use VideoWriter in a with statement"
        rate = Fraction(self.fps).limit_denominator(1001)
        h264 = "libx264" in av.codecs_available
        stream = self._container.add_stream("libx264" if h264 else "mpeg4", rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        if h264:
            stream.options = {"crf": str(self.quality), "preset": "veryfast"}
        else:
            stream.bit_rate = 4 * width * height
        return stream

    def _encode(self, frame: av.VideoFrame | None) -> None:
        assert self._stream is not None and self._container is not None
        try:
            self._container.mux(self._stream.encode(frame))
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if kind is None and self._stream is None:
                raise InputError(f"There are no frames to write to {self.path.name}.")
            if kind is None:
                self._encode(None)
        except BaseException as failure:
            self._stack.__exit__(type(failure), failure, failure.__traceback__)
            raise
        try:
            self._stack.__exit__(kind, error, traceback)
        except OSError as failure:
            raise _unwritable(self.path, failure) from failure


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"Cannot write {str(path)!r}: {error.strerror}; free some space or choose "
        "another output folder."
    )
