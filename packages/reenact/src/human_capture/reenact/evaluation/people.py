"""All frames of the people that a model is judged on, and what is known of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from human_capture.reenact.clip_frames import ClipFrames
from human_capture.reenact.clips import as_float


@dataclass(frozen=True)
class People:
    """Frames of several clips of several people.

    Attributes:
        frames: RGB.
        masks: Where a frame shows the person, 0 to 255.
        landmarks: iBUG's 68 landmarks, as shares of the side.
        actions: Strength of the 52 facial actions.
        turn: Yaw, pitch and roll as in ``ClipFrames``, in radians.
        person: Number of the person, counted from 0.
        clip: Number of the clip, counted from 0.
    """

    frames: UInt8[Tensor, "frame 3 height width"]
    masks: UInt8[Tensor, "frame 1 height width"]
    landmarks: Float[Tensor, "frame 68 2"]
    actions: Float[Tensor, "frame 52"]
    turn: Float[Tensor, "frame 3"]
    person: Int[Tensor, " frame"]
    clip: Int[Tensor, " frame"]

    @classmethod
    def of(cls, clips: Sequence[ClipFrames]) -> People:
        """The people of some clips, numbered in the order of their first clip.

        Args:
            clips: At least one, with pictures of one size.
        """
        numbers = {p: n for n, p in enumerate(dict.fromkeys(c.person for c in clips))}
        lengths = torch.tensor([len(clip) for clip in clips])
        persons = torch.tensor([numbers[clip.person] for clip in clips])
        names = ("frames", "masks", "landmarks", "actions", "turn")
        return cls(
            **{n: torch.cat([getattr(clip, n) for clip in clips]) for n in names},
            person=persons.repeat_interleave(lengths),
            clip=torch.arange(len(clips)).repeat_interleave(lengths),
        )

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: Int[Tensor, "..."] | Bool[Tensor, " frame"]) -> People:
        """Some of the frames."""
        chosen = {field.name: getattr(self, field.name) for field in _FIELDS}
        return People(**{name: value[index] for name, value in chosen.items()})

    @property
    def count(self) -> int:
        """How many people."""
        return int(self.person.max()) + 1

    def pictures(self) -> Float[Tensor, "frame 3 height width"]:
        """The frames in [0, 1]."""
        return as_float(self.frames)

    def on_black(self) -> Float[Tensor, "frame 3 height width"]:
        """The people without what is behind them, as they are drawn."""
        return as_float(self.frames) * as_float(self.masks)

    def first_clip(self, person: int) -> Int[Tensor, " chosen"]:
        """Frames of a person's first clip, in their order.

        Args:
            person: Counted from 0.
        """
        clips = self.clip[self.person == person]
        return (self.clip == clips.min()).nonzero()[:, 0]


_FIELDS = dataclasses.fields(People)


@dataclass(frozen=True)
class Described:
    """People, and what a model says of their frames.

    Attributes:
        people: All frames.
        descriptors: Of each frame.
    """

    people: People
    descriptors: Float[Tensor, "frame number"]


def spread(frames: Int[Tensor, " frame"], count: int) -> Int[Tensor, " chosen"]:
    """Some of the frames, evenly spread; all when there are not more.

    Args:
        frames: Numbers of frames in their order.
        count: How many, at least 1.
    """
    steps = torch.arange(min(count, len(frames)))
    return frames[(steps + 0.5).mul(len(frames) / len(steps)).long()]
