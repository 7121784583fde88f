"""Photos that somebody means: files, and folders of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from human_capture.common.errors import InputError
from human_capture.common.images import SUFFIXES
from human_capture.common.video import natural_order


def find_photos(paths: Sequence[str | Path]) -> list[Path]:
    """The photos that are meant: files, and all images of folders in natural order.

    Args:
        paths: Files and folders.

    Raises:
        InputError: There is nothing.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = [p for p in path.iterdir() if p.suffix.lower() in SUFFIXES]
            found += sorted(inside, key=lambda photo: natural_order(photo.name))
        else:
            found.append(path)
    if not found:
        raise InputError(
            "There are no photos; give one or several files, or a folder of them."
        )
    return found
