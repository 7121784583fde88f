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
from human_capture.common.detectors.face_landmarks import DetectedFace
from human_capture.common.detectors.person_mask import PersonSegmenter
from human_capture.common.errors import InputError
from human_capture.common.video import decode, is_video, probe
from human_capture.reenact.clips import Clips
from human_capture.reenact.crops import crop_face, crop_mask, face_square
from human_capture.reenact.faces import LOOKS_A_SECOND, FaceTracker
from human_capture.reenact.landmarks import face68
from human_capture.reenact.portraits import find_portraits

Image = UInt8[np.ndarray, "height width 3"]

PHOTO = -1
"""Stands for the number of the video where there is none."""


@dataclass(frozen=True)
class PersonPictures:
    """Crops of one person.

    Attributes:
        frames: RGB.
        masks: Where they show the person, 0 to 255.
        landmarks: 68 face landmarks as shares of the side; iBUG's order.
        video: Number of the video that each is from, in whose order they are; ``PHOTO``
            if from none.
    """

    frames: UInt8[Tensor, "frame 3 size size"]
    masks: UInt8[Tensor, "frame 1 size size"]
    landmarks: Float[Tensor, "frame 68 2"]
    video: Int[Tensor, " frame"]

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
            driver=self.frames[chosen],
            driver_landmarks=landmarks,
            identity_landmarks=landmarks[:, None],
            label=nobody,
            person=nobody,
            actions=torch.full((count, 52), torch.nan),
            turn=torch.full((count, 3), torch.nan),
        )


def read_person(
    paths: Sequence[str], size: int, most: int = 64, face: int | None = None
) -> PersonPictures:
    """The person in photos, folders of photos, and videos.

    Of several faces in a photo the largest is taken; photos of folders and frames of
    videos in which the person is not seen are passed over. Warns where the face of a
    video jumps, as at a cut, because from there on it may be somebody else's.

    Args:
        paths: Files and folders.
        size: Width and height of the crops, in pixels.
        most: Frames that are taken of a video, evenly spaced.
        face: Which face of a video, counted from 1 at the left of the first frame with
            faces; the largest one there if absent.

    Raises:
        InputError: A file is neither image nor video, a photo that was named shows no
            face, nothing does, or a video shows fewer faces than asked for.
    """
    reader = _Reader(size, face)
    for path in map(Path, paths):
        if is_video(path) and not path.is_dir():
            reader.video(path, most)
            continue
        reader.photos(path)
    return reader.pictures()


class _Reader:
    """Collects the crops."""

    def __init__(self, size: int, face: int | None) -> None:
        self.size, self.face = size, face
        self.finder, self.segmenter = FaceFinder(), PersonSegmenter()
        self.frames: list[Image] = []
        self.masks: list[UInt8[np.ndarray, "size size"]] = []
        self.landmarks: list[Float[np.ndarray, "68 2"]] = []
        self.video_of: list[int] = []
        self.videos = 0

    def photos(self, path: Path) -> None:
        """The face in a photo, which must be there, or those in a folder of photos."""
        for portrait in find_portraits([path], self.finder):
            self._add(portrait.image, portrait.face, PHOTO)

    def video(self, path: Path, most: int) -> None:
        """The followed face in some frames of a video."""
        info = probe(path)
        chosen = np.linspace(0, info.frames - 1, min(most, info.frames)).round()
        wanted = set(chosen.astype(int).tolist())
        # frames in between, too, or who has moved far is not found again
        stride = max(int(info.fps / LOOKS_A_SECOND), 1)
        second = round(info.fps / stride)
        tracker = FaceTracker(self.finder, self.face, patience=second)
        for frame in decode(path):
            if frame.index not in wanted and frame.index % stride:
                continue
            face = tracker(frame.image)
            if face is not None and frame.index in wanted:
                self._add(frame.image, face, self.videos)
        self.videos += 1
        if tracker.most > 1 and self.face is None:
            taken = "the largest is followed, --face N takes another"
            _warn(path, tracker.most, taken)
        if tracker.jumps:
            warnings.warn(
                f"The face in {path.name} jumps, as at a cut, and may then be somebody "
                "else's; cut the video so that it shows one person.",
                stacklevel=4,
            )

    def _add(self, image: Image, face: DetectedFace, video: int) -> None:
        square, size = face_square(face.landmarks), self.size
        self.frames.append(crop_face(image, square, size))
        self.masks.append(crop_mask(self.segmenter(image, face.head), square, size))
        points = face68(square.to_crop(face.landmarks, size)) / size
        self.landmarks.append(np.asarray(points, np.float32))
        self.video_of.append(video)

    def pictures(self) -> PersonPictures:
        """All of them."""
        if not self.frames:
            raise InputError(
                "There is no face in any picture; give photos or a video that show "
                "one, upright and not from the side."
            )
        frames = torch.from_numpy(np.stack(self.frames)).movedim(-1, 1).contiguous()
        masks = torch.from_numpy(np.stack(self.masks))[:, None]
        landmarks = torch.from_numpy(np.stack(self.landmarks))
        return PersonPictures(frames, masks, landmarks, torch.tensor(self.video_of))


def _warn(path: Path, faces: int, taken: str) -> None:
    warnings.warn(f"{path.name} shows {faces} faces; {taken}.", stacklevel=5)
