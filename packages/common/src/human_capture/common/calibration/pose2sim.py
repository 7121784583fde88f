"""Pose2Sim's and anipose's TOML.

One table a camera: ``name``, ``size`` [width, height], ``matrix`` K, ``distortions``
(OpenCV's order; four Kannala-Brandt coefficients when ``fisheye`` is true),
``rotation`` (axis-angle vector, or a 3x3 matrix as Caliscope writes it) and
``translation``, both world to camera; then a table ``metadata``. Pose2Sim writes
``fisheye`` in every table and uses metres; anipose writes it for fisheye lenses only
and uses the unit of its calibration board, mostly millimetres, which the file does not
say: metres are assumed unless the reader is told otherwise.

Both tools hand these numbers to OpenCV, so pixel centres are whole numbers
(convention). The world of an anipose file often is its first camera, so z need not
point up.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from human_capture.common.calibration.fields import Entry, read_text
from human_capture.common.calibration.records import (
    CameraRecord,
    FileConventions,
    to_calibration,
    to_records,
)
from human_capture.common.calibration.rig import Calibration
from human_capture.common.calibration.rotations import (
    matrix_from_vector,
    vector_from_matrix,
)
from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

CONVENTIONS = FileConventions()
_FIELDS = {"matrix", "size", "distortions", "rotation", "translation"}


def read_pose2sim(path: Path, metres: float = 1.0) -> Calibration:
    """The rig in a Pose2Sim or anipose TOML file.

    Args:
        path: The file.
        metres: Length of its unit.
    """
    try:
        tables = tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path}: is not valid TOML, or cut off ({error}).") from error
    entries = [
        Entry(path, str(table.get("name", key)), table)
        for key, table in tables.items()
        if isinstance(table, Mapping) and _FIELDS & table.keys()
    ]
    return to_calibration(
        [_record(entry) for entry in _same_flavour(entries)],
        path,
        replace(CONVENTIONS, metres=metres),
    )


def _same_flavour(entries: list[Entry]) -> list[Entry]:
    """The entries, unless only the last lacks ``fisheye``: then it was cut off."""
    flagged = ["fisheye" in entry.values for entry in entries]
    if len(entries) > 1 and all(flagged[:-1]) and not flagged[-1]:
        raise entries[-1].error("fisheye", "is missing, so the file seems cut off")
    return entries


def _record(entry: Entry) -> CameraRecord:
    fisheye = entry.values.get("fisheye", False)
    if not isinstance(fisheye, bool):
        raise entry.error("fisheye", "must be true or false")
    rotation = entry.numbers("rotation", (3,), (3, 3))
    return CameraRecord(
        str(entry.camera),
        entry.numbers("matrix", (3, 3)),
        matrix_from_vector(rotation) if rotation.ndim == 1 else rotation,
        entry.vector("translation", [3]),
        entry.vector("distortions", [4] if fisheye else [1, 2, 4, 5, 8, 12]),
        "fisheye" if fisheye else "opencv",
        entry.size("size") if "size" in entry.values else None,
    )


def write_pose2sim(calibration: Calibration, path: Path) -> None:
    """Write a TOML file that Pose2Sim and anipose read; lengths are in metres."""
    text = "".join(
        _table(record, path) for record in to_records(calibration, CONVENTIONS)
    )
    with atomic_path(path) as temporary:
        temporary.write_text(
            text + "[metadata]\nadjusted = false\nerror = 0.0\n", encoding="utf-8"
        )


def _table(record: CameraRecord, path: Path) -> str:
    record.require_model(path, "Pose2Sim", "opencv", "fisheye")
    fisheye = record.model == "fisheye" and record.distortion is not None
    lengths = [4] if fisheye else [4, 5, 8, 12]
    values: dict[str, str | bool | np.ndarray] = {
        "name": record.name,
        "matrix": record.intrinsics,
        "distortions": record.lens(path, "Pose2Sim", lengths),
        "rotation": vector_from_matrix(record.rotation),
        "translation": record.translation,
        "fisheye": fisheye,
    }
    if record.size is not None:
        values["size"] = np.array(record.size)
    lines = [f"{key} = {_toml(value)}" for key, value in values.items()]
    return "\n".join([f"[{_toml(record.name)}]", *lines, "", ""])


def _toml(value: str | bool | np.ndarray) -> str:
    if isinstance(value, np.ndarray):
        return json.dumps(value.tolist())
    # TOML's strings are JSON's, but for the escapes beyond 16 bit and for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
