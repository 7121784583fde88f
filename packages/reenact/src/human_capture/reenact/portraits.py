"""Photos of a person, as crops of the head."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from human_capture.common.detectors.face_landmarks import DetectedFace
from human_capture.common.errors import InputError
from human_capture.common.images import read_image
from human_capture.common.photos import find_photos
from human_capture.reenact.crops import crop_face, face_square
from human_capture.reenact.faces import FaceTracker, Finder

_NAMED = 3  # photos of a folder whose names are told; more would be no sentence


@dataclass(frozen=True)
class Portrait:
    """A photo, and whose it is.

    Attributes:
        image: RGB.
        face: The largest in it, in pixels.
    """

    image: UInt8[np.ndarray, "height width 3"]
    face: DetectedFace


def read_heads(
    paths: Sequence[str | Path], size: int, finder: Finder
) -> UInt8[Tensor, "shot 3 {size} {size}"]:
    """Crops of the largest face in each photo, RGB.

    Args:
        paths: Photos, and folders of them.
        size: Width and height of the crops, in pixels.
        finder: Of faces.

    Raises:
        InputError: A photo that was named is no image or shows no face, or none of all
            photos does.
    """
    heads = [
        crop_face(portrait.image, face_square(portrait.face.landmarks), size)
        for portrait in find_portraits(paths, finder)
    ]
    if not heads:
        raise InputError(
            "There is no face in any photo; give photos that show one, upright and not "
            "from the side."
        )
    return torch.from_numpy(np.stack(heads)).movedim(-1, 1).contiguous()


def find_portraits(paths: Sequence[str | Path], finder: Finder) -> Iterator[Portrait]:
    """The photos that show a face.

    Photos of a folder that cannot be read or show none are left out, which a warning
    tells; a photo that was named must show one.

    Args:
        paths: Photos, and folders of them.
        finder: Of faces.

    Raises:
        InputError: There are no photos, or one that was named is no image or shows no
            face.
    """
    for path in map(Path, paths):
        photos, missed = find_photos([path]), []
        for photo in photos:
            try:
                portrait = _portrait(photo, finder)
            except InputError:
                if not path.is_dir():
                    raise
                missed.append(photo.name)
            else:
                yield portrait
        if missed:
            more = ", ..." if len(missed) > _NAMED else ""
            warnings.warn(
                f"{len(missed)} of the {len(photos)} photos in {str(path)!r} show no "
                "face or cannot be read, and are left out: "
                f"{', '.join(missed[:_NAMED])}{more}.",
                stacklevel=3,
            )


def _portrait(path: Path, finder: Finder) -> Portrait:
    image, tracker = read_image(path), FaceTracker(finder)
    face = tracker(image)
    if face is None:
        raise InputError(
            f"There is no face in {str(path)!r}; give photos that show one, upright "
            "and not from the side."
        )
    if tracker.most > 1:
        warnings.warn(
            f"{path.name} shows {tracker.most} faces; the largest is taken.",
            stacklevel=4,
        )
    return Portrait(image, face)
