"""Human3.6M's cameras, from the two files that people have.

- ``metadata.xml`` of the official code release: element ``w0``, a list of 300 numbers.
  For camera c and subject s (both from 0), numbers 6 (11 c + s) and on are three angles
  a b c and the camera's centre in millimetres; R = Rx(a) Ry(b) Rz(c) maps world to
  camera. Numbers 264 + 9 c and on are fx fy cx cy k1 k2 k3 p1 p2.
- ``camera-parameters.json``, the same values ready-made, as public on GitHub:
  ``intrinsics`` → camera → ``calibration_matrix``, ``distortion`` [k1 k2 p1 p2 k3];
  ``extrinsics`` → subject → camera → ``R``, ``t``, world to camera in millimetres.
  This one is written too.

The pickled label files of other projects are not read, because unpickling runs whatever
code they hold. The lens formula is the data set's own (``human36m``); z points up
(conventions). Pixel centres are taken as whole numbers and the image sizes as those of
the data set's four cameras (assumptions: neither file says).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from human_capture.common.calibration.fields import Entry, read_json, read_xml
from human_capture.common.calibration.records import (
    CameraRecord,
    FileConventions,
    intrinsics_of,
    to_calibration,
    to_records,
)
from human_capture.common.calibration.rig import Calibration
from human_capture.common.calibration.rotations import matrix_from_vector
from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

CONVENTIONS = FileConventions(metres=0.001)
SIZES = {
    "54138969": (1000, 1002),
    "55011271": (1000, 1000),
    "58860488": (1000, 1000),
    "60457274": (1000, 1002),
}
_SUBJECTS = tuple(f"S{number}" for number in range(1, 12))
_POSES = 6 * len(SIZES) * len(_SUBJECTS)


def read_human36m(
    path: Path, metres: float = CONVENTIONS.metres, subject: str | None = None
) -> Calibration:
    """The four cameras as they stood for one subject.

    Args:
        path: ``metadata.xml`` or ``camera-parameters.json``.
        metres: Length of its unit.
        subject: S1 to S11; may be left out when the file has one only.
    """
    if path.suffix.lower() == ".xml":
        records = _records_from_metadata(path, subject)
    else:
        records = _records_from_json(path, subject)
    return to_calibration(records, path, replace(CONVENTIONS, metres=metres))


def _choose(path: Path, subject: str | None, known: tuple[str, ...]) -> str:
    if subject is None and len(known) == 1:
        return known[0]
    if subject not in known:
        which = "name one" if subject is None else f"{subject!r} is none"
        raise InputError(
            f"{path}: the cameras stand differently for the subjects "
            f"{', '.join(known)}; {which} of them."
        )
    return subject


def _records_from_metadata(path: Path, subject: str | None) -> list[CameraRecord]:
    element = read_xml(path).find(".//w0")
    text = "" if element is None else (element.text or "")
    values = text.strip().strip("[]").replace(",", " ").split()
    top = Entry(path, None, {"w0": values} if element is not None else {})
    numbers = top.vector("w0", [_POSES + 9 * len(SIZES)])
    index = _SUBJECTS.index(_choose(path, subject, _SUBJECTS))
    records = []
    for camera, (name, size) in enumerate(SIZES.items()):
        start = 6 * (len(_SUBJECTS) * camera + index)
        angles, centre = numbers[start : start + 6].reshape(2, 3)
        lens = numbers[_POSES + 9 * camera :][:9]
        rotation = np.eye(3)
        for axis, angle in zip(np.eye(3), angles, strict=True):
            rotation = rotation @ matrix_from_vector(angle * axis)
        records.append(
            CameraRecord(
                name,
                intrinsics_of(*lens[:4]),
                rotation,
                -rotation @ centre,
                lens[[4, 5, 7, 8, 6]],
                "human36m",
                size,
            )
        )
    return records


def _records_from_json(path: Path, subject: str | None) -> list[CameraRecord]:
    top = read_json(path)
    lenses, poses = top.table("intrinsics"), top.table("extrinsics")
    subject = _choose(path, subject, tuple(map(str, poses)))
    pose_tables = Entry(path, None, poses).table(subject)
    records = []
    for name in lenses:
        lens = Entry(path, name, Entry(path, name, lenses).table(name))
        pose = Entry(path, name, Entry(path, name, pose_tables).table(name))
        records.append(
            CameraRecord(
                name,
                lens.numbers("calibration_matrix", (3, 3)),
                pose.numbers("R", (3, 3)),
                pose.vector("t", [3]),
                lens.vector("distortion", [5]),
                "human36m",
                SIZES.get(name),
            )
        )
    return records


def write_human36m(calibration: Calibration, path: Path, subject: str = "S1") -> None:
    """Write ``camera-parameters.json``; only Human3.6M's own lens model fits.

    Args:
        calibration: Of one subject's recordings.
        path: The file.
        subject: Whose.
    """
    lenses: dict[str, Mapping[str, object]] = {}
    poses: dict[str, Mapping[str, object]] = {}
    for record in to_records(calibration, CONVENTIONS):
        record.require_model(path, "Human3.6M", "human36m")
        lenses[record.name] = {
            "calibration_matrix": record.intrinsics.tolist(),
            "distortion": record.lens(path, "Human3.6M", [5]).tolist(),
        }
        poses[record.name] = {
            "R": record.rotation.tolist(),
            "t": record.translation[:, None].tolist(),
        }
    with atomic_path(path) as temporary:
        text = json.dumps({"intrinsics": lenses, "extrinsics": {subject: poses}})
        temporary.write_text(text)
