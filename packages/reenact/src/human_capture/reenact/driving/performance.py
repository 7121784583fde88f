"""The driving loop: every frame of the driver becomes a drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from human_capture.common.detectors.face_landmarks import DetectedFace
from human_capture.common.errors import InputError
from human_capture.reenact.crops import Square, crop_face, face_square
from human_capture.reenact.driving.animator import Animator, Drawing
from human_capture.reenact.driving.sources import DriverFrame
from human_capture.reenact.driving.transfer import PoseTransfer
from human_capture.reenact.steady_squares import SquareFilter, is_jump

Follow = Callable[[UInt8[np.ndarray, "height width 3"]], DetectedFace | None]
"""Gives the driver's face in each frame, such as ``faces.FaceTracker``."""


@dataclass(frozen=True)
class Performed:
    """A frame of the driver, and what the avatar does.

    Attributes:
        frame: Of the driver.
        square: Where the driver's head is, or was last; None before it was seen.
        drawing: The avatar.
        held: No face was seen, so the drawing is that of the frame before.
    """

    frame: DriverFrame
    square: Square | None
    drawing: Drawing
    held: bool


class Performance:
    """An avatar that does what a driver does.

    Before the driver's face is first seen the avatar is in its own pose. Where the face
    jumps, as at a cut, driving goes on with whoever is followed then, and nothing is
    smoothed across.

    Args:
        animator: Sees poses and draws.
        follow: Finds the driver's face.
        transfer: Which pose the avatar takes.
        steady: Steadies the square around the head.
        batch: Frames that are drawn together; 1 to get each at once.
    """

    def __init__(
        self,
        animator: Animator,
        follow: Follow,
        transfer: PoseTransfer,
        steady: SquareFilter | None = None,
        batch: int = 1,
    ) -> None:
        if batch < 1:
            raise InputError(f"A batch has at least 1 frame, not {batch}.")
        self.animator = animator
        self.follow = follow
        self.transfer = transfer
        self.steady = steady
        self.batch = batch
        self._time: float | None = None
        self._drawn: Square | None = None

    def __call__(self, frames: Iterable[DriverFrame]) -> Iterator[Performed]:
        """The avatar in each frame, as the frames come.

        Args:
            frames: Of the driver, in order.
        """
        rest = iter(frames)
        square: Square | None = None
        drawing: Drawing | None = None
        while group := list(islice(rest, self.batch)):
            squares = [self._look(frame) for frame in group]
            drawings = iter(self._draw(group, squares))
            for frame, place in zip(group, squares, strict=True):
                if place is not None:
                    square, drawing = place, next(drawings)
                elif drawing is None:
                    drawing = self.animator.draw(self.transfer.own[None])[0]
                yield Performed(frame, square, drawing, held=place is None)

    def _look(self, frame: DriverFrame) -> Square | None:
        """Where the driver's head is."""
        face = self.follow(frame.image)
        if face is None:
            self._time = None
            return None
        square = face_square(face.landmarks)
        if self.steady is None:
            return square
        if self._time is None:
            # The crop must hold the head at once. A gap alone needs no reset of poses:
            # their filter knows how long it was, and goes on from the drawing held.
            self.steady.reset()
        elif frame.time > self._time:
            self.steady.fps = 1 / (frame.time - self._time)
        self._time = frame.time
        return self.steady(square)

    def _draw(
        self, frames: list[DriverFrame], squares: list[Square | None]
    ) -> list[Drawing]:
        """The avatar in the frames that have a square."""
        pairs = zip(frames, squares, strict=True)
        found = [(frame, square) for frame, square in pairs if square is not None]
        if not found:
            return []
        size = self.animator.size
        crops = [crop_face(frame.image, square, size) for frame, square in found]
        seen = zip(self.animator.poses(crops), found, strict=True)
        poses = [self._pose(pose, *place) for pose, place in seen]
        return self.animator.draw(torch.stack(poses))

    def _pose(
        self, pose: Float[Tensor, " pose"], frame: DriverFrame, square: Square
    ) -> Float[Tensor, " pose"]:
        """The avatar's pose when the driver has one in a frame."""
        jumped = self._drawn is not None and is_jump(square, self._drawn)
        if jumped and self.transfer.smooth is not None:
            self.transfer.smooth.reset()
        self._drawn = square
        return self.transfer(pose, frame.time)


def first_pose(
    frames: Iterable[DriverFrame], follow: Follow, animator: Animator, start: int = 0
) -> Float[Tensor, " pose"] | None:
    """Descriptor of the first frame with the driver's face; None if there is none.

    Args:
        frames: Of the driver, all of them: who is followed is decided at the first.
        follow: Finds the driver's face; has seen no frames yet.
        animator: Sees poses.
        start: Number of the first frame that counts.
    """
    for number, frame in enumerate(frames):
        face = follow(frame.image)
        if face is not None and number >= start:
            square = face_square(face.landmarks)
            return animator.poses([crop_face(frame.image, square, animator.size)])[0]
    return None
