"""Files of people's own, which no output may take the place of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from human_capture.common.errors import InputError


def spare(output: str | Path, originals: Iterable[str | Path]) -> None:
    """Make sure that an output is none of the files that it is made from.

    Args:
        output: What is to be written.
        originals: What is read: files, folders, or what is no path at all, such as the
            number of a webcam.

    Raises:
        InputError: It is one of them, be it by another name.
    """
    if any(same_place(output, original) for original in originals):
        raise InputError(
            f"{str(output)!r} is what is read and would be lost; give another --output."
        )


def spare_folders(folder: str | Path, inputs: Iterable[str | Path]) -> None:
    """Make sure that a folder that gets pictures is none that photos are read from.

    Args:
        folder: Where pictures are to be written.
        inputs: What is read: files and folders.

    Raises:
        InputError: It is one of the folders, be it by another name.
    """
    if any(same_place(folder, path) for path in inputs):
        raise InputError(
            f"Pictures in {str(folder)!r} would be taken for photos of the person next "
            "time; give another --output."
        )


def same_place(one: str | Path, other: str | Path) -> bool:
    """Whether two paths lead to the same file or folder, which is there."""
    one, other = Path(one), Path(other)
    return one.exists() and other.exists() and one.samefile(other)
