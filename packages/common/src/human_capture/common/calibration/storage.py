"""OpenCV's ``FileStorage`` files as plain Python values, and matrices as its YAML."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float

from human_capture.common.calibration.fields import Entry, read_text
from human_capture.common.errors import InputError

HEADER = "%YAML:1.0\n---\n"


def read_storage(path: Path) -> Entry:
    """The top level of an OpenCV YAML, XML or JSON file; matrices become arrays."""
    text = read_text(path, ends_in_line_break=path.suffix.lower() in (".yml", ".yaml"))
    flags = cv2.FILE_STORAGE_READ | cv2.FILE_STORAGE_MEMORY
    try:
        storage = cv2.FileStorage(text, flags)
        opened = storage.isOpened()
    except (cv2.error, SystemError) as error:  # the latter from the constructor
        raise InputError(f"{path}: is not a valid OpenCV file, or cut off.") from error
    values = _plain(storage.root(), path) if opened else None
    if not isinstance(values, dict):
        raise InputError(f"{path}: is not a valid OpenCV file, or cut off.")
    return Entry(path, None, values)


def _plain(node: cv2.FileNode, path: Path) -> object:
    if node.isMap():
        values = {key: _plain(node.getNode(key), path) for key in node.keys()}
        if {"rows", "cols", "data"} <= values.keys():
            return _matrix(values, node.name(), path)
        return values
    if node.isSeq():
        return [_plain(node.at(i), path) for i in range(node.size())]
    if node.isString():
        return node.string()
    if node.isInt():
        return int(node.real())
    return node.real() if node.isReal() else None


def _matrix(
    values: dict[str, object], name: str, path: Path
) -> Float[np.ndarray, "row column"]:
    entry, matrix = Entry(path, None, {name: values["data"]}), Entry(path, None, values)
    rows, columns = matrix.pixels("rows"), matrix.pixels("cols")
    if not isinstance(values["data"], list) or len(values["data"]) != rows * columns:
        raise entry.error(name, f"must hold {rows}x{columns} numbers, or is cut off")
    return entry.vector(name, [rows * columns]).reshape(rows, columns)


def quoted(text: str) -> str:
    """A text as a YAML string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def matrix_yaml(key: str, matrix: Float[np.ndarray, "row column"]) -> list[str]:
    """Lines that hold a matrix as OpenCV writes it, to the last digit."""
    rows, columns = matrix.shape
    data = ", ".join(repr(float(value)) for value in matrix.ravel())
    return [
        f"{key}: !!opencv-matrix",
        f"   rows: {rows}",
        f"   cols: {columns}",
        "   dt: d",
        f"   data: [ {data} ]",
    ]
