"""Files that are either whole or absent."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from human_capture.common.errors import InputError

_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}


@contextmanager
def atomic_path(target: str | Path) -> Iterator[Path]:
    """Yield a temporary path that becomes ``target`` when the block succeeds.

    The temporary file lies in the same folder and has the same suffix, so encoders
    that look at the name work, and the final rename is atomic. When the block fails
    or is interrupted the temporary file is removed and ``target`` stays as it was.

    Args:
        target: The file to write; its folder is created when missing.

    Raises:
        InputError: The folder cannot be written, or the disk is full.
    """
    target = Path(target)
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{target.stem}.tmp-", suffix=target.suffix, dir=target.parent
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o644)  # mkstemp makes files private
        temporary.replace(target)
    except OSError as error:
        ours = temporary is None or error.filename in (str(temporary), temporary)
        if not ours and error.errno not in _DISK_ERRORS:
            raise  # from the block, about something else
        raise InputError(
            f"Cannot write {str(target)!r}: {error.strerror}; free some space or "
            "choose another output folder."
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
