"""Frames of prepared clips: decode what is drawn, against all of a clip."""

from __future__ import annotations

import numpy as np
import torch
from measuring import Machine, Row, compared

from human_capture.reenact.datasets.synthetic import SyntheticClips
from human_capture.reenact.datasets.takes import TalkingHeadRecipe
from human_capture.reenact.preparation.records import (
    EncodedFrames,
    decode_mask,
    decode_picture,
    encode_picture,
)

FRAMES, DRAWN, SIZE, CLIPS = 32, 9, 256, 4


def rows(machine: Machine) -> list[Row]:
    """A sample of eight identity frames and a driver, with their masks."""
    recipe = TalkingHeadRecipe(frames=FRAMES, size=SIZE, clips=1, supersampling=1)
    people = SyntheticClips(recipe, 990_000, CLIPS)
    clips = [_encoded(people, number) for number in range(CLIPS)]
    random = np.random.default_rng(0)
    chosen = [random.permutation(FRAMES)[:DRAWN] for _ in clips]

    def drawn() -> None:
        for clip, frames in zip(clips, chosen, strict=True):
            _decode(*clip, frames)

    def all_frames() -> None:
        for clip in clips:
            _decode(*clip, np.arange(FRAMES))

    fast, slow = compared(drawn, all_frames, 20)
    rate = CLIPS / fast.cpu * 1000
    return [
        Row(
            f"{DRAWN} of {FRAMES} frames of {CLIPS} clips, {SIZE} × {SIZE}",
            fast,
            slow,
            "decoding every frame",
            goal=3.0,
            note=f"{rate:,.0f} samples per core-second; {FRAMES / DRAWN:.1f}× is all "
            "that can be saved",
        )
    ]


def _encoded(people: SyntheticClips, number: int) -> tuple[EncodedFrames, ...]:
    clip = people[number]
    pictures = clip.frames.permute(0, 2, 3, 1).contiguous().numpy()
    return tuple(
        EncodedFrames.of([encode_picture(picture) for picture in part])
        for part in (pictures, clip.masks[:, 0].numpy())
    )


def _decode(
    pictures: EncodedFrames, masks: EncodedFrames, frames: np.ndarray
) -> torch.Tensor:
    both = [
        (decode_picture(pictures.file(n), SIZE), decode_mask(masks.file(n), SIZE))
        for n in frames
    ]
    return torch.from_numpy(np.stack([picture for picture, _ in both]))
