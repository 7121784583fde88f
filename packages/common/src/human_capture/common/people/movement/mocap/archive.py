"""Joint positions in one npz file, metres, z up; nothing in it is pickled.

Two kinds are read: archives with ``joint_names``, ``parents``, ``fps`` and an array
(frame, joint, 3) for each clip; and captures of this project, with ``joints``, ``fps``
and ``points`` (person, frame, joint, 3), NaN where unknown.

In archives of Acclaim skeletons a joint may be where its bone ends (``lfemur`` is the
knee); they are known by their hip joints, which do not lie at the root.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap.named_motion import named_motion
from human_capture.common.people.movement.mocap.trunk import SHORTEST, keypoint_motions
from human_capture.common.people.movement.motion import Motion

_ABOUT = ("joint_names", "parents", "fps")

Arrays = Mapping[str, np.ndarray]


def read_archive(path: str | Path, fps: float | None = None) -> list[Motion]:
    """The motions in an archive, clip by clip, or in a capture, person by person.

    Args:
        path: The npz file.
        fps: Frames a second; what the file says when absent.

    Raises:
        InputError: The file is cut off, of another kind, or lacks a joint.
    """
    arrays = _arrays(Path(path))
    if {"joints", "points", "fps"} <= set(arrays):
        read = _capture
    elif {*_ABOUT} <= set(arrays):
        read = _clips
    else:
        raise InputError(
            f"{path}: is no motion archive; it needs joint_names, parents, fps and an "
            "array of positions for each clip."
        )
    rate = arrays["fps"]
    if rate.shape != () or rate.dtype.kind not in "iuf" or not 0 < rate < np.inf:
        raise InputError(f"{path}: fps must be one positive number.")
    return read(arrays, float(rate) if fps is None else fps, str(path))


def _arrays(path: Path) -> Arrays:
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path}: is not a whole npz file of plain arrays; write it anew without "
            "pickling."
        ) from error


def _clips(arrays: Arrays, fps: float, source: str) -> list[Motion]:
    names, parents = arrays["joint_names"], arrays["parents"]
    count = len(names) if names.ndim == 1 else -1
    whole = parents.dtype.kind in "iu" and parents.shape == (count,)
    if not whole or names.dtype.kind != "U" or (parents >= np.arange(count)).any():
        raise InputError(
            f"{source}: joint_names and parents must be one name and one earlier joint "
            "(or -1) each."
        )
    motions = []
    for clip in (name for name in arrays if name not in _ABOUT):
        positions, at = arrays[clip], f"{source}: {clip}"
        if positions.ndim != 3 or positions.shape[1:] != (count, 3):
            raise InputError(
                f"{at} has shape {positions.shape}, not (frame, {count}, 3)."
            )
        if positions.dtype.kind != "f" or not len(positions):
            raise InputError(f"{at} holds no positions.")
        starts = _bone_starts(positions, names.tolist(), parents)
        points = {str(name): starts[:, n] for n, name in enumerate(names)}
        motions.append(named_motion(points, fps, at))
    if not motions:
        raise InputError(f"{source}: holds no clips.")
    return motions


def _bone_starts(
    positions: Float[np.ndarray, "frame joint 3"],
    names: list[str],
    parents: Int[np.ndarray, " joint"],
) -> Float[np.ndarray, "frame joint 3"]:
    """Positions at which the bones start that the joints are named after."""
    hips = [n for n, name in enumerate(names) if name.lower().endswith("hipjoint")]
    if not hips or not any("humerus" in name.lower() for name in names):
        return positions
    away = positions[:, hips] - positions[:, parents[hips]]
    if float(np.median(np.abs(away))) < 1e-3:
        return positions
    return positions[:, np.where(parents < 0, np.arange(len(names)), parents)]


def _capture(arrays: Arrays, fps: float, source: str) -> list[Motion]:
    names, points = arrays["joints"], arrays["points"]
    fits = points.ndim == 4 and points.shape[2:] == (len(names), 3)
    if names.dtype.kind != "U" or not fits or points.dtype.kind != "f":
        raise InputError(
            f"{source}: points must be (person, frame, joint, 3) with a name for each "
            "joint."
        )
    motions = []
    for number, person in enumerate(points):
        named = {str(name): person[:, n] for n, name in enumerate(names)}
        motions += keypoint_motions(named, fps, f"{source}: person {number + 1}")
    if not motions:
        raise InputError(
            f"{source}: nobody is known from shoulders to ankles for {SHORTEST} frames "
            "in a row."
        )
    return motions
