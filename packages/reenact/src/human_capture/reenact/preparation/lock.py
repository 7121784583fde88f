"""One run at a time in a folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from human_capture.common.errors import InputError

if sys.platform != "win32":
    import fcntl

LOCK = ".prepare.lock"
"""An empty file by which a folder of ours is known.

It stays: whoever removes it may take it from under a run that has just opened it.
"""


@contextmanager
def reserved(folder: Path) -> Iterator[None]:
    """Keep other runs out of a folder during the block.

    The system frees the folder when the process ends, however it ends. On Windows, and
    on file systems that know no locks, nobody is kept out.

    Args:
        folder: Made when missing.

    Raises:
        InputError: Another run is in the folder, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / LOCK).open("wb")
    except OSError as error:
        raise InputError(
            f"Cannot write into {str(folder)!r}: {error.strerror}; choose another "
            "--output."
        ) from error
    with file:
        if _taken(file):
            raise InputError(
                f"Another run is writing into {str(folder)!r}; wait for it or choose "
                "another --output."
            )
        yield


def _taken(file: IO[bytes]) -> bool:
    """Whether another run holds a file; if not, this one does until it is closed."""
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:  # of other kinds where there are no locks
            return isinstance(error, BlockingIOError)
    return False
