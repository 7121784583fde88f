"""One camera as files spell it, and the way from there to a rig and back.

Here, once for all formats: the file's unit of length, its world axes, and where it
has the centre of the first pixel. OpenCV and most tools after it put that at (0, 0);
this package puts it at (0.5, 0.5).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.calibration.rig import Calibration
from human_capture.common.cameras import Cameras, stack
from human_capture.common.distortion import DistortionModel
from human_capture.common.errors import InputError


@dataclass(frozen=True)
class FileConventions:
    """How a format measures.

    Attributes:
        metres: Length of its unit.
        integer_centres: Whether pixel centres have whole coordinates.
        file_to_world: Rotation from its world axes to x, y on the floor and z up.
    """

    metres: float = 1.0
    integer_centres: bool = True
    file_to_world: tuple[tuple[float, float, float], ...] = (
        (1.0, 0.0, 0.0),
        (0.0, 1.0, 0.0),
        (0.0, 0.0, 1.0),
    )


@dataclass(frozen=True)
class CameraRecord:
    """One camera in the unit, world axes and pixel coordinates of its file.

    Attributes:
        name: Of the camera.
        intrinsics: K.
        rotation: World to camera, OpenCV camera axes.
        translation: World to camera.
        distortion: Coefficients in OpenCV's order, or None.
        model: Which formula they belong to.
        size: Width and height of the images.
    """

    name: str
    intrinsics: Float[np.ndarray, "3 3"]
    rotation: Float[np.ndarray, "3 3"]
    translation: Float[np.ndarray, "3"]
    distortion: Float[np.ndarray, " coefficient"] | None = None
    model: DistortionModel = "opencv"
    size: tuple[int, int] | None = None

    @property
    def is_ideal(self) -> bool:
        """Whether the lens does nothing (a fisheye with zeros still bends)."""
        if self.distortion is None:
            return True
        return self.model != "fisheye" and not self.distortion.any()

    def lens(
        self, path: Path, format: str, lengths: Collection[int]
    ) -> Float[np.ndarray, " coefficient"]:
        """The coefficients with zeros added or dropped to the first length that fits.

        Args:
            path: File that is written, for the message.
            format: For the message.
            lengths: What the format can hold, ascending.
        """
        lens = np.zeros(0) if self.distortion is None else self.distortion
        used = int(np.flatnonzero(lens).max(initial=-1)) + 1
        for length in sorted(lengths):
            if used <= length:
                return np.pad(lens[:length], (0, max(0, length - len(lens))))
        raise InputError(
            f"{path}: camera {self.name!r} has {used} distortion coefficients, but "
            f"{format} files hold {max(lengths)} at most; undistort first or choose "
            "another format."
        )

    def require_model(self, path: Path, format: str, *models: DistortionModel) -> None:
        """Complain when a format cannot express the lens."""
        if not self.is_ideal and self.model not in models:
            raise InputError(
                f"{path}: camera {self.name!r} has a {self.model} lens, which {format} "
                "files cannot express; choose another format."
            )


def intrinsics_of(fx: float, fy: float, cx: float, cy: float) -> np.ndarray:
    """The matrix K without skew."""
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], dtype=np.float64)


def to_calibration(
    records: Sequence[CameraRecord], path: Path, conventions: FileConventions
) -> Calibration:
    """The rig of the cameras in a file.

    Args:
        records: At least one.
        path: Where they come from, for messages.
        conventions: Of the format.
    """
    if not records:
        raise InputError(f"{path}: holds no camera.")
    _require_one_kind(records, path)
    return Calibration(
        tuple(record.name for record in records),
        stack([_camera(record, conventions) for record in records]),
        tuple(record.size for record in records),
    )


def _require_one_kind(records: Sequence[CameraRecord], path: Path) -> None:
    """Complain about lenses that one batch of cameras cannot hold."""
    kinds = {record.model: record.name for record in records if not record.is_ideal}
    ideal = [record.name for record in records if record.is_ideal]
    described = [f"{name!r} has a lens of kind {kind}" for kind, name in kinds.items()]
    if "fisheye" in kinds and ideal:  # zeros would bend like a fisheye
        described.append(f"{ideal[0]!r} has none")
    if len(described) > 1:
        raise InputError(
            f"{path}: the cameras of a rig must have lenses of one kind, but camera "
            f"{' and camera '.join(described)}; split the file."
        )


def _camera(record: CameraRecord, conventions: FileConventions) -> Cameras:
    intrinsics = torch.from_numpy(record.intrinsics).clone()
    intrinsics[:2, 2] += 0.5 * conventions.integer_centres
    file_to_world = torch.tensor(conventions.file_to_world, dtype=torch.float64)
    transform = torch.eye(4, dtype=torch.float64)
    transform[:3, :3] = torch.from_numpy(record.rotation) @ file_to_world.mT
    transform[:3, 3] = torch.from_numpy(record.translation) * conventions.metres
    lens: Tensor | None = None
    if record.distortion is not None and not record.is_ideal:
        lens = torch.from_numpy(record.distortion)
    return Cameras(intrinsics, transform, lens, record.model)


def to_records(
    calibration: Calibration, conventions: FileConventions
) -> list[CameraRecord]:
    """The cameras of a rig as a file of a format spells them.

    Args:
        calibration: What will be written.
        conventions: Of the format.
    """
    cameras = calibration.cameras.to(torch.float64).to("cpu")
    file_to_world = torch.tensor(conventions.file_to_world, dtype=torch.float64)
    intrinsics = cameras.intrinsics.detach().clone()
    intrinsics[:, :2, 2] -= 0.5 * conventions.integer_centres
    rotation = (cameras.rotation @ file_to_world).detach().numpy()
    translation = (cameras.translation / conventions.metres).detach().numpy()
    lens = cameras.distortion
    return [
        CameraRecord(
            name,
            intrinsics[i].numpy(),
            rotation[i],
            translation[i],
            None if lens is None else lens[i].detach().numpy(),
            cameras.model,
            size,
        )
        for i, (name, size) in enumerate(
            zip(calibration.names, calibration.sizes, strict=True)
        )
    ]
