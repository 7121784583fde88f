"""Data in the folders of the latent pose descriptors' published code.

``<root>/<images>/<clip>/<frame>.jpg``, ``<root>/<masks>/<clip>/<frame>.png`` and
``<root>/<landmarks>/<clip>/<frame>.npy``, with a table of the clips: a CSV file with a
column ``path``, which is ``<person>/<video>``
(https://github.com/shrubb/latent-pose-reenactment).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch.utils.data import Dataset

from human_capture.common.errors import InputError
from human_capture.common.images import read_image
from human_capture.common.video import natural_order
from human_capture.reenact.clip_frames import ClipFrames

_IMAGES = (".jpg", ".jpeg", ".png")


class OfficialLayout(Dataset[ClipFrames]):
    """Clips in the official folders; facial actions and turns are not known.

    Args:
        root: Folder of all folders.
        table: CSV file with the clips of a split; those without frames are left out.
        images: Folder of the crops, within the root.
        masks: Folder of the masks.
        landmarks: Folder of the 68 landmarks, in pixels of the crops, the first
            pixel's centre at 0; they may be missing.
    """

    def __init__(
        self,
        root: str | Path,
        table: str | Path,
        images: str = "cropped_fix",
        masks: str = "segmentation_Graphonomy",
        landmarks: str = "cropped_landmarks_fix",
    ) -> None:
        root = Path(root)
        self._images, self._masks = root / images, root / masks
        self._landmarks = root / landmarks
        self._clips = [clip for clip in _clips(Path(table)) if self._frames(clip)]
        if not self._clips:
            raise InputError(
                f"No clip of {str(table)!r} has images in {str(self._images)!r}; check "
                "the root and the name of the images' folder."
            )
        people = dict.fromkeys(clip.split("/")[0] for clip in self._clips)
        self.people = list(people)
        self._numbers = {person: number for number, person in enumerate(people)}

    def __len__(self) -> int:
        return len(self._clips)

    def frames(self, index: int) -> int:
        """How many frames a clip has, without reading them."""
        return len(self._frames(self._clips[index]))

    def __getitem__(self, index: int) -> ClipFrames:
        """All frames of a clip."""
        return self.draw(index, range(self.frames(index)))

    def draw(self, index: int, frames: Sequence[int]) -> ClipFrames:
        """Some frames of a clip; only these are read.

        Args:
            index: Of the clip.
            frames: Numbers of the frames within the clip, in the order wanted.
        """
        clip = self._clips[index]
        images = self._frames(clip)
        chosen = [images[frame] for frame in frames]
        pictures = np.stack([_square(path) for path in chosen])
        masks = np.stack([self._mask(clip, path.stem) for path in chosen])
        if masks.shape != pictures.shape:
            raise InputError(f"Masks and images of {clip} differ in size.")
        side = pictures.shape[1]
        points = np.stack([self._points(clip, path.stem) for path in chosen])
        return ClipFrames(
            frames=torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(),
            masks=torch.from_numpy(masks[..., 0].copy())[:, None],
            landmarks=torch.from_numpy((points + 0.5) / side).float(),
            landmarks_478=torch.full((len(chosen), 478, 2), torch.nan),
            actions=torch.full((len(chosen), 52), torch.nan),
            turn=torch.full((len(chosen), 3), torch.nan),
            person=self._numbers[clip.split("/")[0]],
        )

    def _frames(self, clip: str) -> list[Path]:
        folder = self._images / clip
        if not folder.is_dir():
            return []
        images = (p for p in folder.iterdir() if p.suffix.lower() in _IMAGES)
        return sorted(images, key=lambda path: natural_order(path.name))

    def _mask(self, clip: str, frame: str) -> UInt8[np.ndarray, "side side 3"]:
        """Three equal channels, as they are stored."""
        return _square(self._masks / clip / f"{frame}.png")

    def _points(self, clip: str, frame: str) -> Float[np.ndarray, "68 2"]:
        path = self._landmarks / clip / f"{frame}.npy"
        if not path.is_file():
            return np.full((68, 2), np.nan)
        try:
            points = np.load(path, allow_pickle=False).astype(float)
        except (ValueError, EOFError) as error:
            raise InputError(f"{str(path)!r} is not an array of numbers.") from error
        if points.ndim != 2 or len(points) != 68 or points.shape[1] < 2:
            raise InputError(
                f"{str(path)!r} holds an array of shape {points.shape}, not 68 points."
            )
        return np.asarray(points[:, :2])


def _clips(table: Path) -> list[str]:
    if not table.is_file():
        raise InputError(f"There is no table of clips {str(table)!r}.")
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows or "path" not in rows[0]:
        raise InputError(f"{str(table)!r} has no rows with a column 'path'.")
    return [row["path"] for row in rows]


def _square(path: Path) -> UInt8[np.ndarray, "side side 3"]:
    image = read_image(path)
    if image.shape[0] != image.shape[1]:
        raise InputError(
            f"{str(path)!r} is {image.shape[1]} x {image.shape[0]} pixels; crops are "
            "square."
        )
    return image
