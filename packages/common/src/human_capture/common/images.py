"""Still images: reading, writing, resizing. RGB everywhere outside this file."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import ExifTags, Image
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


FULL_FRAME_DIAGONAL_MM = 43.27
"""What 35 mm equivalents of focal lengths refer to (CIPA DCG-001)."""


def read_image(path: str | Path) -> UInt8[np.ndarray, "height width 3"]:
    """The image in a file, turned as its EXIF orientation says.

    Args:
        path: A PNG, JPEG or anything else OpenCV reads; grey becomes RGB.

    Raises:
        InputError: There is no such file, or it is not an image.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"There is no image {str(path)!r}.")
    data = np.fromfile(path, np.uint8)  # imread fails on some non-ASCII paths
    image = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if image is None:
        raise InputError(f"{str(path)!r} is not an image, or it is damaged.")
    return np.ascontiguousarray(image[..., ::-1], dtype=np.uint8)


def focal_from_exif(path: str | Path, width: int, height: int) -> float | None:
    """Focal length in pixels that a camera has written into a photo, if it has.

    Photos whose aspect is not that of what was taken have been cropped, so nothing is
    known of them.

    Args:
        path: The photo.
        width: Of the photo, in pixels.
        height: Of the photo, in pixels.
    """
    try:
        with Image.open(path) as photo:
            exif = photo.getexif().get_ifd(ExifTags.IFD.Exif)
    except (OSError, SyntaxError, ValueError):  # a format that Pillow cannot read
        return None
    equivalent = float(exif.get(ExifTags.Base.FocalLengthIn35mmFilm, 0) or 0)
    taken = [
        float(exif.get(tag, 0) or 0)
        for tag in (ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight)
    ]
    if min(taken) > 0:
        ratio = max(taken) / min(taken) * min(width, height) / max(width, height)
        if abs(ratio - 1) > 0.02:
            return None
    if equivalent <= 0:
        return None
    return equivalent / FULL_FRAME_DIAGONAL_MM * float(np.hypot(width, height))


def write_image(
    path: str | Path, image: UInt8[np.ndarray, "height width 3"], quality: int = 92
) -> None:
    """Write an image whole or not at all; the suffix chooses the format.

    Args:
        path: Ends in one of the suffixes OpenCV writes, such as ``.png``.
        image: RGB.
        quality: Of a JPEG, from 0 to 100.

    Raises:
        InputError: No image can be written to such a path, or not one of this size.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"Cannot write {path.name!r}: images end in one of {', '.join(SUFFIXES)}."
        )
    options = (cv2.IMWRITE_JPEG_QUALITY, quality) if path.suffix != ".png" else ()
    try:
        done, data = cv2.imencode(path.suffix, image[..., ::-1], options)
    except cv2.error:
        done = False
    if not done:
        height, width = image.shape[:2]
        raise InputError(
            f"Cannot write {path.name!r}: an image of {width} x {height} pixels does "
            f"not fit into a {path.suffix} file; choose .png, or a smaller image."
        )
    with atomic_path(path) as temporary:
        temporary.write_bytes(data.tobytes())


def resize(
    image: UInt8[np.ndarray, "height width 3"], width: int, height: int
) -> UInt8[np.ndarray, "new_height new_width 3"]:
    """The image in another size; averages when shrinking, else bilinear.

    Args:
        image: RGB.
        width: Wanted, in pixels.
        height: Wanted, in pixels.
    """
    shrinks = width < image.shape[1] or height < image.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(
        cv2.resize(image, (width, height), interpolation=method), np.uint8
    )


def fit_within(
    image: UInt8[np.ndarray, "height width 3"], longest: int
) -> UInt8[np.ndarray, "new_height new_width 3"]:
    """The image shrunk, if need be, until no side is longer than ``longest`` pixels.

    Args:
        image: RGB.
        longest: Side, in pixels.
    """
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return image
    return resize(
        image, max(1, math.floor(width * scale)), max(1, math.floor(height * scale))
    )


def to_tensor(
    image: UInt8[np.ndarray, "*batch height width 3"],
) -> Float[Tensor, "*batch 3 height width"]:
    """RGB bytes as floats in [0, 1], channels first."""
    return torch.from_numpy(image).movedim(-1, -3).float() / 255


def to_bytes(
    image: Float[Tensor, "*batch 3 height width"],
) -> UInt8[np.ndarray, "*batch height width 3"]:
    """Floats in [0, 1], channels first, as RGB bytes; values outside are clipped."""
    scaled = (image.detach().clamp(0, 1) * 255).round().byte()
    return np.ascontiguousarray(scaled.movedim(-3, -1).cpu().numpy())
