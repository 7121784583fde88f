"""C3D marker files, as biomechanics programs read them: one person a file."""

from __future__ import annotations

import warnings
from pathlib import Path

import c3d
import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.export.axes import Up, with_up

_RESIDUAL_STEP = 0.1  # a residual is one byte, in steps of POINT:SCALE
_MASK_BITS = 7  # cameras that fit into the byte beside it


def write_c3d(
    path: str | Path, capture: Capture, person: int = 0, up: Up = "z"
) -> None:
    """Write one person's joints as C3D points in millimetres.

    The residual of a joint is its mean reprojection error in pixels over the used
    cameras (0.1 to 25.5), 0 where it was interpolated or the error is not known, and
    −1, the format's mark of an invalid point, where it is unknown. The camera mask
    holds the first seven cameras. POINT:X_SCREEN and Y_SCREEN say which axis is up.

    Args:
        path: File to write.
        capture: The motion.
        person: Counted from 0.
        up: Which axis of the file points up.
    """
    points = with_up(capture.points[person], up) * 1000
    if not len(points):
        raise InputError(f"Cannot write {str(path)!r}: the motion has no frames.")
    known = ~points.isnan().any(-1)
    columns = torch.cat(
        (
            points.nan_to_num(),
            residuals(capture, person)[..., None],
            _camera_mask(capture, person)[..., None],
        ),
        -1,
    )
    writer = c3d.Writer(point_rate=capture.fps, point_scale=-_RESIDUAL_STEP)
    writer.set_point_labels(capture.format.joints)
    writer.set_screen_axis("+X", f"+{up.upper()}")
    no_analog = np.zeros((0, 1), np.float32)
    writer.add_frames([(frame, no_analog) for frame in columns.double().numpy()])
    with atomic_path(path) as temporary:
        with temporary.open("wb") as file, warnings.catch_warnings():
            warnings.filterwarnings("ignore", "No analog data")  # there is none
            writer.write(file)
        _blank_invalid(temporary, (int(writer.header.data_block) - 1) * 512, known)


def residuals(capture: Capture, person: int) -> Float[Tensor, "frame joint"]:
    """C3D residuals of one person's joints, as :func:`write_c3d` explains them."""
    known = ~capture.points[person].isnan().any(-1)
    residual = torch.zeros(known.shape)
    if capture.evidence is not None:
        error = capture.evidence.reprojection_error[person]
        error = error.masked_fill(~capture.evidence.used[person], torch.nan)
        mean = error.nanmean(1).float()  # over the views
        limit = 255 * _RESIDUAL_STEP
        residual = mean.clamp(_RESIDUAL_STEP, limit).nan_to_num(0.0)
    residual = residual.masked_fill(capture.filled[person], 0.0)
    return residual.masked_fill(~known, -1.0)


def _camera_mask(capture: Capture, person: int) -> Int[Tensor, "frame joint"]:
    if capture.evidence is None:
        return torch.zeros(capture.points.shape[1:3], dtype=torch.long)
    used = capture.evidence.used[person, :, :_MASK_BITS].long()
    bits = 2 ** torch.arange(used.shape[1])
    return (used * bits[:, None]).sum(1)


def _blank_invalid(path: Path, offset: int, known: Tensor) -> None:
    """Zero the coordinates of invalid points, which the writer leaves to chance."""
    shape = (*known.shape, 4)
    data = np.memmap(path, np.dtype("<f4"), "r+", offset, shape)
    data[~known.numpy(), :3] = 0
    data.flush()
