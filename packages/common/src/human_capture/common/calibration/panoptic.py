"""CMU Panoptic's ``calibration_<sequence>.json``.

A list ``cameras``, each with ``name``, ``type`` (hd, vga, kinect-color), ``panel``,
``node``, ``resolution``, ``K``, ``distCoef`` (k1 k2 p1 p2 k3, OpenCV's formula), ``R``
and ``t``, world to camera, in centimetres. The world's y points down (convention), and
(x, y, z) becomes (x, z, -y) here. Pixel centres are taken as whole numbers
(assumption: the toolbox projects with OpenCV's formula and does not say).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from human_capture.common.calibration.fields import Entry, read_json
from human_capture.common.calibration.records import (
    CameraRecord,
    FileConventions,
    to_calibration,
    to_records,
)
from human_capture.common.calibration.rig import Calibration
from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

CONVENTIONS = FileConventions(
    metres=0.01,
    file_to_world=((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0)),
)


def read_panoptic(
    path: Path,
    metres: float = CONVENTIONS.metres,
    types: Collection[str] = ("hd", "vga", "kinect-color"),
) -> Calibration:
    """The rig in a Panoptic Studio JSON file.

    Args:
        path: The file.
        metres: Length of its unit.
        types: Which kinds of cameras; a full file has 31 hd, 480 vga, 10 kinect-color.
    """
    top = read_json(path)
    entries = []
    for index, item in enumerate(top.items("cameras")):
        if not isinstance(item, Mapping):
            raise top.error("cameras", "must be a list of objects")
        name = item.get("name")
        entries.append(Entry(path, str(name or f"number {index + 1}"), item))
    wanted = [e for e in entries if e.values.get("type", "hd") in types]
    records = [_record(entry) for entry in wanted]
    return to_calibration(records, path, replace(CONVENTIONS, metres=metres))


def _record(entry: Entry) -> CameraRecord:
    entry.first_of("name")
    return CameraRecord(
        str(entry.camera),
        entry.numbers("K", (3, 3)),
        entry.numbers("R", (3, 3)),
        entry.vector("t", [3]),
        entry.vector("distCoef", [5]),
        size=entry.size("resolution"),
    )


def write_panoptic(calibration: Calibration, path: Path) -> None:
    """Write a JSON file; cameras must have sizes and at most five coefficients."""
    cameras = [
        _camera(record, index, path)
        for index, record in enumerate(to_records(calibration, CONVENTIONS))
    ]
    with atomic_path(path) as temporary:
        text = json.dumps({"calibDataSource": "human-capture", "cameras": cameras})
        temporary.write_text(text)


def _camera(record: CameraRecord, index: int, path: Path) -> dict[str, Any]:
    record.require_model(path, "Panoptic", "opencv")
    if record.size is None:
        raise InputError(
            f"{path}: Panoptic files need the image size of camera {record.name!r}."
        )
    place = re.fullmatch(r"(\d+)_(\d+)", record.name)
    panel, node = map(int, place.groups()) if place else (0, index)
    return {
        "name": record.name,
        "type": {0: "hd", 50: "kinect-color"}.get(panel, "vga"),
        "resolution": list(record.size),
        "panel": panel,
        "node": node,
        "K": record.intrinsics.tolist(),
        "distCoef": record.lens(path, "Panoptic", [5]).tolist(),
        "R": record.rotation.tolist(),
        "t": record.translation[:, None].tolist(),
    }
