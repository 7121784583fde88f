"""Captured heads in the folders that NeuS, IDR and H3DS read.

The unit sphere is that of ``scale_mat_0``; its axes stay as they are in the file, so
heads of several scenes look the same way only if whoever wrote them saw to that.
"""

from __future__ import annotations

import tempfile
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
import torch
from jaxtyping import UInt8
from torch.utils.data import Dataset

from human_capture.common.calibration.neus import write_neus
from human_capture.common.calibration.rig import Calibration
from human_capture.common.errors import InputError
from human_capture.common.images import read_image, resize, write_image
from human_capture.multineus.datasets.scene_folders import (
    CAMERA_FILES,
    SceneFolder,
    is_scene,
)
from human_capture.multineus.portraits import Portraits

_SEEN = 127  # masks above this are the person


def read_scene(
    folder: str | Path,
    views: Sequence[int] | None = None,
    height: int | None = None,
    metres: float = 1.0,
) -> Portraits:
    """The pictures, soft masks and cameras of a scene.

    Args:
        folder: Of the scene.
        views: Numbers of the wanted views, from 0; all if absent.
        height: Of the pictures, in pixels; as they are if absent.
        metres: Length of the unit of the cameras' file: 0.001 for H3DS.

    Raises:
        InputError: The folder is no such scene; the message says what is wrong.
    """
    scene = SceneFolder.of(Path(folder), metres)
    if scene.masks is None:
        warnings.warn(
            f"There are no masks in {str(folder)!r} (no folder 'mask'), so everything "
            "in the pictures counts as the person.",
            stacklevel=2,
        )
    chosen = _chosen(views, scene)
    images = [scene.images[view] for view in chosen]
    masks = [scene.masks[view] if scene.masks else None for view in chosen]
    read = [_read(*paths, height) for paths in zip(images, masks, strict=True)]
    _require_one_size([size for _, _, size in read], images)
    pictures, covers, sizes = zip(*read, strict=True)
    new, old = pictures[0].shape[1::-1], torch.tensor(sizes[0], dtype=torch.float64)
    scale = torch.tensor(new) / old
    portraits = Portraits(
        torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous(),
        torch.from_numpy(np.stack(covers)),
        scene.cameras[torch.tensor(chosen)].resize(scale).to(torch.float32),
        scene.sphere.float(),
    )
    for view, image in enumerate(images):
        name = f"view {chosen[view]} ({image.name}) in {str(folder)!r}"
        if not bool((portraits.masks[view] > _SEEN).any()):
            raise InputError(
                f"The mask of {name} covers nothing; where the person is it must be "
                "255."
            )
        if not _sees_the_sphere(portraits, view):
            raise InputError(
                f"The camera of {name} does not see the unit sphere; check the order "
                "of the images and the size for which the cameras were made."
            )
    return portraits


def _chosen(views: Sequence[int] | None, scene: SceneFolder) -> list[int]:
    count, folder = len(scene.images), scene.images[0].parent.parent
    chosen = list(range(count)) if views is None else list(views)
    if not chosen:
        raise InputError(f"No views of {str(folder)!r} were asked for; name some.")
    for view in chosen:
        if not 0 <= view < count:
            raise InputError(
                f"There is no view {view} in {str(folder)!r}, only 0 to {count - 1}."
            )
    return chosen


def _read(
    path: Path, mask_path: Path | None, height: int | None
) -> tuple[
    UInt8[np.ndarray, "height width 3"],
    UInt8[np.ndarray, "height width"],
    tuple[int, int],
]:
    """An image and its mask in the wanted size, and the width and height they had."""
    image = read_image(path)
    mask = np.full_like(image, 255) if mask_path is None else read_image(mask_path)
    size = image.shape[1], image.shape[0]
    if mask.shape != image.shape:
        raise InputError(
            f"The mask {str(mask_path)!r} is {mask.shape[1]}x{mask.shape[0]} pixels, "
            f"but its image is {size[0]}x{size[1]}."
        )
    if height is not None:
        if height < 1:
            raise InputError(f"Pictures cannot be {height} pixels high.")
        width = max(round(size[0] * height / size[1]), 1)
        image, mask = resize(image, width, height), resize(mask, width, height)
    return image, mask.max(-1), size


def _require_one_size(sizes: list[tuple[int, int]], paths: list[Path]) -> None:
    usual = Counter(sizes).most_common(1)[0][0]
    for size, path in zip(sizes, paths, strict=True):
        if size != usual:
            raise InputError(
                f"{str(path)!r} is {size[0]}x{size[1]} pixels, but the other images "
                f"are {usual[0]}x{usual[1]}; all must have one size."
            )


