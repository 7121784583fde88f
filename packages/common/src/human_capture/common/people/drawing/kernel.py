"""The decorators of compiled functions: one setting for all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba


def kernel(function: Callable[..., Any]) -> Any:
    """The function compiled at its first call, kept on disk, free of the GIL.

    Without fast-math, so that the same input gives the same bits everywhere on a
    machine. Without reference counts, which would cost more than the drawing: it
    must not allocate. Mark it `@no_type_check` below this: its types are inferred.

    Args:
        function: Written in the part of Python that numba compiles.
    """
    return _stamped(
        numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)
    )


def inlined(function: Callable[..., Any]) -> Any:
    """As `kernel`, for small functions: they become part of their callers.

    Args:
        function: Written in the part of Python that numba compiles.
    """
    return _stamped(
        numba.njit(
            cache=True, nogil=True, error_model="numpy", _nrt=False, forceinline=True
        )(function)
    )


def _stamped(dispatcher: Any) -> Any:
    """The function, compiled anew when a file that it may call has changed.

    numba looks at the function's own file only.
    """
    index: Any = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
    if hasattr(index, "_source_stamp"):
        index._source_stamp = _folder_stamp()
    return dispatcher


@cache
def _folder_stamp() -> tuple[float, int]:
    folder = Path(__file__).parent
    names = ("shading*.py", "noise.py", "textures.py", "kernel.py")
    states = [path.stat() for name in names for path in folder.glob(name)]
    return max(s.st_mtime for s in states), sum(s.st_size for s in states)
