"""A picture of what was prepared: some frames of each clip in a row."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw

from human_capture.common.images import resize
from human_capture.reenact.landmarks import face68
from human_capture.reenact.preparation.records import (
    EncodedClip,
    decode_mask,
    decode_picture,
)
from human_capture.reenact.preparation.stream import ClipStream

_TILE = 128
_LINE = 16  # height of a clip's name
_BACKGROUND = 32  # grey level


def contact_sheet(
    stream: ClipStream, columns: int = 8, rows: int = 40
) -> UInt8[np.ndarray, "height width 3"]:
    """Frames of clips, one clip a row under its name.

    What the mask leaves out is darkened; dots are the 68 landmarks.

    Args:
        stream: The clips.
        columns: Frames of each clip, evenly spread.
        rows: Clips, evenly spread when there are more.
    """
    count = min(rows, len(stream))
    clips = np.linspace(0, len(stream) - 1, count).round().astype(int).tolist()
    size = (columns * _TILE, count * (_TILE + _LINE))
    sheet = Image.new("RGB", size, (_BACKGROUND,) * 3)
    draw = ImageDraw.Draw(sheet)
    for row, number in enumerate(clips):
        top, entry = row * (_TILE + _LINE), stream.clips[number]
        draw.text((4, top + 2), f"{entry.name}: {entry.frames} frames", fill="white")
        clip = stream[number]
        for column, frame in enumerate(_spread(len(clip), columns)):
            tile = Image.fromarray(_tile(clip, frame, stream.index.size))
            sheet.paste(tile, (column * _TILE, top + _LINE))
    return np.asarray(sheet)


def _spread(frames: int, columns: int) -> list[int]:
    count = min(frames, columns)
    numbers: list[int] = np.linspace(0, frames - 1, count).round().astype(int).tolist()
    return numbers


def _tile(clip: EncodedClip, frame: int, size: int) -> UInt8[np.ndarray, "tile tile 3"]:
    picture = decode_picture(clip.pictures.file(frame), size)
    mask = decode_mask(clip.masks.file(frame), size)[..., None] / 255
    shown = (picture * (0.35 + 0.65 * mask)).astype(np.uint8)
    tile = Image.fromarray(resize(shown, _TILE, _TILE))
    _dot(tile, face68(clip.landmarks[frame]) * _TILE)
    return np.asarray(tile)


def _dot(tile: Image.Image, points: Float[np.ndarray, "point 2"]) -> None:
    draw = ImageDraw.Draw(tile)
    # Pillow's pixels have their centres at whole numbers
    draw.point([(x, y) for x, y in np.rint(points - 0.5).tolist()], fill=(0, 255, 0))
