"""EasyMocap's ``intri.yml`` and ``extri.yml`` (OpenCV YAML, side by side).

Both list the cameras under ``names``; camera c has ``K_c``, ``dist_c`` and sometimes
``W_c``, ``H_c`` in the first file, ``R_c`` (axis-angle vector), ``Rot_c`` (the same
rotation as a matrix) and ``T_c`` in the second, world to camera.

Pixel centres are whole numbers, because OpenCV is given these values; lengths are
metres, as EasyMocap requires (conventions). That z points up is an assumption: the
world is the calibration board's.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from human_capture.common.calibration.fields import Entry
from human_capture.common.calibration.opencv import without_tilt
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
from human_capture.common.calibration.storage import (
    HEADER,
    matrix_yaml,
    quoted,
    read_storage,
)
from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

CONVENTIONS = FileConventions()
FILES = ("intri.yml", "extri.yml")


def read_easymocap(path: Path, metres: float = 1.0) -> Calibration:
    """The rig in a folder with ``intri.yml`` and ``extri.yml``.

    Args:
        path: The folder, or one of the two files.
        metres: Length of its unit.
    """
    folder = path if path.is_dir() else path.parent
    lenses, poses = (read_storage(folder / name) for name in FILES)
    names = [str(name) for name in lenses.items("names")]
    others = [str(name) for name in poses.items("names")]
    if set(names) != set(others):
        odd = sorted(set(names) ^ set(others))
        raise InputError(
            f"{folder}: 'names' differ between intri.yml and extri.yml ({odd})."
        )
    records = [
        _record(replace(lenses, camera=name), replace(poses, camera=name))
        for name in names
    ]
    return to_calibration(records, folder, replace(CONVENTIONS, metres=metres))


def _record(lens: Entry, pose: Entry) -> CameraRecord:
    name = str(lens.camera)
    if f"Rot_{name}" in pose.values:
        rotation = pose.numbers(f"Rot_{name}", (3, 3))
    else:
        rotation = matrix_from_vector(pose.vector(f"R_{name}", [3]))
    size = None
    if f"W_{name}" in lens.values or f"H_{name}" in lens.values:
        size = lens.pixels(f"W_{name}"), lens.pixels(f"H_{name}")
    return CameraRecord(
        name,
        lens.numbers(f"K_{name}", (3, 3)),
        rotation,
        pose.vector(f"T_{name}", [3]),
        without_tilt(lens, f"dist_{name}"),
        size=size,
    )


def write_easymocap(calibration: Calibration, path: Path) -> None:
    """Write ``intri.yml`` and ``extri.yml`` into the folder ``path``."""
    records = to_records(calibration, CONVENTIONS)
    for record in records:
        record.require_model(path, "EasyMocap", "opencv")
        if not re.fullmatch(r"[\w-]+", record.name, re.ASCII):
            raise InputError(
                f"{path}: EasyMocap's camera names are letters, digits, '_' and '-', "
                f"not {record.name!r}; rename it."
            )
    names = ["names:", *(f"   - {quoted(record.name)}" for record in records)]
    lenses = [line for record in records for line in _lens_lines(record, path)]
    poses = [line for record in records for line in _pose_lines(record)]
    for file, lines in zip(FILES, (lenses, poses), strict=True):
        with atomic_path(path / file) as temporary:
            temporary.write_text(HEADER + "\n".join([*names, *lines, ""]))


def _lens_lines(record: CameraRecord, path: Path) -> list[str]:
    lines = []
    if record.size is not None:
        lines += [f"W_{record.name}: {record.size[0]}"]
        lines += [f"H_{record.name}: {record.size[1]}"]
    lens = record.lens(path, "EasyMocap", [5, 8, 12])
    lines += matrix_yaml(f"K_{record.name}", record.intrinsics)
    return lines + matrix_yaml(f"dist_{record.name}", lens[None])


def _pose_lines(record: CameraRecord) -> list[str]:
    vector = vector_from_matrix(record.rotation)
    return [
        *matrix_yaml(f"R_{record.name}", vector[:, None]),
        *matrix_yaml(f"Rot_{record.name}", record.rotation),
        *matrix_yaml(f"T_{record.name}", record.translation[:, None]),
    ]
