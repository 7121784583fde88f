"""Videos that appear under their name only when they are complete."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import av
import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream
from jaxtyping import UInt8

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

if TYPE_CHECKING:
    AudioPacket = av.Packet[AudioStream]
else:
    AudioPacket = av.Packet  # which is generic for type checkers alone


class VideoWriter:
    """Writes a video that appears under its name only when it is complete.

    Use as a context manager; the first image sets the size. H.264 where the library
    has it (plays in every browser), else MPEG-4.

    Args:
        path: The file to write, usually ``.mp4``.
        fps: Frames a second.
        quality: Constant rate factor of H.264; lower is better and larger.
        audio_from: A video whose sound goes with the images, from the moment of its
            first image until the last image written here. It is copied where the kind
            of file can hold it, else encoded anew. Without sound there is none here.
    """

    def __init__(
        self,
        path: str | Path,
        fps: float,
        quality: int = 23,
        audio_from: str | Path | None = None,
    ) -> None:
        self.path = Path(path)
        self.fps = fps
        self.quality = quality
        self.audio_from = audio_from
        self._stack = ExitStack()
        self._sound: _Sound | None = None
        self._written = 0
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
            self._sound = self._new_sound()
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
        self._written += 1
        self._add_sound()

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

    def _new_sound(self) -> _Sound | None:
        if self.audio_from is None:
            return None
        source = self._stack.enter_context(_opened(Path(self.audio_from)))
        assert self._container is not None
        return _Sound(source, self._container) if source.streams.audio else None

    def _encode(self, frame: av.VideoFrame | None) -> None:
        assert self._stream is not None and self._container is not None
        try:
            self._container.mux(self._stream.encode(frame))
        except OSError as error:
            raise _unwritable(self.path, error) from error

    def _add_sound(self) -> None:
        """Write the sound up to the end of the last image."""
        if self._sound is None or self._container is None:
            return
        for packet in self._sound.until(self._written / self.fps):
            try:
                self._container.mux(packet)
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
                self._add_sound()
        except BaseException as failure:
            self._stack.__exit__(type(failure), failure, failure.__traceback__)
            raise
        try:
            self._stack.__exit__(kind, error, traceback)
        except OSError as failure:
            raise _unwritable(self.path, failure) from failure


class _Sound:
    """Packets of a file's first sound, for a new file.

    Args:
        source: The file.
        target: Gets a stream for the sound; nothing has been written to it yet.
    """

    def __init__(self, source: InputContainer, target: OutputContainer) -> None:
        self._source = source
        self._from: AudioStream = source.streams.audio[0]
        self._start = _start(source)
        copied = self._copy_of_stream(target)
        self._to = copied or target.add_stream("aac", self._from.rate)
        self._packets = self._copied() if copied else self._encoded()
        self._next = next(self._packets, None)

    def _copy_of_stream(self, target: OutputContainer) -> AudioStream | None:
        """A stream for packets as they are, if the kind of file can have one."""
        if target.format.name == "mp4" and str(self._from.name).startswith("pcm"):
            return None  # it can, but browsers and most players do not expect it
        try:
            return target.add_stream_from_template(self._from)
        except ValueError:
            return None

    def until(self, seconds: float) -> Iterator[AudioPacket]:
        """The packets not given yet that begin before a moment."""
        while self._next is not None and _begin(self._next) < seconds:
            packet, self._next = self._next, next(self._packets, None)
            yield packet

    def _copied(self) -> Iterator[AudioPacket]:
        for packet in self._demuxed():
            if packet.dts is None:  # marks the end
                continue
            shift = _ticks(self._start, packet.time_base)
            packet.pts = (packet.dts if packet.pts is None else packet.pts) - shift
            packet.dts -= shift
            if packet.pts + (packet.duration or 0) >= 0:  # AAC begins before 0
                packet.stream = self._to
                yield packet

    def _encoded(self) -> Iterator[AudioPacket]:
        for packet in self._demuxed():
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                continue
            for frame in frames:
                if frame.pts is not None:
                    frame.pts -= _ticks(self._start, frame.time_base)
                yield from self._to.encode(frame)
        yield from self._to.encode(None)

    def _demuxed(self) -> Iterator[AudioPacket]:
        try:
            yield from self._source.demux(self._from)
        except av.error.FFmpegError:
            return  # the file breaks off here


def _opened(path: Path) -> InputContainer:
    try:
        return av.open(str(path))
    except (av.error.FFmpegError, OSError) as error:
        raise InputError(
            f"The sound of {str(path)!r} cannot be read; the file is missing, damaged "
            "or of an unknown kind."
        ) from error


def _start(source: InputContainer) -> Fraction:
    """When the first image of a file is shown, in seconds."""
    for stream in source.streams.video:
        if stream.start_time is not None and stream.time_base is not None:
            return stream.start_time * stream.time_base
    return Fraction(0)


def _begin(packet: AudioPacket) -> float:
    return float((packet.pts or 0) * packet.time_base)


def _ticks(seconds: Fraction, base: Fraction | None) -> int:
    return round(seconds / (base or 1))


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        f"Cannot write {str(path)!r}: {error.strerror}; free some space or choose "
        "another output folder."
    )
