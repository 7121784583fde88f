"""All frames of one video of one person, cropped, and where such videos come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from jaxtyping import Float, UInt8
from torch import Tensor


@dataclass(frozen=True)
class ClipFrames:
    """One person in one video; all frames are crops by the rule of ``crops``.

    What is not known is not a number.

    Attributes:
        frames: RGB.
        masks: Where a frame shows the person, 0 to 255.
        landmarks: 68 face landmarks as shares of the side, x then y; iBUG's order.
        landmarks_478: The same in MediaPipe's order, irises last.
        actions: Strength of the 52 facial actions, in the order of ``FACIAL_ACTIONS``.
        turn: Yaw, pitch and roll of the head relative to the camera, in radians. All
            are zero when the face looks straight at the camera; yaw is positive
            towards the person's left (right in the picture), pitch when the face
            looks down, roll when the head tips to the person's left.
        person: Number of the person.
    """

    frames: UInt8[Tensor, "frame 3 height width"]
    masks: UInt8[Tensor, "frame 1 height width"]
    landmarks: Float[Tensor, "frame 68 2"]
    landmarks_478: Float[Tensor, "frame 478 2"]
    actions: Float[Tensor, "frame 52"]
    turn: Float[Tensor, "frame 3"]
    person: int

    def __len__(self) -> int:
        return len(self.frames)

    def chosen(self, frames: Sequence[int]) -> ClipFrames:
        """Some of the frames, in the order wanted."""
        numbers = list(frames)
        return ClipFrames(
            self.frames[numbers],
            self.masks[numbers],
            self.landmarks[numbers],
            self.landmarks_478[numbers],
            self.actions[numbers],
            self.turn[numbers],
            self.person,
        )


@runtime_checkable
class ClipSource(Protocol):
    """Numbered videos; the same number always gives the same frames."""

    def __len__(self) -> int:
        """How many videos there are."""
        ...

    def __getitem__(self, index: int, /) -> ClipFrames:
        """One video."""
        ...

    def frames(self, index: int, /) -> int:
        """How many frames a video has."""
        ...

    def draw(self, index: int, frames: Sequence[int], /) -> ClipFrames:
        """Some frames of a video; no more than these are decoded.

        Args:
            index: Number of the video.
            frames: Their numbers within it, in the order wanted.
        """
        ...


class ClipSplits:
    """Videos to learn from, to choose by and to report on, of different people.

    Args:
        train: Videos of the training.
        val: Videos of the validation.
        test: Videos of the test.
        doubles: The videos of the training once more, frame by frame, with other people
            who do the same, as synthetic people can have.
    """

    def __init__(
        self,
        train: ClipSource,
        val: ClipSource,
        test: ClipSource,
        doubles: ClipSource | None = None,
    ) -> None:
        self.train, self.val, self.test = train, val, test
        self.doubles = doubles


@runtime_checkable
class Preparable(Protocol):
    """What has work to do once, before its first use."""

    def prepare(self, workers: int) -> None:
        """Do what is missing of that work, and show how far it is.

        Args:
            workers: Processes that share it; with 0 or 1 it happens in this one.
        """
        ...
