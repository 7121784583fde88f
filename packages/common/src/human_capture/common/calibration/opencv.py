"""OpenCV's own files (``cv2.FileStorage``: YAML, XML or JSON).

OpenCV fixes no layout for a rig, so this module does. A camera has the fields
``camera_matrix``, ``distortion_coefficients``, ``image_width``, ``image_height`` (the
names that OpenCV's calibration sample writes), ``rotation`` (3x3, or a vector as of
``cv2.Rodrigues``) and ``translation``, both world to camera, and optionally ``name``
and ``fisheye_model`` (1 for four coefficients of ``cv2.fisheye``). The short names K,
D, R, T, rvec and tvec are read too. A rig is either a folder with one such file a
camera, named after the camera, or one file whose list ``cameras`` holds them all; the
latter is written.

Pixel centres are whole numbers (convention). Lengths are metres and z points up
(assumptions; the unit can be told).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from human_capture.common.calibration.fields import Entry
from human_capture.common.calibration.records import (
    CameraRecord,
    FileConventions,
    to_calibration,
    to_records,
)
from human_capture.common.calibration.rig import Calibration
from human_capture.common.calibration.rotations import matrix_from_vector
from human_capture.common.calibration.storage import (
    HEADER,
    matrix_yaml,
    quoted,
    read_storage,
)
from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

CONVENTIONS = FileConventions()
SUFFIXES = (".yml", ".yaml", ".xml", ".json")
LENS_LENGTHS = (1, 2, 4, 5, 8, 12, 14)
_LENS = ("distortion_coefficients", "dist_coeffs", "D")
_Lens = Float[np.ndarray, " coefficient"]
_ROTATION = ("rotation", "R", "rvec")
_TRANSLATION = ("translation", "T", "tvec")


def read_opencv(path: Path, metres: float = 1.0) -> Calibration:
    """The rig in one OpenCV file, or in a folder with one file a camera.

    Args:
        path: The file or folder.
        metres: Length of its unit.
    """
    if path.is_dir():
        files = sorted(f for f in path.iterdir() if f.suffix.lower() in SUFFIXES)
        entries = [_named(read_storage(file), file.stem) for file in files]
    else:
        top = read_storage(path)
        if "cameras" in top.values:
            entries = [
                _named(Entry(path, None, _table(top, item)), f"number {index + 1}")
                for index, item in enumerate(top.items("cameras"))
            ]
        else:
            entries = [_named(top, path.stem)]
    records = [_record(entry) for entry in entries]
    return to_calibration(records, path, replace(CONVENTIONS, metres=metres))


def _table(top: Entry, item: object) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise top.error("cameras", "must be a list of tables")
    return item


def _named(entry: Entry, name: str) -> Entry:
    return replace(entry, camera=str(entry.values.get("name", name)))


def _record(entry: Entry) -> CameraRecord:
    fisheye = "fisheye_model" in entry.values and entry.number("fisheye_model") == 1
    field = entry.first_of(*_ROTATION)
    rotation = entry.numbers(field, (3, 3), (3,))
    return CameraRecord(
        str(entry.camera),
        entry.numbers(entry.first_of("camera_matrix", "K"), (3, 3)),
        matrix_from_vector(rotation) if rotation.ndim == 1 else rotation,
        entry.vector(entry.first_of(*_TRANSLATION), [3]),
        without_tilt(entry, entry.first_of(*_LENS), fisheye),
        "fisheye" if fisheye else "opencv",
        _size(entry),
    )


def without_tilt(entry: Entry, field: str, fisheye: bool = False) -> _Lens:
    """Distortion coefficients, of which OpenCV's tilted sensor is not supported.

    Args:
        entry: The camera.
        field: Where they stand.
        fisheye: Whether they are those of ``cv2.fisheye``.
    """
    lens = entry.vector(field, [4] if fisheye else LENS_LENGTHS)
    if lens[12:].any():
        raise entry.error(field, "has a tilted sensor, which is not supported")
    return lens[:12]


def _size(entry: Entry) -> tuple[int, int] | None:
    if "image_width" not in entry.values and "image_height" not in entry.values:
        return None
    return entry.pixels("image_width"), entry.pixels("image_height")


def write_opencv(calibration: Calibration, path: Path) -> None:
    """Write one YAML file with the list ``cameras``; lengths are in metres."""
    if path.suffix.lower() not in (".yml", ".yaml"):
        raise InputError(f"{path}: OpenCV calibrations are written as .yml files.")
    items = []
    for record in to_records(calibration, CONVENTIONS):
        first, *rest = _lines(record, path)
        items += [f"   - {first}", *(f"     {line}" for line in rest)]
    with atomic_path(path) as temporary:
        temporary.write_text(
            HEADER + "\n".join(["cameras:", *items, ""]), encoding="utf-8"
        )


def _lines(record: CameraRecord, path: Path) -> list[str]:
    record.require_model(path, "OpenCV", "opencv", "fisheye")
    fisheye = record.model == "fisheye" and record.distortion is not None
    lens = record.lens(path, "OpenCV", [4] if fisheye else [4, 5, 8, 12])
    lines = [f"name: {quoted(record.name)}", f"fisheye_model: {int(fisheye)}"]
    if record.size is not None:
        width, height = record.size
        lines += [f"image_width: {width}", f"image_height: {height}"]
    lines += matrix_yaml("camera_matrix", record.intrinsics)
    lines += matrix_yaml("distortion_coefficients", lens[None])
    lines += matrix_yaml("rotation", record.rotation)
    return lines + matrix_yaml("translation", record.translation[:, None])
