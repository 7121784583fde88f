"""Reading motion capture whatever its format."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap.archive import read_archive
from human_capture.common.people.movement.mocap.asf_amc import CMU_FPS, read_amc
from human_capture.common.people.movement.mocap.bvh import read_bvh
from human_capture.common.people.movement.mocap.panoptic import (
    FILE,
    PANOPTIC_FPS,
    read_panoptic_poses,
)
from human_capture.common.people.movement.mocap.videopose3d import (
    HUMAN36M_FPS,
    read_videopose3d,
)
from human_capture.common.people.movement.motion import Motion

KNOWN = (
    "BVH (.bvh), Acclaim (.amc beside its .asf), VideoPose3D's data_3d_h36m.npz, a "
    "folder of CMU Panoptic's body3DScene_*.json, and npz archives of joint positions"
)
_SUFFIXES = (".bvh", ".amc", ".npz")


def read_mocap(path: str | Path, fps: float | None = None) -> list[Motion]:
    """The motions in a file or folder of motion capture.

    A folder gives the motions of all files below it whose format is known, in
    alphabetical order.

    Args:
        path: File or folder.
        fps: Frames a second; what the file says or its data set is known for when
            absent.

    Raises:
        InputError: There is no such file, it is none of a known format, or it is wrong.
    """
    path = Path(path)
    if fps is not None and not 0 < fps < np.inf:
        raise InputError(f"Frames a second must be a positive number, not {fps}.")
    if not path.exists():
        raise InputError(f"{path}: there is no such file or folder.")
    sources = list(_below(path)) if path.is_dir() else [path]
    if not sources:
        raise InputError(f"{path}: holds no motion capture; known are {KNOWN}.")
    return [motion for source in sources for motion in _read(source, fps)]


def _below(folder: Path) -> Iterator[Path]:
    """Files of motion in and below a folder; for Panoptic the folder of the files."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        if any(map(FILE.fullmatch, files)):
            yield Path(place)
        for name in sorted(files):
            if Path(name).suffix.lower() in _SUFFIXES:
                yield Path(place, name)


def _read(path: Path, fps: float | None) -> list[Motion]:
    suffix = path.suffix.lower()
    if path.is_dir():
        return read_panoptic_poses(path, PANOPTIC_FPS if fps is None else fps)
    if suffix == ".bvh":
        return [read_bvh(path, fps)]
    if suffix == ".amc":
        return [read_amc(path, fps=CMU_FPS if fps is None else fps)]
    if suffix == ".npz":
        if _holds_positions_3d(path):
            return read_videopose3d(path, HUMAN36M_FPS if fps is None else fps)
        return read_archive(path, fps)
    raise InputError(f"{path}: is not of a known format; known are {KNOWN}.")


def _holds_positions_3d(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return "positions_3d.npy" in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False  # the reader of archives says what is wrong
