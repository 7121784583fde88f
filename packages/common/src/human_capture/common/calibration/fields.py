"""Values in calibration files, read so that whatever is wrong is said exactly.

Every message names the file, the camera and the field.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from jaxtyping import Float

from human_capture.common.errors import InputError


@dataclass(frozen=True)
class Entry:
    """The fields of one camera in a file.

    Attributes:
        file: Where they stand.
        camera: Whose they are, or None for the file as a whole.
        values: Field name to raw value.
    """

    file: Path
    camera: str | None
    values: Mapping[str, Any]

    def error(self, field: str, problem: str) -> InputError:
        """The exception to raise when ``field`` has this problem."""
        whose = "" if self.camera is None else f" of camera {self.camera!r}"
        return InputError(f"{self.file}: field {field!r}{whose} {problem}.")

    def first_of(self, *fields: str) -> str:
        """The first of several names of a field that is present; else an error."""
        for field in fields:
            if field in self.values:
                return field
        raise self.error(fields[0], "is missing")

    def value(self, field: str) -> object:
        """The raw value."""
        return self.values[self.first_of(field)]

    def numbers(self, field: str, *shapes: tuple[int, ...]) -> Float[np.ndarray, "..."]:
        """Finite numbers in one of several shapes; row and column vectors are flat.

        Args:
            field: Which.
            shapes: Allowed ones.
        """
        value = self.value(field)
        wanted = " or ".join(map(_spelled, shapes))
        try:
            array = np.array(value, dtype=np.float64)
        except (ValueError, TypeError, OverflowError):
            raise self.error(field, f"must be {wanted}") from None
        if array.ndim == 2 and 1 in array.shape:
            array = array.ravel()
        if array.shape not in shapes:
            raise self.error(field, f"must be {wanted}, not {_spelled(array.shape)}")
        if not np.isfinite(array).all():
            raise self.error(field, "holds NaN or infinity")
        return array

    def number(self, field: str) -> float:
        """One finite number."""
        return float(self.numbers(field, ()))

    def vector(self, field: str, lengths: Collection[int]) -> Float[np.ndarray, " n"]:
        """Finite numbers, as many as one of ``lengths``."""
        return self.numbers(field, *((length,) for length in lengths))

    def pixels(self, field: str) -> int:
        """A positive whole number (also when written as a float)."""
        number = self.number(field)
        if number < 1 or number != math.floor(number):
            raise self.error(field, f"must be a positive whole number, not {number:g}")
        return int(number)

    def size(self, field: str) -> tuple[int, int]:
        """Width and height."""
        width, height = self.vector(field, [2])
        parts = (
            Entry(self.file, self.camera, {field: width}),
            Entry(self.file, self.camera, {field: height}),
        )
        return parts[0].pixels(field), parts[1].pixels(field)

    def table(self, field: str) -> Mapping[str, Any]:
        """A table of further fields."""
        value = self.value(field)
        if not isinstance(value, Mapping):
            raise self.error(field, "must be a table of named fields")
        return value

    def items(self, field: str) -> Sequence[Any]:
        """A list with at least one item."""
        value = self.value(field)
        if not isinstance(value, list) or not value:
            raise self.error(field, "must be a list with at least one item")
        return value


def _spelled(shape: tuple[int, ...]) -> str:
    return f"{'x'.join(map(str, shape))} numbers" if shape else "one number"


def read_text(path: Path, *, ends_in_line_break: bool = False) -> str:
    """The text of a file.

    Args:
        path: Which.
        ends_in_line_break: Whether a last line without line break means that the
            file was cut off inside it. For formats in which nothing else would tell.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not a text file.") from error
    if not text.strip():
        raise InputError(f"{path}: is empty.")
    if ends_in_line_break and not text.endswith(("\n", "\r")):
        raise InputError(
            f"{path}: ends in the middle of a line, so it seems cut off; if it is "
            "complete, add a line break at its end."
        )
    return text


def read_json(path: Path) -> Entry:
    """The top level of a JSON file, which must be an object."""
    try:
        values = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path}: is not valid JSON, or cut off ({error.msg} in line "
            f"{error.lineno})."
        ) from error
    except RecursionError as error:
        raise InputError(f"{path}: is nested too deeply.") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: must hold a JSON object.")
    return Entry(path, None, values)


def read_xml(path: Path) -> ElementTree.Element:
    """The root of an XML file."""
    try:
        return ElementTree.fromstring(read_text(path).encode())
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise InputError(f"{path}: is not valid XML, or cut off ({error}).") from error
