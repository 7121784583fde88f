"""Reading and writing calibrations whatever their format."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, get_args

from human_capture.common.calibration import (
    colmap,
    easymocap,
    human36m,
    neus,
    opencv,
    panoptic,
    pose2sim,
    qualisys,
)
from human_capture.common.calibration.check import check_calibration
from human_capture.common.calibration.records import FileConventions
from human_capture.common.calibration.rig import Calibration
from human_capture.common.errors import InputError

CalibrationFormat = Literal[
    "opencv",
    "qualisys",
    "pose2sim",
    "easymocap",
    "panoptic",
    "human36m",
    "colmap",
    "neus",
]
Unit = Literal["m", "cm", "mm"]
METRES: dict[Unit, float] = {"m": 1.0, "cm": 0.01, "mm": 0.001}

_SINGLE_FILES = (".toml", ".npz", ".json", ".xml", ".txt")


@dataclass(frozen=True)
class _Format:
    conventions: FileConventions
    read: Callable[[Path, float], Calibration]
    write: Callable[[Calibration, Path], None]


_FORMATS: dict[CalibrationFormat, _Format] = {
    "opencv": _Format(opencv.CONVENTIONS, opencv.read_opencv, opencv.write_opencv),
    "qualisys": _Format(
        qualisys.CONVENTIONS, qualisys.read_qualisys, qualisys.write_qualisys
    ),
    "pose2sim": _Format(
        pose2sim.CONVENTIONS, pose2sim.read_pose2sim, pose2sim.write_pose2sim
    ),
    "easymocap": _Format(
        easymocap.CONVENTIONS, easymocap.read_easymocap, easymocap.write_easymocap
    ),
    "panoptic": _Format(
        panoptic.CONVENTIONS, panoptic.read_panoptic, panoptic.write_panoptic
    ),
    "human36m": _Format(
        human36m.CONVENTIONS, human36m.read_human36m, human36m.write_human36m
    ),
    "colmap": _Format(colmap.CONVENTIONS, colmap.read_colmap, colmap.write_colmap),
    "neus": _Format(neus.CONVENTIONS, neus.read_neus, neus.write_neus),
}


def read_calibration(
    path: str | Path,
    format: CalibrationFormat | None = None,
    unit: Unit | None = None,
    subject: str | None = None,
) -> Calibration:
    """The rig in a calibration file or folder.

    Args:
        path: File, or folder for the formats that have several files.
        format: Which; recognised from name and content when left out.
        unit: Of lengths in the file; that of the format when left out.
        subject: Human3.6M only: for whom the cameras are wanted, S1 to S11.

    Raises:
        InputError: The file is missing, cut off, wrong, or describes a rig that cannot
            be; the message says which field of which camera.
    """
    path = _only_file_in(Path(path)) if format is None else Path(path)
    format = recognise_format(path) if format is None else format
    entry = _FORMATS[format]
    read = entry.read
    if format == "human36m":
        read = partial(human36m.read_human36m, subject=subject)
    calibration = read(path, METRES[unit] if unit else entry.conventions.metres)
    try:
        check_calibration(calibration)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return calibration


def write_calibration(
    calibration: Calibration, path: str | Path, format: CalibrationFormat
) -> None:
    """Write a rig in the format's unit and conventions, whole or not at all.

    Args:
        calibration: What to write.
        path: File; a folder for ``easymocap`` and ``colmap``.
        format: Which.

    Raises:
        InputError: The format cannot express the rig, or the file cannot be written.
    """
    _FORMATS[format].write(calibration, Path(path))


def recognise_format(path: Path) -> CalibrationFormat:
    """The format of a calibration file or folder, from its name and content."""
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder.")
    if path.is_dir():
        found = _format_of_folder(path)
    elif path.name in colmap.FILES:
        found = "colmap"
    elif path.name in easymocap.FILES:
        found = "easymocap"
    else:
        found = _format_of_file(path)
    if found is None:
        known = ", ".join(get_args(CalibrationFormat))
        raise InputError(
            f"{path}: is not a calibration of a known format ({known}); name the "
            "format or choose another file."
        )
    return found


def _only_file_in(path: Path) -> Path:
    """The one calibration file in a folder that is not itself a calibration."""
    if not path.is_dir() or _format_of_folder(path) not in (None, "opencv"):
        return path
    files = [file for file in path.iterdir() if file.suffix.lower() in _SINGLE_FILES]
    found = [file for file in files if _format_of_file(file) not in (None, "opencv")]
    if len(found) > 1:
        names = ", ".join(sorted(file.name for file in found))
        raise InputError(f"{path}: holds several calibrations ({names}); name one.")
    return found[0] if found else path


def _format_of_folder(folder: Path) -> CalibrationFormat | None:
    names = {file.name for file in folder.iterdir()}
    if names & set(colmap.FILES):
        return "colmap"
    if names & set(easymocap.FILES):
        return "easymocap"
    if any(name.lower().endswith(opencv.SUFFIXES) for name in names):
        return "opencv"
    return None


def _format_of_file(file: Path) -> CalibrationFormat | None:
    suffix = file.suffix.lower()
    if suffix == ".toml":
        return "pose2sim"
    if suffix == ".npz":
        return "neus"
    if suffix in (".yml", ".yaml"):
        return "opencv"
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if suffix == ".json":
        return _format_of_json(text)
    if text.lstrip().startswith("<"):
        return _format_of_xml(text)
    return None


def _format_of_json(text: str) -> CalibrationFormat | None:
    try:
        top = json.loads(text)
    except (ValueError, RecursionError):
        return "panoptic"  # whose reader says what is wrong
    keys = top.keys() if isinstance(top, dict) else set()
    if {"intrinsics", "extrinsics"} & keys:
        return "human36m"
    if {"camera_matrix", "K"} & keys:
        return "opencv"
    return "panoptic" if "cameras" in keys else None


def _format_of_xml(text: str) -> CalibrationFormat:
    if "<opencv_storage" in text:
        return "opencv"
    if "<w0" in text:
        return "human36m"
    return "qualisys"
