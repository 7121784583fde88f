"""One face followed through a video, told from others by where it is.

Who is who follows from where the faces are, not from what they look like: after a cut,
a person alone in the picture is taken for the one who was alone before. A face that was
lost among others is waited for near its place for about a second; then a face elsewhere
is taken for it. Whoever is taken far from the last place may be somebody else: such
jumps are counted, and the caller decides what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from human_capture.common.detectors.face_landmarks import DetectedFace
from human_capture.common.errors import InputError

_REACH = 1.0  # how far a face gets while unseen, over the longer side of its box
_GROWTH = 1.6  # how much larger or smaller it may look then

LOOKS_A_SECOND = 10.0
"""At a recorded video; in between hardly a head moves by its own size."""

Image = UInt8[np.ndarray, "height width 3"]


@runtime_checkable
class Finder(Protocol):
    """What finds faces, such as ``face_finder.FaceFinder``."""

    def __call__(self, image: Image) -> list[DetectedFace]:
        """All faces in a picture, the largest first."""

    def follow(self, image: Image, faces: Iterable[DetectedFace]) -> list[DetectedFace]:
        """The faces that are still where they were."""


class FaceTracker:
    """The same face in successive frames of a video.

    Args:
        finder: Finds faces.
        face: Which one, counted from 1 at the left of the first frame in which faces
            are seen; the largest one there if absent.
        search_every: Frames between searches of the whole picture, which tell where
            the others are.
        looks: How often the landmark network looks at the face in each frame, every
            time where it was seen before. The landmarks lag behind a moving face: at a
            seventh of its width a frame, by 3.2 % of it after one look, 0.7 % after two
            and not at all after three.
        patience: Frames that a face lost among others is waited for near its last
            place, about a second of them. After that, and at once where nobody else was
            about, a face elsewhere is taken for it: one that is alone in the picture,
            or the largest if ``face`` is absent.

    Attributes:
        missed: Frames so far in which the face was not seen.
        most: The largest number of faces seen at once.
        jumps: How often a face was taken that is not near the last one, as after a cut:
            perhaps somebody else's.
    """

    def __init__(
        self,
        finder: Finder,
        face: int | None = None,
        search_every: int = 30,
        looks: int = 3,
        patience: int = 30,
    ) -> None:
        if face is not None and face < 1:
            raise InputError(f"Faces are counted from 1; there is no face {face}.")
        self.finder = finder
        self.face = face
        self.search_every = search_every
        self.looks = looks
        self.patience = patience
        self.missed = 0
        self.most = 0
        self.jumps = 0
        self._last: DetectedFace | None = None
        self._unseen = 0  # frames since the face was last seen
        self._company = False  # others were about since the face was last taken
        self._others: list[DetectedFace] = []
        self._until_search = 0

    def __call__(self, image: Image) -> DetectedFace | None:
        """The face in the next frame; None where it is not seen.

        Raises:
            InputError: The first frame with faces has fewer than asked for.
        """
        seen = self._followed(image)
        self._until_search -= 1
        if seen is None or self._until_search <= 0:
            seen = self._searched(image, seen)
        self.missed += seen is None
        self._unseen = self._unseen + 1 if seen is None else 0
        self._last = seen or self._last
        return seen

    def follow(self, images: Iterable[Image]) -> Iterator[DetectedFace | None]:
        """The face in each of many frames."""
        return map(self, images)

    def _followed(self, image: Image) -> DetectedFace | None:
        """The face where it was, without a search."""
        if self._last is None or self._unseen:
            return None
        seen = [self._last]
        for _ in range(self.looks):
            seen = self.finder.follow(image, seen)
        kept = [f for f in seen if _near(f, self._last) and not self._is_other(f)]
        return kept[0] if kept else None

    def _searched(
        self, image: Image, followed: DetectedFace | None
    ) -> DetectedFace | None:
        """The face as followed or found again, having looked for all faces."""
        self._until_search = self.search_every
        faces = self.finder(image)
        self.most = max(self.most, len(faces))
        self._company |= len(faces) > 1
        seen = followed or self._recognised(faces)
        if seen is None:
            self._others = self._moved_others(faces)
        else:
            self._others = [face for face in faces if not face.is_copy_of(seen)]
        return seen

    def _moved_others(self, faces: Sequence[DetectedFace]) -> list[DetectedFace]:
        """Where the others are now, or were when last seen."""
        moved = [face for face in faces if self._is_other(face)]
        hidden = (o for o in self._others if not any(_near(f, o) for f in moved))
        return [*moved, *hidden]

    def _recognised(self, faces: Sequence[DetectedFace]) -> DetectedFace | None:
        if not faces:
            return None
        if self._last is None:
            return self._first(faces)
        last = self._last
        own = [f for f in faces if _near(f, last) and not self._is_other(f)]
        if own:
            return min(own, key=lambda face: _distance(face, last))
        return self._elsewhere(faces)

    def _elsewhere(self, faces: Sequence[DetectedFace]) -> DetectedFace | None:
        """A face to go on with where none is near the last; it may be an other's."""
        waiting = self._company and self._unseen < self.patience
        unclear = len(faces) > 1 and self.face is not None
        if waiting or unclear:
            return None
        self.jumps += 1
        self._company = len(faces) > 1
        return faces[0]

    def _first(self, faces: Sequence[DetectedFace]) -> DetectedFace:
        if self.face is None:
            return faces[0]
        if self.face > len(faces):
            raise InputError(
                f"There is no face {self.face}: the first frame with faces shows "
                f"{len(faces)}, counted from 1 at the left."
            )
        return sorted(faces, key=lambda face: float(face.box[0]))[self.face - 1]

    def _is_other(self, face: DetectedFace) -> bool:
        """Whether somebody else was nearer to where a face is than the one followed."""
        last = self._last
        if last is None:
            return False
        own = _distance(face, last)
        return any(
            _near(face, other) and _distance(face, other) < own
            for other in self._others
        )


def _middle(face: DetectedFace) -> Float[np.ndarray, " 2"]:
    return np.asarray((face.box[:2] + face.box[2:]) / 2)


def _side(face: DetectedFace) -> float:
    return max(float((face.box[2:] - face.box[:2]).max()), 1e-9)


def _distance(face: DetectedFace, other: DetectedFace) -> float:
    """Between two faces' middles, over the side of the second's box."""
    return float(np.linalg.norm(_middle(face) - _middle(other))) / _side(other)


def _near(face: DetectedFace, last: DetectedFace) -> bool:
    """Whether a face may be the one that was last seen."""
    growth = _side(face) / _side(last)
    return _distance(face, last) < _REACH and 1 / _GROWTH < growth < _GROWTH
