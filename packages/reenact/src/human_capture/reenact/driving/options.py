"""What people choose when they drive an avatar."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from human_capture.common.errors import InputError
from human_capture.reenact.driving.animator import Precision
from human_capture.reenact.driving.sources import is_live


@dataclass(frozen=True)
class DriveOptions:
    """An avatar does what a driver does.

    Args:
        avatar: Folder of an avatar; or photos of a person, or a folder of them, which
            need no training. The first photo gives the pose that relative driving
            starts from.
        driver: Who is imitated: a video, a folder of images, a picture, the number of a
            webcam or the address of a stream. Webcams and streams are recorded until
            Ctrl-C.
        output: The video to write; a picture if the driver is one.
        weights: Of the networks: a name, or a .safetensors file. Those the avatar was
            made with if absent, and "heads" for photos.
        pose: "absolute" takes the driver's pose; "relative" starts from the avatar's
            own pose and moves as the driver does, which keeps more of the avatar when
            the two look very different.
        strength: 1 does what the driver does, 0.5 half of it, 2 twice.
        neutral: Number of the driver's frame that relative driving starts from, from 0;
            the first with a face if absent.
        smoothing: "one-euro" calms jitter of pose and place; it trails slow motion a
            little.
        face: Which face of the driver, counted from 1 at the left of the first frame
            with faces; the largest if absent.
        background: A colour such as black or "#00ff00", the path of a picture, or
            "driver" to put the head into the driver's video at its full resolution.
        side_by_side: Show the driver to the left of the avatar.
        sound: Keep the driver's sound.
        live: Treat a video as a camera: at its own pace, and what takes too long is
            passed over.
        seconds: Length at which it stops, sound included. If absent, files are driven
            to their end, and webcams and streams recorded until Ctrl-C.
        fps: Frames a second that are written where the driver has no rate of its own:
            webcams, streams and images.
        batch: Frames drawn together; live it is always 1. By default 8 on a GPU, and 1
            on a processor, whose caches hold no more.
        precision: Of the drawing: "float32", "bfloat16", or whatever is fast.
        device: Where the networks run, such as "cpu" or "cuda:1"; a GPU if there is
            one.
    """

    avatar: str | list[str] = field(default_factory=list)
    driver: str = ""
    output: str = "driven.mp4"
    weights: str | None = None
    pose: Literal["absolute", "relative"] = "absolute"
    strength: float = 1.0
    neutral: int | None = None
    smoothing: Literal["none", "one-euro"] = "none"
    face: int | None = None
    background: str = "black"
    side_by_side: bool = False
    sound: bool = True
    live: bool = False
    seconds: float | None = None
    fps: float = 25.0
    batch: int | None = None
    precision: Precision = "auto"
    device: str | None = None

    def __post_init__(self) -> None:
        if not self.driver:
            raise InputError("There is no driver; give a video with --driver.")
        if self.fps <= 0 or (self.seconds is not None and self.seconds <= 0):
            raise InputError("--fps and --seconds must be above 0.")
        if self.neutral is not None and (self.is_live or self.pose != "relative"):
            raise InputError(
                "--neutral is for relative driving by a recording; add --pose "
                "relative, or leave it out."
            )

    @property
    def is_live(self) -> bool:
        """Whether frames are taken as they come."""
        return self.live or is_live(self.driver)
