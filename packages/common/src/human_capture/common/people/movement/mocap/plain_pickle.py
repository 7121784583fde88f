"""Pickles from strangers, read without running anything of theirs.

A pickle is a program: it may call any function that its reader lets it name, which is
why files from strangers are not unpickled. The reader here lets it name a handful of
words and gives stand-ins of its own for them; all else, whatever it is, ends in an
error before anything is called. Not even numpy's own functions are reached: a stand-in
notes the bytes of an array, and they are looked at as numbers of a checked type. What
comes out can therefore only be dicts, lists, tuples, sets, strings, bytes, numbers,
None, and :class:`PlainArray`.
"""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from human_capture.common.errors import InputError

_NUMERIC = re.compile(r"[<>=|]?([biufc]\d{1,2}|\?)")
_BROKEN = (
    *(pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError),
    *(IndexError, KeyError, OverflowError, MemoryError),
)


class PlainType:
    """Stand-in for ``numpy.dtype``: a numeric type, or O for plain objects."""

    numeric: np.dtype[Any] | None = None

    def __init__(self, text: str, align: object = False, copy: object = False) -> None:
        if _NUMERIC.fullmatch(text):
            self.numeric = np.dtype(text)
        elif text not in ("O", "O8", "|O"):
            raise _RefusedError(f"a numpy array of type {text!r}")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        # (version, byte order, subarray, names, fields, ...): numbers have no more
        if self.numeric is not None:
            self.numeric = self.numeric.newbyteorder(state[1])


class PlainArray:
    """Stand-in for ``numpy.ndarray``.

    Attributes:
        content: The numbers; for an array of objects a flat list of them.
    """

    content: np.ndarray | Sequence[object] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, raw = state
        self.fill(raw, kind, shape, "F" if fortran else "C")

    def fill(self, raw: Any, kind: PlainType, shape: Any, order: Any) -> None:
        """Take over the content, as bytes of numbers or as a list of objects."""
        if kind.numeric is None:
            if not isinstance(raw, list):
                raise ValueError("bytes are not objects")
            self.content = raw
            return
        # Python 2 wrote its bytes as text
        data = raw.encode("latin1") if isinstance(raw, str) else raw
        self.content = np.frombuffer(data, kind.numeric).reshape(shape, order=order)


class _StandIn:
    """A function that a pickle may call but not change."""

    def __init__(self, function: Callable[..., object]) -> None:
        self._function = function

    def __call__(self, *arguments: object) -> object:
        return self._function(*arguments)

    def __setstate__(self, state: object) -> None:
        raise ValueError("functions have no state")


class _RefusedError(Exception):
    """What a pickle asked for in vain."""


def load_plain(data: bytes, source: str) -> object:
    """What a pickle holds, if it is nothing but data.

    Args:
        data: The pickle.
        source: Where it is from, for messages.

    Raises:
        InputError: The pickle names something that is not plain data, or is cut off.
    """
    try:
        return _PlainUnpickler(data).load()
    except _RefusedError as error:
        raise InputError(
            f"{source}: holds {error}, which is not plain data; such a file could run "
            "code, so it is not opened."
        ) from None
    except _BROKEN as error:
        raise InputError(f"{source}: its pickled part is cut off or broken.") from error


class _PlainUnpickler(pickle.Unpickler):
    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data), encoding="latin1")

    def find_class(self, module: str, name: str) -> Any:
        found = _ALLOWED.get((module, name))
        if found is None:
            raise _RefusedError(f"{module}.{name}")
        return found


def _reconstructed(kind: object, shape: object, code: object) -> PlainArray:
    """For ``_reconstruct``; the content follows as a state."""
    return PlainArray()


def _from_buffer(raw: Any, kind: PlainType, shape: Any, order: Any) -> PlainArray:
    array = PlainArray()
    array.fill(raw, kind, shape, order)
    return array


def _scalar(kind: PlainType, raw: bytes) -> object:
    array = _from_buffer(raw, kind, (), "C")
    return array.content.item() if isinstance(array.content, np.ndarray) else None


def _encoded(text: str, encoding: str) -> bytes:
    """For ``_codecs.encode``, as which older protocols write bytes."""
    if encoding != "latin1":
        raise _RefusedError(f"text to encode as {encoding!r}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    """For ``bytes()``, as which older protocols write none."""
    return b""


_ALLOWED: dict[tuple[str, str], Callable[..., object]] = {
    ("numpy", "dtype"): PlainType,
    ("numpy", "ndarray"): PlainArray,
    ("_codecs", "encode"): _StandIn(_encoded),
    ("collections", "OrderedDict"): dict,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("__builtin__", "bytes"): _StandIn(_no_bytes),
    ("__builtin__", "set"): set,
    ("__builtin__", "frozenset"): frozenset,
}
for _core in ("numpy.core", "numpy._core"):  # before and since numpy 2
    _ALLOWED |= {
        (f"{_core}.multiarray", "_reconstruct"): _StandIn(_reconstructed),
        (f"{_core}.multiarray", "scalar"): _StandIn(_scalar),
        (f"{_core}.numeric", "_frombuffer"): _StandIn(_from_buffer),
    }
