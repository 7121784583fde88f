"""Photos of a person, as crops of the head."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from jaxtyping import UInt8
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.images import read_image
from human_capture.reenact.crops import crop_face, face_square
from human_capture.reenact.faces import FaceTracker, Finder


def read_heads(
    paths: Sequence[Path], size: int, finder: Finder
) -> UInt8[Tensor, "shot 3 {size} {size}"]:
    """Crops of the largest face in each photo, RGB.

    Args:
        paths: The photos.
        size: Width and height of the crops, in pixels.
        finder: Of faces.

    Raises:
        InputError: A file is no image, or shows no face.
    """
    return torch.stack([_read_head(path, size, finder) for path in paths])


def _read_head(
    path: Path, size: int, finder: Finder
) -> UInt8[Tensor, "3 {size} {size}"]:
    image, tracker = read_image(path), FaceTracker(finder)
    face = tracker(image)
    if face is None:
        raise InputError(
            f"There is no face in {str(path)!r}; give a photo that shows one, upright "
            "and not from the side."
        )
    if tracker.most > 1:
        warnings.warn(
            f"{path.name} shows {tracker.most} faces; the largest is taken.",
            stacklevel=4,
        )
    crop = crop_face(image, face_square(face.landmarks), size)
    return torch.from_numpy(crop).movedim(-1, 0).contiguous()
