"""A whole capture in one npz file, which can be read back."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path
from human_capture.common.keypoints import KeypointFormat
from human_capture.pose3d.capture import Capture, Evidence

_VERSION = 1
_EVIDENCE = ("keypoints", "evidence_confidence", "reprojection_error", "used")


def write_npz(path: str | Path, capture: Capture) -> None:
    """Write the capture with its 2D evidence; nothing in the file is pickled.

    Args:
        path: File to write.
        capture: The motion.
    """
    form, evidence = capture.format, capture.evidence
    arrays: dict[str, Any] = {
        "version": np.array(_VERSION),
        "fps": np.array(capture.fps),
        "format": np.array(form.name),
        "joints": np.array(form.joints, dtype=np.str_),
        "bones": np.array(form.bones, dtype=np.str_).reshape(-1, 2),
        "root": np.array(form.root, dtype=np.str_),
        "points": capture.points.numpy(),
        "confidence": capture.confidence.numpy(),
        "filled": capture.filled.numpy(),
    }
    if evidence is not None:
        arrays["views"] = np.array(evidence.views, dtype=np.str_)
        tensors = (evidence.keypoints, evidence.confidence, evidence.reprojection_error)
        for name, tensor in zip(_EVIDENCE, (*tensors, evidence.used), strict=True):
            arrays[name] = tensor.numpy()
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_capture(path: str | Path) -> Capture:
    """The capture that :func:`write_npz` wrote.

    Args:
        path: File to read.

    Raises:
        InputError: There is no such file, or it is not a whole capture.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return _capture({name: file[name] for name in file.files})
    except FileNotFoundError as error:
        raise InputError(f"There is no capture file {str(path)!r}.") from error
    except KeyError as error:
        raise InputError(f"Capture {str(path)!r} has no field {error}.") from error
    except (ValueError, TypeError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{str(path)!r} is not a whole capture file of this program; "
            "write it anew with the npz format."
        ) from error


def _capture(arrays: dict[str, np.ndarray]) -> Capture:
    if int(arrays["version"]) != _VERSION:
        raise ValueError("unknown version")
    form = KeypointFormat(
        str(arrays["format"]),
        tuple(arrays["joints"].tolist()),
        tuple((first, second) for first, second in arrays["bones"].tolist()),
        tuple(arrays["root"].tolist()),
    )
    points, confidence, filled = (
        torch.from_numpy(arrays[name]) for name in ("points", "confidence", "filled")
    )
    if points.shape != (*filled.shape, 3) or points.shape[2] != len(form):
        raise ValueError("shapes differ")
    evidence = None
    if "views" in arrays:
        views = tuple(arrays["views"].tolist())
        evidence = Evidence(views, *(torch.from_numpy(arrays[n]) for n in _EVIDENCE))
    return Capture(form, float(arrays["fps"]), points, confidence, filled, evidence)
