"""One motion in several file formats at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from human_capture.common.errors import InputError
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.export.bvh import write_bvh
from human_capture.pose3d.outputs.export.c3d_file import write_c3d
from human_capture.pose3d.outputs.export.hierarchy import NoRootError
from human_capture.pose3d.outputs.export.json_file import write_json
from human_capture.pose3d.outputs.export.npz_file import write_npz
from human_capture.pose3d.outputs.export.trc import write_trc

FOR_EACH_PERSON: dict[str, Callable[[Path, Capture, int], None]] = {
    "trc": write_trc,
    "c3d": write_c3d,
    "bvh": write_bvh,
}
"""Formats that hold one person a file, and their writers."""

FOR_EVERYBODY: dict[str, Callable[[Path, Capture], None]] = {
    "json": write_json,
    "npz": write_npz,
}
"""Formats that hold everybody in one file, and their writers."""

EXPORT_FORMATS = (*FOR_EACH_PERSON, *FOR_EVERYBODY)


def export(
    capture: Capture,
    folder: str | Path,
    formats: Sequence[str] = EXPORT_FORMATS,
) -> list[Path]:
    """Write the motion in each format; gives back the files in the order written.

    They are called ``person1.trc``, ``person1.c3d``, ``person1.bvh``, …,
    ``motion.json`` and ``motion.npz``. A person whose hips were never seen has no BVH;
    a warning says so.

    Args:
        capture: The motion.
        folder: Where the files go; made when missing.
        formats: Some of trc, c3d, bvh, json, npz.

    Raises:
        InputError: A format is unknown, nobody was seen, or the disk is full.
    """
    unknown = [name for name in formats if name not in EXPORT_FORMATS]
    if unknown:
        raise InputError(
            f"Cannot export {', '.join(map(repr, unknown))}; the formats are "
            f"{', '.join(EXPORT_FORMATS)}."
        )
    if not capture.points.shape[0] or bool(capture.points.isnan().all()):
        raise InputError("There is no motion to export: nobody was seen in any frame.")
    written = []
    for name in formats:
        if name in FOR_EVERYBODY:
            path = Path(folder) / f"motion.{name}"
            FOR_EVERYBODY[name](path, capture)
            written.append(path)
        else:
            written += _export_each(capture, Path(folder), name)
    return written


def _export_each(capture: Capture, folder: Path, name: str) -> list[Path]:
    written = []
    for person in range(capture.points.shape[0]):
        path = folder / f"person{person + 1}.{name}"
        try:
            FOR_EACH_PERSON[name](path, capture, person)
        except NoRootError as error:  # others may still be whole
            warnings.warn(f"{path.name} is left out. {error}", stacklevel=3)
        else:
            written.append(path)
    return written
