"""The decorator of compiled functions: one setting for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def kernel(function: Callable[..., Any]) -> Any:  # noqa: ANN401
    """The function compiled at its first call, kept on disk, free of the GIL.

    Without fast-math, so that the same input gives the same bits everywhere on a
    machine. Mark the function `@no_type_check` below this: its types are inferred.

    Args:
        function: Written in the part of Python that numba compiles.
    """
    return numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)


def inlined(function: Callable[..., Any]) -> Any:  # noqa: ANN401
    """As `kernel`, for small functions: they become part of their callers.

    Args:
        function: Written in the part of Python that numba compiles.
    """
    return numba.njit(
        cache=True, nogil=True, error_model="numpy", forceinline=True, _nrt=False
    )(function)
