"""Pictures of one person to learn from: crops, masks and landmarks."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from human_capture.common.detectors.face_finder import FaceFinder
from human_capture.common.detectors.person_mask import PersonSegmenter
from human_capture.common.errors import InputError
from human_capture.common.images import read_image
from human_capture.common.video import decode, is_video, probe
from human_capture.reenact.clips import Clips
from human_capture.reenact.crops import crop_face, crop_mask, face_square
from human_capture.reenact.driving.photos import find_photos
from human_capture.reenact.faces import FaceTracker
from human_capture.reenact.landmarks import face68

Image = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class PersonPictures:
    """Crops of one person.

    Attributes:
        frames: RGB.
        masks: Where they show the person, 0 to 255.
        landmarks: 68 face landmarks as shares of the side; iBUG's order.
    """

    frames: UInt8[Tensor, "frame 3 size size"]
    masks: UInt8[Tensor, "frame 1 size size"]
    landmarks: Float[Tensor, "frame 68 2"]

    def __len__(self) -> int:
        return len(self.frames)

    def clips(self, chosen: Int[Tensor, " frame"]) -> Clips:
        """Some of the pictures as clips of one frame each, which tells who it is, too.

        Args:
            chosen: Their numbers.
        """
        count, landmarks = len(chosen), self.landmarks[chosen]
        nobody = torch.zeros(count, dtype=torch.long)
        return Clips(
            identity=self.frames[chosen][:, None],
            frame=self.frames[chosen],
            mask=self.masks[chosen],
            landmarks=landmarks,
            identity_landmarks=landmarks[:, None],
            label=nobody,
            person=nobody,
            actions=torch.full((count, 52), torch.nan),
            turn=torch.full((count, 3), torch.nan),
        )


def read_person(paths: Sequence[str], size: int, most: int = 64) -> PersonPictures:
    """The person in photos, folders of photos, and videos.

    Of several faces in a picture the largest is taken; frames of videos without a face
    are passed over.

    Args:
        paths: Files and folders.
        size: Width and height of the crops, in pixels.
        most: Frames of a video that are looked at, evenly spaced.

    Raises:
        InputError: A file is neither image nor video, a photo shows no face, or nothing
            does.
    """
    reader = _Reader(size)
    for path in map(Path, paths):
        if is_video(path) and not path.is_dir():
            reader.video(path, most)
            continue
        for photo in find_photos([path]):
            reader.photo(photo)
    return reader.pictures()


class _Reader:
    """Collects the crops."""

    def __init__(self, size: int) -> None:
        self.size, self.finder, self.segmenter = size, FaceFinder(), PersonSegmenter()
        self.frames: list[Image] = []
        self.masks: list[UInt8[np.ndarray, "size size"]] = []
        self.landmarks: list[Float[np.ndarray, "68 2"]] = []

    def photo(self, path: Path) -> None:
        """The face in a photo, which must be there."""
        tracker = FaceTracker(self.finder)
        if not self._add(read_image(path), tracker):
            raise InputError(
                f"There is no face in {str(path)!r}; give photos that show one, "
                "upright and not from the side."
            )
        _warn(path, tracker)

    def video(self, path: Path, most: int) -> None:
        """The followed face in some frames of a video."""
        frames = probe(path).frames
        chosen = np.unique(np.linspace(0, frames - 1, min(most, frames)).round())
        wanted, tracker = set(chosen.astype(int).tolist()), FaceTracker(self.finder)
        for frame in decode(path):
            if frame.index in wanted:
                self._add(frame.image, tracker)
        _warn(path, tracker)

    def _add(self, image: Image, tracker: FaceTracker) -> bool:
        face = tracker(image)
        if face is None:
            return False
        square, size = face_square(face.landmarks), self.size
        self.frames.append(crop_face(image, square, size))
        self.masks.append(crop_mask(self.segmenter(image, face.head), square, size))
        points = face68(square.to_crop(face.landmarks, size)) / size
        self.landmarks.append(np.asarray(points, np.float32))
        return True

    def pictures(self) -> PersonPictures:
        """All of them."""
        if not self.frames:
            raise InputError(
                "There is no face in any picture; give photos or a video that show "
                "one, upright and not from the side."
            )
        frames = torch.from_numpy(np.stack(self.frames)).movedim(-1, 1).contiguous()
        masks = torch.from_numpy(np.stack(self.masks))[:, None]
        return PersonPictures(frames, masks, torch.from_numpy(np.stack(self.landmarks)))


def _warn(path: Path, tracker: FaceTracker) -> None:
    if tracker.most > 1:
        warnings.warn(
            f"{path.name} shows {tracker.most} faces; the largest is taken.",
            stacklevel=5,
        )