def _sees_the_sphere(portraits: Portraits, view: int) -> bool:
    """Whether the sphere's middle is in the picture, or a border pixel meets it."""
    height, width = portraits.masks.shape[1:]
    middle, depth = portraits.cameras[view].project(portraits.sphere[None, :3, 3])
    x, y = middle[0].tolist()
    if bool(depth > 0) and 0 <= x <= width and 0 <= y <= height:
        return True
    columns, rows = torch.arange(width), torch.arange(height)
    pixel = torch.cat(
        [torch.stack((columns, columns * 0 + y), -1) for y in (0, height - 1)]
        + [torch.stack((rows * 0 + x, rows), -1) for x in (0, width - 1)]
    )
    origins, directions = portraits.rays(torch.full((len(pixel),), view), pixel)
    along = -(origins * directions).sum(-1)
    inside = 1 - (origins + along[:, None] * directions).square().sum(-1)
    return bool(((inside > 0) & (along + inside.clamp_min(0).sqrt() > 0)).any())


def write_scene(portraits: Portraits, folder: str | Path) -> None:
    """Write a scene for NeuS and its relatives; depths and trust are lost.

    The sphere may be turned against the world. NeuS learns such a scene rightly, but
    leaves the turn out when it moves its mesh to the world.

    Args:
        portraits: Pictures of one person.
        folder: Of the scene; new or empty.

    Raises:
        InputError: The folder holds something or cannot be written, or a camera has
            lens distortion.
    """
    folder, views = Path(folder), range(len(portraits))
    height, width = portraits.masks.shape[1:]
    calibration = Calibration(
        tuple(f"{view:03d}" for view in views),
        portraits.cameras,
        ((width, height),) * len(portraits),
        portraits.sphere.expand(len(portraits), 4, 4),
    )
    try:
        if folder.exists() and any(folder.iterdir()):
            raise InputError(f"{str(folder)!r} is not empty; choose another folder.")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            prefix=f".{folder.name}.tmp-", dir=folder.parent
        ) as temporary:
            scene = Path(temporary) / "scene"
            write_neus(calibration, scene / CAMERA_FILES[0])
            for view in views:
                image = portraits.images[view].permute(1, 2, 0).cpu().numpy()
                mask = portraits.masks[view, ..., None].expand(-1, -1, 3).cpu().numpy()
                write_image(scene / "image" / f"{view:03d}.png", image)
                write_image(scene / "mask" / f"{view:03d}.png", mask)
            scene.replace(folder)
    except OSError as error:
        raise InputError(f"Cannot write {str(folder)!r}: {error.strerror}.") from error


class NeusScenes(Dataset[Portraits], Sequence[Portraits]):
    """The scenes in a folder, sorted by name, each read when it is asked for.

    Args:
        folder: Holds the folders of the scenes.
        views: Numbers of the wanted views of each; all if absent.
        height: Of the pictures, in pixels; as they are if absent.
        metres: Length of the unit of the cameras' files: 0.001 for H3DS.
        kept: How many scenes stay in memory once they are read.

    Raises:
        InputError: There are no scenes.
    """

    def __init__(
        self,
        folder: str | Path,
        views: Sequence[int] | None = None,
        height: int | None = None,
        metres: float = 1.0,
        kept: int = 64,
    ) -> None:
        folder = Path(folder)
        if not folder.is_dir():
            raise InputError(f"{str(folder)!r} is not a folder; give that of scenes.")
        self.scenes = sorted(filter(is_scene, folder.iterdir()))
        if not self.scenes:
            hint = "it is one itself, so give the folder it is in"
            if not is_scene(folder):
                hint = f"each is a folder with 'image' and {CAMERA_FILES[0]}"
            raise InputError(f"There are no scenes in {str(folder)!r}; {hint}.")
        self.views, self.height, self.metres = views, height, metres
        self.kept = kept
        self._in_memory: dict[Path, Portraits] = {}

    def __len__(self) -> int:
        return len(self.scenes)

    @overload
    def __getitem__(self, index: int) -> Portraits: ...

    @overload
    def __getitem__(self, index: slice) -> list[Portraits]: ...

    def __getitem__(self, index: int | slice) -> Portraits | list[Portraits]:
        if isinstance(index, slice):
            return [self[number] for number in range(len(self))[index]]
        scene = self.scenes[index]
        if scene in self._in_memory:
            return self._in_memory[scene]
        portraits = read_scene(scene, self.views, self.height, self.metres)
        if len(self._in_memory) < self.kept:
            self._in_memory[scene] = portraits
        return portraits
