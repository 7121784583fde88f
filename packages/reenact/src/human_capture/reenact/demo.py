"""``reenact demo``: people nobody has seen, each doing what another does."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from rich.console import Console

from human_capture.common.images import write_image
from human_capture.common.video import read_frames
from human_capture.common.video_writer import VideoWriter
from human_capture.reenact.datasets.synthetic import SyntheticClips
from human_capture.reenact.datasets.takes import TalkingHeadRecipe
from human_capture.reenact.drive import drive
from human_capture.reenact.driving.options import DriveOptions

PERSON, DRIVER = 7009, 7003
"""Far from the numbers of people in training and evaluation."""

FPS, SIZE, PHOTOS = 25.0, 256, 4

Picture = UInt8[np.ndarray, "height width 3"]


@dataclass(frozen=True)
class DemoOptions:
    """A synthetic person's photos and another's video in, the person moved out.

    Args:
        output: Folder for the results.
        seconds: Length of the driver's video.
        weights: Of the networks: a name, or a .safetensors file.
        person: Number of the synthetic person who is drawn.
        driver: Number of the one who drives.
    """

    output: str = "outputs/demo_reenact"
    seconds: float = 4.0
    weights: str = "heads"
    person: int = PERSON
    driver: int = DRIVER


def demo(options: DemoOptions) -> None:
    """Draw photos and a driving video, drive, and show both side by side."""
    folder = Path(options.output)
    photos = folder / "photos"
    for number, photo in enumerate(_photos(options.person)):
        write_image(photos / f"{number}.png", photo)
    video = folder / "driver.mp4"
    with VideoWriter(video, FPS) as writer:
        for frame in _film(options.driver, round(options.seconds * FPS)):
            writer.write(frame)
    driven = folder / "driven.mp4"
    drive(
        DriveOptions(
            avatar=str(photos),
            driver=str(video),
            output=str(driven),
            weights=options.weights,
            side_by_side=True,
        )
    )
    sheet = folder / "driven.png"
    write_image(sheet, moments(driven))
    Console().print(
        f"{photos} shows who is drawn; {sheet} has six moments of {driven}, the driver "
        "to the left of the drawing.",
        soft_wrap=True,
    )


def moments(video: Path, count: int = 6) -> Picture:
    """Some frames of a video, side by side in two rows, evenly spaced.

    Args:
        video: Any.
        count: How many; an even number.
    """
    frames = [np.asarray(frame) for frame in read_frames(video)]
    chosen = np.linspace(0, len(frames) - 1, count).round().astype(int)
    half = count // 2
    rows = [
        np.concatenate([frames[n] for n in part], 1)
        for part in (chosen[:half], chosen[half:])
    ]
    return np.ascontiguousarray(np.concatenate(rows))


def _photos(person: int) -> list[Picture]:
    recipe = TalkingHeadRecipe(frames=PHOTOS, size=SIZE, clips=1)
    return _pictures(SyntheticClips(recipe, person, 1))


def _film(person: int, frames: int) -> list[Picture]:
    recipe = TalkingHeadRecipe(frames=frames, size=SIZE, clips=1, fps=FPS)
    return _pictures(SyntheticClips(recipe, person, 1))


def _pictures(clips: SyntheticClips) -> list[Picture]:
    frames = clips[0].frames.permute(0, 2, 3, 1).contiguous()
    return [*frames.numpy()]
