"""The ``cameras_sphere.npz`` of NeuS and IDR.

``world_mat_i`` (4x4) is the projection matrix K [R | t] of image i up to scale;
``scale_mat_i`` (4x4) maps the unit sphere around the subject to the world, and is kept
in ``Calibration.unit_sphere_to_world``. Cameras have no lens distortion and no names:
they are called 000, 001, … as the images are. Sizes are not stored.

Pixel centres are taken as whole numbers, as NeuS shoots its rays (convention); the
file's unit is not stored, metres are assumed, and z up.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import scipy.linalg
import torch
from jaxtyping import Float

from human_capture.common.calibration.fields import Entry
from human_capture.common.calibration.records import (
    CameraRecord,
    FileConventions,
    to_calibration,
    to_records,
)
from human_capture.common.calibration.rig import Calibration
from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

CONVENTIONS = FileConventions()
_BROKEN = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)


def read_neus(path: Path, metres: float = 1.0) -> Calibration:
    """The rig in a NeuS npz file.

    Args:
        path: The file.
        metres: Length of its unit.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            values = {
                key: archive[key]
                for key in archive.files
                if re.fullmatch(r"(world|scale)_mat_\d+", key)
            }
    except (*_BROKEN, NotImplementedError, AttributeError, SyntaxError) as error:
        raise InputError(
            f"{path}: is not a valid npz file, or cut off ({error})."
        ) from error
    count = 1 + max((int(key.split("_")[-1]) for key in values), default=-1)
    names = [f"{index:03d}" for index in range(count)]
    entries = [Entry(path, name, values) for name in names]
    calibration = to_calibration(
        [_record(entry, index) for index, entry in enumerate(entries)],
        path,
        replace(CONVENTIONS, metres=metres),
    )
    if not any(key.startswith("scale") for key in values):
        return calibration
    spheres = [e.numbers(f"scale_mat_{i}", (4, 4)) for i, e in enumerate(entries)]
    unit_sphere_to_world = torch.from_numpy(np.stack(spheres))
    unit_sphere_to_world[:, :3] *= metres
    return replace(calibration, unit_sphere_to_world=unit_sphere_to_world)


def _record(entry: Entry, index: int) -> CameraRecord:
    field = f"world_mat_{index}"
    matrix = entry.numbers(field, (4, 4), (3, 4))[:3]
    smallest = 1e-12 * np.abs(matrix[:, :3]).max() ** 3
    if abs(np.linalg.det(matrix[:, :3])) <= smallest:
        raise entry.error(field, "is not a projection matrix")
    return CameraRecord(str(entry.camera), *decompose_projection(matrix))


def decompose_projection(
    projection: Float[np.ndarray, "3 4"],
) -> tuple[Float[np.ndarray, "3 3"], Float[np.ndarray, "3 3"], Float[np.ndarray, "3"]]:
    """K with a positive diagonal, R and t of a matrix K [R | t] of any scale."""
    if np.linalg.det(projection[:, :3]) < 0:
        projection = -projection
    intrinsics, rotation = scipy.linalg.rq(projection[:, :3])
    signs = np.sign(np.diag(intrinsics))
    intrinsics, rotation = intrinsics * signs, signs[:, None] * rotation
    translation = np.linalg.solve(intrinsics, projection[:, 3])
    return intrinsics / intrinsics[2, 2], rotation, translation


def write_neus(calibration: Calibration, path: Path) -> None:
    """Write ``world_mat_i`` and, when known, ``scale_mat_i``; names are lost."""
    if path.suffix.lower() != ".npz":
        raise InputError(f"{path}: NeuS calibrations are written as .npz files.")
    arrays = {}
    for index, record in enumerate(to_records(calibration, CONVENTIONS)):
        record.require_model(path, "NeuS")
        world_to_camera = np.column_stack((record.rotation, record.translation))
        world_mat = np.eye(4)
        world_mat[:3] = record.intrinsics @ world_to_camera
        arrays[f"world_mat_{index}"] = world_mat
        if calibration.unit_sphere_to_world is not None:
            sphere = calibration.unit_sphere_to_world[index]
            arrays[f"scale_mat_{index}"] = sphere.double().cpu().numpy()
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
