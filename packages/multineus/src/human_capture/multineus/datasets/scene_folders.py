"""What lies in the folder of a scene, as NeuS, IDR and H3DS lay it out.

``image/*.png|jpg``, ``mask/*.png`` and ``cameras_sphere.npz`` (or ``cameras.npz``).
Images, masks and cameras belong together in the order of the files' names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.calibration.neus import read_neus
from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.images import SUFFIXES

CAMERA_FILES = ("cameras_sphere.npz", "cameras.npz")


def is_scene(folder: Path) -> bool:
    """Whether a folder is meant to be a scene: it has images or cameras."""
    parts = ("image", *CAMERA_FILES)
    return not folder.name.startswith(".") and any(
        (folder / part).exists() for part in parts
    )


@dataclass(frozen=True)
class SceneFolder:
    """A scene whose pictures have not been read yet.

    Attributes:
        images: Files, sorted by name.
        masks: The same number of files, or None where there is no folder of masks.
        cameras: Of the images, in metres.
        sphere: Similarity from the unit sphere to the world of the cameras.
    """

    images: list[Path]
    masks: list[Path] | None
    cameras: Cameras
    sphere: Float[Tensor, "4 4"]

    @classmethod
    def of(cls, folder: Path, metres: float) -> SceneFolder:
        """The scene in a folder.

        Args:
            folder: Which.
            metres: Length of the unit of the cameras' file.

        Raises:
            InputError: The parts are missing, broken, or do not fit together.
        """
        if not folder.is_dir():
            raise InputError(f"{str(folder)!r} is not a folder; give that of a scene.")
        images = _pictures(folder / "image")
        if not images:
            raise InputError(
                f"There are no images in {str(folder / 'image')!r}; put them there."
            )
        masks = _pictures(folder / "mask") if (folder / "mask").is_dir() else None
        if masks is not None:
            _require_pairs(images, masks)
        return cls(images, masks, *_cameras(folder, len(images), metres))


def _pictures(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
    )


def _require_pairs(images: list[Path], masks: list[Path]) -> None:
    if len(images) != len(masks):
        raise InputError(
            f"There are {len(images)} images in {str(images[0].parent)!r}, but "
            f"{len(masks)} masks beside them; each image needs one."
        )
    for image, mask in zip(images, masks, strict=True):
        numbers = [re.findall(r"\d+", path.stem)[-1:] for path in (image, mask)]
        if all(numbers) and int(numbers[0][0]) != int(numbers[1][0]):
            raise InputError(
                f"In the order of their names {mask.name} is the mask of {image.name} "
                f"in {str(image.parent)!r}; give both the same number."
            )


def _cameras(
    folder: Path, count: int, metres: float
) -> tuple[Cameras, Float[Tensor, "4 4"]]:
    """All cameras, and the similarity from the unit sphere."""
    path = next((p for n in CAMERA_FILES if (p := folder / n).is_file()), None)
    if path is None:
        raise InputError(f"There is no {CAMERA_FILES[0]} in {str(folder)!r}.")
    calibration = read_neus(path, metres)
    if len(calibration) != count:
        raise InputError(
            f"{str(path)!r} holds {len(calibration)} cameras, but there are {count} "
            "images; each image needs one."
        )
    spheres = calibration.unit_sphere_to_world
    if spheres is None:
        raise InputError(
            f"{str(path)!r} has no scale_mat_0, which tells where the unit sphere is."
        )
    sphere = spheres[0]
    axes, radius = sphere[:3, :3], torch.linalg.det(sphere[:3, :3]).pow(1 / 3)
    unit = axes @ axes.mT / radius.square()
    if not bool((unit - torch.eye(3).to(unit)).abs().max() < 1e-3):  # nor NaN
        raise InputError(
            f"scale_mat_0 in {str(path)!r} does not map a sphere to a sphere: it must "
            "be one scale, perhaps a rotation, and a shift."
        )
    if bool(((spheres - sphere).abs().amax((1, 2)) > 1e-3 * radius).any()):
        raise InputError(
            f"The scale_mat_i in {str(path)!r} differ; all views must have one sphere."
        )
    return calibration.cameras, sphere
