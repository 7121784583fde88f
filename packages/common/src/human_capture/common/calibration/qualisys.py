"""Qualisys' calibration export, ``*.qca.txt`` (XML).

A ``camera`` element holds ``transform`` (millimetres, z up) and ``intrinsic`` (in
1/64 of a pixel). The matrix r11…r33 maps the world to a camera whose y points up and
whose z points backwards, so half a turn about x leads to OpenCV's axes; x, y, z is the
camera's centre in the world. ``fov_video`` says which part of the sensor the video
shows; the principal point counts from the sensor's corner, so its left and top edges
are subtracted.

``radialDistortion1…3`` and ``tangentalDistortion1…2`` are k1 k2 k3 and p1 p2 of
OpenCV's formula, on coordinates without unit: they are *not* divided by 64. (Pose2Sim
divides them. A calibration of the checkerboard pictures that come with its sample file
gives k1 = -0.046, -0.064, -0.046, -0.051 for its four cameras, where the file says
-0.046, -0.048, -0.047, -0.048.)

Convention: all of the above. Assumptions: pixel centres have whole coordinates after
the division by 64, as the tools that pass these files to OpenCV take it, although
``sensorMaxU`` = 64 width - 1 in files from QTM would also allow a corner origin, half a
pixel away; and ``viewrotation`` only says how QTM displays a camera, so a video that
was rotated on export does not fit (a warning says so).
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from human_capture.common.calibration.fields import Entry, read_xml
from human_capture.common.calibration.records import (
    CameraRecord,
    FileConventions,
    intrinsics_of,
    to_calibration,
    to_records,
)
from human_capture.common.calibration.rig import Calibration
from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

CONVENTIONS = FileConventions(metres=0.001)
_SUBPIXELS = 64
_HALF_TURN = np.diag([1.0, -1.0, -1.0])
_ELEMENTS = [f"r{row}{column}" for row in (1, 2, 3) for column in (1, 2, 3)]
_LENS = [
    "radialDistortion1",
    "radialDistortion2",
    "tangentalDistortion1",
    "tangentalDistortion2",
    "radialDistortion3",
]


def read_qualisys(path: Path, metres: float = CONVENTIONS.metres) -> Calibration:
    """The rig in a ``.qca.txt`` file.

    Cameras that are inactive or not calibrated are left out, and marker cameras too
    when the file marks others as video cameras.

    Args:
        path: The file.
        metres: Length of its unit.
    """
    elements = [
        camera
        for camera in read_xml(path).iter("camera")
        if camera.get("active", "1") != "0" and camera.get("calibrated") != "false"
    ]
    videos = [e for e in elements if "video" in e.get("model", "").lower()]
    records = [
        _record(path, index, element)
        for index, element in enumerate(videos or elements)
    ]
    return to_calibration(records, path, replace(CONVENTIONS, metres=metres))


def _record(path: Path, index: int, camera: ElementTree.Element) -> CameraRecord:
    name = camera.get("serial")
    if not name:
        raise Entry(path, f"number {index + 1}", {}).error("serial", "is missing")
    transform = _child(path, name, camera, "transform")
    intrinsic = _child(path, name, camera, "intrinsic")
    rotation = np.array([transform.number(key) for key in _ELEMENTS]).reshape(3, 3)
    rotation = _HALF_TURN @ rotation
    centre = np.array([transform.number(axis) for axis in "xyz"])
    left, top, size = _field_of_view(path, name, camera, intrinsic)
    if "skew" in intrinsic.values and intrinsic.number("skew") != 0:
        raise intrinsic.error("skew", "is not zero, which is not supported")
    if camera.get("viewrotation", "0") not in ("0", ""):
        warnings.warn(
            f"{path}: camera {name!r} is displayed rotated by "
            f"{camera.get('viewrotation')} degrees; its video must not be.",
            stacklevel=4,
        )
    return CameraRecord(
        name,
        intrinsics_of(
            intrinsic.number("focalLengthU") / _SUBPIXELS,
            intrinsic.number("focalLengthV") / _SUBPIXELS,
            intrinsic.number("centerPointU") / _SUBPIXELS - left,
            intrinsic.number("centerPointV") / _SUBPIXELS - top,
        ),
        rotation,
        -rotation @ centre,
        np.array([intrinsic.number(key) for key in _LENS]),
        size=size,
    )


def _child(path: Path, name: str, camera: ElementTree.Element, tag: str) -> Entry:
    child = camera.find(tag)
    if child is None:
        raise Entry(path, name, {}).error(tag, "is missing")
    return Entry(path, name, child.attrib)


def _field_of_view(
    path: Path, name: str, camera: ElementTree.Element, intrinsic: Entry
) -> tuple[float, float, tuple[int, int] | None]:
    """Left and top edge of the video on the sensor, and its size, all in pixels."""
    if camera.find("fov_video") is not None:
        edges = _child(path, name, camera, "fov_video")
        left, right, top, bottom = (
            edges.number(key) for key in ("left", "right", "top", "bottom")
        )
        size = {"right": right - left + 1, "bottom": bottom - top + 1}
        sides = Entry(path, name, size)
        return left, top, (sides.pixels("right"), sides.pixels("bottom"))
    if "sensorMaxU" not in intrinsic.values:
        return 0.0, 0.0, None
    last = {
        key: math.floor(intrinsic.number(key) / _SUBPIXELS) + 1
        for key in ("sensorMaxU", "sensorMaxV")
    }
    sides = Entry(path, name, last)
    return 0.0, 0.0, (sides.pixels("sensorMaxU"), sides.pixels("sensorMaxV"))


def write_qualisys(calibration: Calibration, path: Path) -> None:
    """Write a ``.qca.txt`` file; skew and lenses other than OpenCV's cannot be."""
    root = ElementTree.Element("calibration", source=path.name, type="regular")
    cameras = ElementTree.SubElement(root, "cameras")
    for record in to_records(calibration, CONVENTIONS):
        _append(cameras, record, path)
    ElementTree.indent(root)
    with atomic_path(path) as temporary:
        ElementTree.ElementTree(root).write(
            temporary, encoding="utf-8", xml_declaration=True
        )


