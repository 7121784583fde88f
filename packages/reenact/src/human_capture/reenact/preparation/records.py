"""A clip as bytes, from which single frames can be taken without reading the others.

The bytes are a file in the format of safetensors
(https://github.com/huggingface/safetensors): a table of named arrays, then their
values. Pictures and masks are JPEG files one after the other, with a table of where
each ends.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float32, Int64, UInt8
from PIL import Image
from safetensors.numpy import save

from human_capture.common.errors import InputError

QUALITY = 95
"""Of the JPEG files."""

_TYPES = {"U8": np.uint8, "I64": np.int64, "F32": np.float32}


@dataclass(frozen=True)
class EncodedFrames:
    """Pictures that are still compressed, in one piece of memory.

    Attributes:
        data: JPEG files, one after the other.
        ends: Where each ends.
    """

    data: UInt8[np.ndarray, " byte"]
    ends: Int64[np.ndarray, " frame"]

    @classmethod
    def of(cls, files: Sequence[bytes]) -> EncodedFrames:
        """Pictures that :func:`encode_picture` has compressed."""
        ends = np.cumsum([len(file) for file in files], dtype=np.int64)
        return cls(np.frombuffer(b"".join(files), np.uint8), ends)

    def __len__(self) -> int:
        return len(self.ends)

    def file(self, frame: int) -> UInt8[np.ndarray, " byte"]:
        """The JPEG file of one frame; not a copy."""
        start = int(self.ends[frame - 1]) if frame else 0
        return self.data[start : int(self.ends[frame])]


@dataclass(frozen=True)
class EncodedClip:
    """Crops of one person's head, pictures still compressed.

    Attributes:
        pictures: RGB.
        masks: Grey; where the person is.
        landmarks: MediaPipe's 468 face landmarks as shares of the side, x then y.
        frames: Number of each frame in the video.
    """

    pictures: EncodedFrames
    masks: EncodedFrames
    landmarks: Float32[np.ndarray, "frame 468 2"]
    frames: Int64[np.ndarray, " frame"]

    def __len__(self) -> int:
        return len(self.frames)

    def to_bytes(self) -> bytes:
        """All of it."""
        arrays = {
            "pictures": self.pictures.data,
            "picture_ends": self.pictures.ends,
            "masks": self.masks.data,
            "mask_ends": self.masks.ends,
            "landmarks": np.ascontiguousarray(self.landmarks),
            "frames": self.frames,
        }
        return bytes(save(arrays))

    @classmethod
    def from_bytes(cls, data: bytes | memoryview) -> EncodedClip:
        """What :meth:`to_bytes` has written; nothing is copied or decoded.

        Raises:
            InputError: The bytes are damaged or something else.
        """
        try:
            arrays = _arrays(memoryview(data))
            clip = cls(
                EncodedFrames(arrays["pictures"], arrays["picture_ends"]),
                EncodedFrames(arrays["masks"], arrays["mask_ends"]),
                arrays["landmarks"],
                arrays["frames"],
            )
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise _damaged() from error
        parts = (clip.pictures, clip.masks, clip.landmarks, clip.frames)
        same = len({len(part) for part in parts}) == 1
        if not same or clip.landmarks.shape[1:] != (468, 2):
            raise _damaged()
        return clip


def encode_picture(picture: UInt8[np.ndarray, "height width *channel"]) -> bytes:
    """A picture as a JPEG file.

    Args:
        picture: RGB, or grey without the last axis.
    """
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def decode_picture(
    file: UInt8[np.ndarray, " byte"], size: int
) -> UInt8[np.ndarray, "{size} {size} 3"]:
    """The RGB picture in a JPEG file.

    Args:
        file: The file's bytes.
        size: Width and height that it must have, in pixels.
    """
    return _decoded(file, cv2.IMREAD_COLOR_RGB, (size, size, 3))


def decode_mask(
    file: UInt8[np.ndarray, " byte"], size: int
) -> UInt8[np.ndarray, "{size} {size}"]:
    """The grey picture in a JPEG file; see :func:`decode_picture`."""
    return _decoded(file, cv2.IMREAD_GRAYSCALE, (size, size))


def _decoded(file: np.ndarray, kind: int, shape: tuple[int, ...]) -> np.ndarray:
    image = cv2.imdecode(file, kind) if len(file) else None
    if image is None or image.shape != shape:
        raise _damaged()
    return np.asarray(image)


def _arrays(data: memoryview) -> dict[str, np.ndarray]:
    """The named arrays of a safetensors file as views of its bytes."""
    start = 8 + int.from_bytes(data[:8], "little")
    header: Mapping[str, Any] = json.loads(bytes(data[8:start]))
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = entry["data_offsets"]
        values = np.frombuffer(
            data[start + first : start + last], _TYPES[entry["dtype"]]
        )
        arrays[name] = values.reshape(entry["shape"])
    return arrays


def _damaged() -> InputError:
    return InputError(
        "A prepared clip is damaged or of another kind; prepare the videos again."
    )
