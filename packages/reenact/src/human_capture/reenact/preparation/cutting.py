"""One video to one clip: find the face, cut out the head, mask it."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Int, UInt8

from human_capture.common.detectors.face_finder import FaceFinder
from human_capture.common.detectors.face_landmarks import DetectedFace
from human_capture.common.detectors.person_mask import PersonSegmenter
from human_capture.common.errors import InputError
from human_capture.common.video import Frame, VideoInfo, decode, probe
from human_capture.reenact.crops import Square, crop_face, crop_mask, face_square
from human_capture.reenact.faces import LOOKS_A_SECOND, FaceTracker
from human_capture.reenact.preparation.options import PrepareOptions
from human_capture.reenact.preparation.records import (
    EncodedClip,
    EncodedFrames,
    encode_picture,
)
from human_capture.reenact.preparation.sources import Source

Image = UInt8[np.ndarray, "height width 3"]

_JUMPED = "after a jump to what may be somebody else"


class NoClipError(InputError):
    """The pictures of a video give no clip, and will give none another time."""


@dataclass(frozen=True)
class Cut:
    """What became of a video.

    Attributes:
        clip: The crops.
        left_out: Frames that are not in the clip, by the reason.
        notes: What else the person should know, one sentence each.
    """

    clip: EncodedClip
    left_out: dict[str, int]
    notes: tuple[str, ...] = ()


def cut_video(source: Source, options: PrepareOptions) -> Cut:
    """The clip that a video gives.

    It ends where the followed face jumps, as at a cut, because what follows may be
    somebody else. A clip in which nothing was usable before begins there instead,
    unless a certain face was asked for. Folders of images go on, since somebody has put
    them together, with a note.

    The face is followed through up to ten frames a second, however few are chosen, or
    who has moved far between two of them would not be found again.

    Args:
        source: The video.
        options: How to cut.

    Raises:
        NoClipError: The pictures give no clip; the message says why.
        InputError: The video cannot be read.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        info = probe(source.path)
        chosen = chosen_frames(info, options)
        looked_at = np.union1d(chosen, _shown(info, LOOKS_A_SECOND))
        second = round(len(looked_at) / info.duration)
        cutter = _Cutter(options, second, info.path.is_dir())
        wanted = set(chosen.tolist())
        for frame in _frames(info, looked_at):
            cutter.look(frame, frame.index in wanted)
        clip = cutter.clip(source.name)
    notes = {str(w.message) for w in caught if w.category is UserWarning}
    return Cut(clip, dict(cutter.left_out), tuple(sorted(notes)))


def chosen_frames(
    info: VideoInfo, options: PrepareOptions
) -> Int[np.ndarray, " frame"]:
    """Numbers of the frames that are to be in the clip, in order.

    Args:
        info: The video.
        options: How many a second, and how many at most.
    """
    if options.every is not None:
        chosen = np.arange(0, info.frames, options.every)
    elif info.path.is_dir():
        chosen = np.arange(info.frames)
    else:
        chosen = _shown(info, options.per_second)
    if len(chosen) > options.most_frames:
        even = np.linspace(0, len(chosen) - 1, options.most_frames)
        chosen = chosen[np.rint(even).astype(int)]
    return chosen


def _shown(info: VideoInfo, per_second: float) -> Int[np.ndarray, " frame"]:
    """Numbers of the frames that are shown at evenly spaced times, in order."""
    wanted = np.arange(0, info.duration, 1 / per_second)
    # a little later, as times are rounded
    shown = np.searchsorted(info.times, wanted + 1e-4, side="right") - 1
    return np.unique(shown)


@cache
def _detectors() -> tuple[FaceFinder, PersonSegmenter]:
    """The networks, loaded once in each process."""
    return FaceFinder(), PersonSegmenter()


def _frames(info: VideoInfo, numbers: Int[np.ndarray, " frame"]) -> Iterator[Frame]:
    """The frames with these numbers, those that cannot be decoded left out."""
    wanted = set(numbers.tolist())
    return (frame for frame in decode(info.path) if frame.index in wanted)


class _Cutter:
    """Collects the crops of one video.

    Args:
        options: How to cut.
        second: Frames in a second of those looked at.
        whole: Go on where the face jumps.
    """

    def __init__(self, options: PrepareOptions, second: int, whole: bool) -> None:
        finder, self.segmenter = _detectors()
        self.options, self.whole = options, whole
        self.tracker = FaceTracker(
            finder, options.face, search_every=10, patience=second
        )
        self.ended = False
        self.left_out: Counter[str] = Counter()
        self.pictures: list[bytes] = []
        self.masks: list[bytes] = []
        self.landmarks: list[np.ndarray] = []
        self.frames: list[int] = []

    def look(self, frame: Frame, chosen: bool) -> None:
        """Look at one more frame, and take it if it is chosen and shows the face."""
        face = None if self.ended else self._followed(frame.image)
        if chosen:
            self._add(frame, face)

    def _followed(self, image: Image) -> DetectedFace | None:
        """The face; ends the clip where it jumps."""
        jumps = self.tracker.jumps
        face = self.tracker(image)
        begun = bool(self.frames) or self.options.face is not None
        self.ended = begun and not self.whole and self.tracker.jumps > jumps
        return face

    def _add(self, frame: Frame, face: DetectedFace | None) -> None:
        """Cut out the face of a chosen frame, or note why not."""
        if self.ended:
            self.left_out[_JUMPED] += 1
            return
        if face is None:
            self.left_out["no face"] += 1
            return
        square = face_square(face.landmarks)
        reason = self._objection(square, frame.image)
        if reason is not None:
            self.left_out[reason] += 1
            return
        self._cut(frame, face, square)

    def _objection(self, square: Square, image: Image) -> str | None:
        if square.outside(*image.shape[:2]) > self.options.outside:
            return "partly outside of the picture"
        return "too small" if square.side < self.options.smallest else None

    def _cut(self, frame: Frame, face: DetectedFace, square: Square) -> None:
        size = self.options.size
        mask = self.segmenter(frame.image, face.head)
        self.pictures.append(encode_picture(crop_face(frame.image, square, size)))
        self.masks.append(encode_picture(crop_mask(mask, square, size)))
        self.landmarks.append(square.to_crop(face.landmarks, size) / size)
        self.frames.append(frame.index)

    def clip(self, name: str) -> EncodedClip:
        """All crops; NoClipError if they are too few or of several people."""
        if self.options.alone and self.tracker.most > 1:
            raise NoClipError(f"{self.tracker.most} faces are seen at once in {name}")
        if self.tracker.most == 0:
            raise NoClipError(f"no face in {name}")
        if len(self.frames) < self.options.fewest_frames:
            reasons = ", ".join(f"{n} {why}" for why, n in self.left_out.items())
            raise NoClipError(
                f"usable frames in {name}: {len(self.frames)}"
                + (f" ({reasons})" if reasons else "")
            )
        if self.whole and self.tracker.jumps:
            warnings.warn(
                f"the face in {name} jumps between images; make sure that all show the "
                "same person",
                stacklevel=3,
            )
        return EncodedClip(
            EncodedFrames.of(self.pictures),
            EncodedFrames.of(self.masks),
            np.array(self.landmarks, np.float32),
            np.array(self.frames, np.int64),
        )