def _append(cameras: ElementTree.Element, record: CameraRecord, path: Path) -> None:
    record.require_model(path, "Qualisys", "opencv")
    k = record.intrinsics
    if abs(k[0, 1]) > 1e-6:
        raise InputError(
            f"{path}: camera {record.name!r} has skew, which Qualisys files cannot "
            "express; choose another format."
        )
    camera = ElementTree.SubElement(
        cameras,
        "camera",
        active="1",
        serial=record.name,
        model="none",
        viewrotation="0",
    )
    rotation = _HALF_TURN @ record.rotation
    centre = -record.rotation.T @ record.translation
    intrinsic = {
        "focalLengthU": k[0, 0] * _SUBPIXELS,
        "focalLengthV": k[1, 1] * _SUBPIXELS,
        "centerPointU": k[0, 2] * _SUBPIXELS,
        "centerPointV": k[1, 2] * _SUBPIXELS,
        "skew": 0.0,
        **dict(zip(_LENS, record.lens(path, "Qualisys", [5]), strict=True)),
    }
    if record.size is not None:
        width, height = record.size
        edges = {"left": 0, "top": 0, "right": width - 1, "bottom": height - 1}
        for tag in ("fov_marker", "fov_marker_max", "fov_video", "fov_video_max"):
            ElementTree.SubElement(camera, tag, _attributes(edges))
        sensor = {"sensorMinU": 0.0, "sensorMaxU": _SUBPIXELS * width - 1.0}
        sensor |= {"sensorMinV": 0.0, "sensorMaxV": _SUBPIXELS * height - 1.0}
        intrinsic |= sensor
    transform = dict(zip("xyz", centre, strict=True))
    transform |= dict(zip(_ELEMENTS, rotation.ravel(), strict=True))
    ElementTree.SubElement(camera, "transform", _attributes(transform))
    ElementTree.SubElement(camera, "intrinsic", _attributes(intrinsic))


def _attributes(values: Mapping[str, int | float]) -> dict[str, str]:
    return {
        key: str(value) if isinstance(value, int) else repr(float(value))
        for key, value in values.items()
    }
