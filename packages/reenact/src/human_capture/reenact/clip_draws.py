"""Which frames of a video tell who it is, and which one is to be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.utils.data import Dataset

from human_capture.common.errors import InputError
from human_capture.reenact.clip_frames import ClipFrames, ClipSource
from human_capture.reenact.clips import Clips


@dataclass(frozen=True)
class ClipDraws(Dataset[Clips]):
    """Identity frames and a frame to be drawn, all different, of one video an item.

    Attributes:
        source: Videos; their numbers are the labels.
        shots: Identity frames.
        repeats: Items of each video.
        fixed: Draw the same frames every time, with the same identity frames for all
            items of a video and another frame to be drawn for each; otherwise anew.
        doubles: Videos of the same numbers in which other people do the same, frame by
            frame, who then drive; each frame drives itself when absent.
    """

    source: ClipSource
    shots: int = 8
    repeats: int = 1
    fixed: bool = False
    doubles: ClipSource | None = None

    def __post_init__(self) -> None:
        if self.shots < 1 or self.repeats < 1:
            raise InputError(
                f"There must be at least one shot and one repeat, not {self.shots} "
                f"and {self.repeats}."
            )
        if self.doubles is not None and _lengths(self.doubles) != _lengths(self.source):
            raise InputError(
                "The doubles have other numbers of videos or frames than the videos "
                "whose people they double."
            )

    def __len__(self) -> int:
        return len(self.source) * self.repeats

    def __getitem__(self, index: int) -> Clips:
        if not 0 <= index < len(self):
            raise IndexError(index)
        repeat, number = divmod(index, len(self.source))
        count = self.source.frames(number)
        spare = count - self.shots
        if spare < 1:
            raise InputError(
                f"Video {number} has {count} frames, too few for {self.shots} "
                "identity frames and another one to draw; take fewer shots."
            )
        generator = torch.Generator().manual_seed(self._seed(index, number))
        order = torch.randperm(count, generator=generator).tolist()
        drawn = order[self.shots + repeat % spare]
        chosen = self.source.draw(number, [*order[: self.shots], drawn])
        if self.doubles is None:
            return _clips(chosen, chosen, number)
        return _clips(chosen, self.doubles.draw(number, [drawn]), number)

    def _seed(self, index: int, number: int) -> int:
        if self.fixed:
            return number
        # Lightning seeds torch's generator. Processes that share a
        # seed have different items, and so draw differently.
        return int(torch.randint(2**31, ())) + index


def _lengths(source: ClipSource) -> list[int]:
    return [source.frames(number) for number in range(len(source))]


def _clips(frames: ClipFrames, drivers: ClipFrames, label: int) -> Clips:
    """A batch of one: the last frame is drawn, the last of the drivers drives."""
    return Clips(
        identity=frames.frames[:-1][None],
        frame=frames.frames[-1:],
        mask=frames.masks[-1:],
        landmarks=frames.landmarks[-1:],
        driver=drivers.frames[-1:],
        driver_landmarks=drivers.landmarks[-1:],
        identity_landmarks=frames.landmarks[:-1][None],
        label=torch.tensor([label]),
        person=torch.tensor([frames.person]),
        actions=frames.actions[-1:],
        turn=frames.turn[-1:],
    )
