"""Pictures by which one sees how well a person is drawn while they are learned."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from human_capture.reenact.augmentation.draws import uniform
from human_capture.reenact.augmentation.geometry import shift
from human_capture.reenact.augmentation.pose import stretch_some
from human_capture.reenact.clips import Clips, as_float

MOST = 32
"""Pictures that are looked at; more would tell little and take longer than learning."""


@dataclass(frozen=True)
class Examples:
    """Pictures to look at, none of which is learned from as it is.

    Attributes:
        driver: For the pose encoder.
        photograph: What should be drawn, without its background.
        kind: What they are, in words.
    """

    driver: Float[Tensor, "clip 3 height width"]
    photograph: Float[Tensor, "clip 3 height width"]
    kind: str


def some(clips: Clips, most: int = MOST) -> Clips:
    """At most so many clips, evenly spread, the first and the last among them.

    Args:
        clips: All of them.
        most: How many at most.
    """
    count = len(clips)
    return clips.take(torch.linspace(0, count - 1, min(count, most)).round().long())


def kept_aside(clips: Clips) -> Examples:
    """Pictures that are not learned from.

    Args:
        clips: They.
    """
    frame = as_float(clips.frame)
    return Examples(frame, frame * as_float(clips.mask), "pictures kept aside")


def changed(clips: Clips) -> Examples:
    """Pictures that are learned from, changed in a way that is always the same.

    All are moved, so that a drawing that no longer follows its driver has an error, and
    the drivers are stretched, too, both as far as in the training. That tells less than
    pictures kept aside do: the expressions are the learned ones.

    Args:
        clips: What is learned from.
    """
    frame, generator = as_float(clips.frame), Generator().manual_seed(0)
    side = torch.tensor([frame.shape[-1], frame.shape[-2]])
    share = uniform(frame, 0.025, 0.05, generator, (2,))
    sign = uniform(frame, -1.0, 1.0, generator, (2,)).sign()
    pixels = (share * sign * side).round().long()
    driver = stretch_some(frame, generator)
    photograph = frame * as_float(clips.mask)
    moved = shift(torch.cat((driver, photograph), 1), pixels)
    driver, photograph = torch.split(moved, 3, 1)
    return Examples(driver, photograph, "learned pictures stretched and moved")
