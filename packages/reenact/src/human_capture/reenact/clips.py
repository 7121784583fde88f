"""Batches of frames of people: who it is, one frame to draw and one to imitate."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor


@dataclass(frozen=True)
class Clips:
    """Some clips of one person each: frames that tell who it is, and one frame more.

    What drives is that frame itself or, where there is one, a double's: another person
    who does the same. All are crops by the rule of ``crops``. Pictures stay bytes until
    they are on the device of the training. What is not known is not a number.

    Attributes:
        identity: Frames that the identity is taken from, RGB.
        frame: The frame that is to be drawn, RGB.
        mask: Where that frame shows the person, 0 to 255.
        landmarks: 68 face landmarks of that frame, as shares of its side, x then y;
            iBUG's order.
        driver: The frame that drives, RGB.
        driver_landmarks: Its landmarks.
        identity_landmarks: Those of the identity frames.
        label: Number of the clip among all of the training.
        person: Number of the person.
        actions: Strength of the 52 facial actions of the frame, in the order of
            ``FACIAL_ACTIONS``.
        turn: Yaw, pitch and roll of the head relative to the camera, in radians.
    """

    identity: UInt8[Tensor, "clip shot 3 height width"]
    frame: UInt8[Tensor, "clip 3 height width"]
    mask: UInt8[Tensor, "clip 1 height width"]
    landmarks: Float[Tensor, "clip 68 2"]
    driver: UInt8[Tensor, "clip 3 height width"]
    driver_landmarks: Float[Tensor, "clip 68 2"]
    identity_landmarks: Float[Tensor, "clip shot 68 2"]
    label: Int[Tensor, " clip"]
    person: Int[Tensor, " clip"]
    actions: Float[Tensor, "clip 52"]
    turn: Float[Tensor, "clip 3"]

    def __len__(self) -> int:
        return len(self.frame)

    def first(self, count: int) -> Clips:
        """The first clips alone."""
        return self.take(torch.arange(min(count, len(self))))

    def take(self, numbers: Int[Tensor, " chosen"]) -> Clips:
        """Some of the clips.

        Args:
            numbers: Which, in this order.
        """
        return Clips(**{name: tensor[numbers] for name, tensor in vars(self).items()})

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Clips:
        """The same on another device."""
        moved = {
            name: tensor.to(device, non_blocking=non_blocking)
            for name, tensor in vars(self).items()
        }
        return Clips(**moved)


def join_clips(clips: Sequence[Clips]) -> Clips:
    """One batch of several.

    Args:
        clips: With equal numbers of identity frames and equal sizes of pictures.
    """
    return Clips(
        **{
            field.name: torch.cat([getattr(clip, field.name) for clip in clips])
            for field in dataclasses.fields(Clips)
        }
    )


def as_float(pictures: UInt8[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """Bytes as numbers between 0 and 1."""
    return pictures.float() / 255
