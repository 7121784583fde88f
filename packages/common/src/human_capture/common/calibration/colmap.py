"""COLMAP's text model: ``cameras.txt`` and ``images.txt`` in one folder.

A line of ``cameras.txt`` is id, model, width, height, parameters; a line of
``images.txt`` is id, quaternion w x y z and translation (world to camera), camera id,
name; its next line lists the image's points. Every image is a camera here, named like
the image.

Pixel centres are at +0.5, as in this package (convention). The scale and the axes of
the world are arbitrary unless the model was aligned; metres and z up are assumptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from human_capture.common.calibration.fields import Entry, read_text
from human_capture.common.calibration.records import (
    CameraRecord,
    FileConventions,
    intrinsics_of,
    to_calibration,
    to_records,
)
from human_capture.common.calibration.rig import Calibration
from human_capture.common.calibration.rotations import (
    matrix_from_quaternion,
    quaternion_from_matrix,
)
from human_capture.common.distortion import DistortionModel
from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

CONVENTIONS = FileConventions(integer_centres=False)
FILES = ("cameras.txt", "images.txt")
_PARAMETERS = {  # after f or fx fy, and cx cy
    "SIMPLE_PINHOLE": 3,
    "PINHOLE": 4,
    "SIMPLE_RADIAL": 4,
    "RADIAL": 5,
    "OPENCV": 8,
    "FULL_OPENCV": 12,
    "OPENCV_FISHEYE": 8,
}
_ONE_FOCAL_LENGTH = ("SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL")


def read_colmap(path: Path, metres: float = 1.0) -> Calibration:
    """The rig in a folder with COLMAP's text files.

    Args:
        path: The folder, or one of the two files.
        metres: Length of its unit.
    """
    folder = path if path.is_dir() else path.parent
    lenses = _lenses(folder / FILES[0])
    images = [_image(entry, lenses) for entry in _image_entries(folder / FILES[1])]
    return to_calibration(images, folder, replace(CONVENTIONS, metres=metres))


def _check_count(path: Path, text: str, what: str, count: int) -> None:
    """Compare with the number in the header, where a lost end would show."""
    stated = re.search(rf"^# Number of {what}: (\d+)", text, re.MULTILINE)
    if stated and int(stated[1]) != count:
        raise InputError(
            f"{path}: holds {count} {what} but its header says {stated[1]}; it seems "
            "cut off, or correct the header."
        )


def _lenses(path: Path) -> dict[str, CameraRecord]:
    text = read_text(path, ends_in_line_break=True)
    lenses = {}
    for line in text.splitlines():
        words = line.split()
        if words and not line.startswith("#"):
            lenses[words[0]] = _lens(path, words)
    _check_count(path, text, "cameras", len(lenses))
    return lenses


def _lens(path: Path, words: list[str]) -> CameraRecord:
    keys = ("model", "width", "height")
    entry = Entry(path, words[0], dict(zip(keys, words[1:], strict=False)))
    model = str(entry.value("model"))
    if model not in _PARAMETERS:
        known = ", ".join(_PARAMETERS)
        raise entry.error("model", f"is {model!r}, not one of {known}")
    entry = replace(entry, values={**entry.values, "parameters": words[4:]})
    size = entry.pixels("width"), entry.pixels("height")
    values = list(entry.vector("parameters", [_PARAMETERS[model]]))
    if model in _ONE_FOCAL_LENGTH:
        values.insert(0, values[0])
    lens = np.array(values[4:])
    kind: DistortionModel = "fisheye" if model == "OPENCV_FISHEYE" else "opencv"
    none = np.zeros(3)
    intrinsics = intrinsics_of(*values[:4])
    return CameraRecord(
        words[0], intrinsics, np.eye(3), none, lens if lens.size else None, kind, size
    )


def _image_entries(path: Path) -> Iterator[Entry]:
    text = read_text(path, ends_in_line_break=True)
    lines = iter(text.splitlines())
    count = 0
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(maxsplit=9)
        count += 1
        if len(words) < 10:
            entry = Entry(path, f"number {count}", {})
            raise entry.error("image line", f"has {len(words)} of 10 values")
        yield Entry(
            path,
            words[9].strip(),
            {"quaternion": words[1:5], "translation": words[5:8], "camera": words[8]},
        )
        next(lines, None)  # the image's points
    _check_count(path, text, "images", count)


def _image(entry: Entry, lenses: dict[str, CameraRecord]) -> CameraRecord:
    camera = entry.value("camera")
    if camera not in lenses:
        raise entry.error("camera", f"is {camera}, which {FILES[0]} does not have")
    quaternion = entry.vector("quaternion", [4])
    if not 0.9 < np.linalg.norm(quaternion) < 1.1:
        raise entry.error("quaternion", "does not have length 1")
    return replace(
        lenses[camera],
        name=str(entry.camera),
        rotation=matrix_from_quaternion(quaternion),
        translation=entry.vector("translation", [3]),
    )


def write_colmap(calibration: Calibration, path: Path) -> None:
    """Write cameras.txt, images.txt and an empty points3D.txt into folder ``path``."""
    records = list(enumerate(to_records(calibration, CONVENTIONS), start=1))
    lenses = [f"# Number of cameras: {len(records)}"]
    lenses += [f"{index} {_lens_words(record, path)}" for index, record in records]
    images = [f"# Number of images: {len(records)}, mean observations per image: 0"]
    for index, record in records:
        pose = [*quaternion_from_matrix(record.rotation), *record.translation]
        images += [f"{index} {_words(pose)} {index} {record.name}", ""]
    points = ["# Number of points: 0, mean track length: 0"]
    for file, lines in zip(
        (*FILES, "points3D.txt"), (lenses, images, points), strict=True
    ):
        with atomic_path(path / file) as temporary:
            temporary.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _lens_words(record: CameraRecord, path: Path) -> str:
    record.require_model(path, "COLMAP", "opencv", "fisheye")
    if record.size is None:
        raise InputError(
            f"{path}: COLMAP files need the image size of camera {record.name!r}."
        )
    if record.intrinsics[0, 1] != 0:
        raise InputError(
            f"{path}: camera {record.name!r} has skew, which COLMAP cannot express."
        )
    if record.distortion is None:
        model, lens = "PINHOLE", np.zeros(0)
    elif record.model == "fisheye":
        model, lens = "OPENCV_FISHEYE", record.lens(path, "COLMAP", [4])
    else:
        lens = record.lens(path, "COLMAP", [4, 8])
        model = "OPENCV" if len(lens) == 4 else "FULL_OPENCV"
    k = record.intrinsics
    width, height = record.size
    values = [k[0, 0], k[1, 1], k[0, 2], k[1, 2], *lens]
    return f"{model} {width} {height} {_words(values)}"


def _words(values: list[float]) -> str:
    return " ".join(repr(float(value)) for value in values)
