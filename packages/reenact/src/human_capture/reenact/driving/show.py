"""All that turns frames of a driver into pictures, as people have chosen it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.one_euro import OneEuro, relative_speed
from human_capture.common.photos import find_photos
from human_capture.reenact.avatar import Avatar, is_avatar
from human_capture.reenact.driving.animator import Animator
from human_capture.reenact.driving.backdrops import Picture, make_backdrop, seen
from human_capture.reenact.driving.options import DriveOptions
from human_capture.reenact.driving.performance import (
    Performance,
    Performed,
    first_pose,
)
from human_capture.reenact.driving.sources import DriverFrame, RecordedDriver
from human_capture.reenact.driving.transfer import PoseTransfer
from human_capture.reenact.faces import FaceTracker, Finder
from human_capture.reenact.portraits import read_heads
from human_capture.reenact.reenactors import load_reenactor
from human_capture.reenact.steady_squares import SquareFilter


@dataclass
class Tally:
    """What became of a driver's frames.

    Attributes:
        frames: How many there were.
        held: Those without a face, where the drawing before was shown again.
    """

    frames: int = 0
    held: int = 0

    def __str__(self) -> str:
        held = f", {self.held} without a face held" if self.held else ""
        return f"{self.frames} frame{'s' * (self.frames != 1)}{held}"


class Show:
    """All that it takes to turn frames of a driver into pictures.

    Args:
        options: What to do.
        avatar: Who is drawn.
        finder: Of faces.
        batch: Frames drawn together; what is usual if absent.
    """

    def __init__(
        self, options: DriveOptions, avatar: Avatar, finder: Finder, batch: int | None
    ) -> None:
        self.options = options
        self.tally = Tally()
        self.backdrop = make_backdrop(options.background, avatar.reenactor.size)
        self.animator = Animator(avatar, options.device, options.precision)
        self.tracker = FaceTracker(finder, options.face)
        calm = options.smoothing == "one-euro"
        transfer = PoseTransfer(
            avatar.pose,
            options.pose == "relative",
            options.strength,
            self._neutral(finder),
            OneEuro(cutoff=1.5, beta=1.0, speed=relative_speed) if calm else None,
        )
        steady = SquareFilter(options.fps) if calm else None
        usual = 1 if options.is_live or self.animator.device.type == "cpu" else 8
        self.performance = Performance(
            self.animator, self.tracker, transfer, steady, batch or usual
        )

    @classmethod
    def open(
        cls, options: DriveOptions, finder: Finder, batch: int | None = None
    ) -> Show:
        """The show with the avatar that the options name."""
        avatar = open_avatar(options.avatar, options.weights, finder)
        return cls(options, avatar, finder, 1 if options.is_live else batch)

    def pictures(
        self, frames: Iterable[DriverFrame]
    ) -> Iterator[tuple[float, Picture]]:
        """What is to be shown, with its moment in seconds.

        Args:
            frames: Of the driver.
        """
        for performed in self.performance(frames):
            self.tally.frames += 1
            self.tally.held += performed.held
            yield performed.frame.time, self._composed(performed)

    def require_faces(self) -> None:
        """Make sure that the driver was seen at all.

        Raises:
            InputError: It was not.
        """
        if self.tally.frames and self.tally.held == self.tally.frames:
            raise InputError(
                f"There is no face in any of the {self.tally.frames} frames of "
                f"{self.options.driver!r}; give a driver whose face is seen, upright "
                "and not from the side."
            )

    def warn_of_others(self) -> None:
        """Tell of other faces if nobody said which was meant."""
        if self.tracker.most > 1 and self.options.face is None:
            warnings.warn(
                f"The driver shows up to {self.tracker.most} faces; the largest was "
                "followed, --face N takes another.",
                stacklevel=2,
            )

    def _composed(self, performed: Performed) -> Picture:
        image, square = performed.frame.image, performed.square
        picture = self.backdrop(performed.drawing, image, square)
        if not self.options.side_by_side:
            return picture
        whole = self.options.background == "driver"
        left = image if whole else seen(image, square, self.animator.size)
        return np.hstack((left, picture))

    def _neutral(self, finder: Finder) -> Float[Tensor, " pose"] | None:
        start = self.options.neutral
        if start is None:
            return None
        driver = RecordedDriver.open(self.options.driver, self.options.fps)
        if not 0 <= start < len(driver):
            raise InputError(
                f"{driver.path.name} has {len(driver)} frames, counted from 0, so "
                f"there is no frame {start}; give another with --neutral."
            )
        tracker = FaceTracker(finder, self.options.face)
        pose = first_pose(driver, tracker, self.animator, start)
        if pose is None:
            raise InputError(
                f"There is no face in {self.options.driver!r} from frame {start} on; "
                "give another with --neutral."
            )
        return pose


def open_avatar(named: str | list[str], weights: str | None, finder: Finder) -> Avatar:
    """The avatar in a folder, or one made of photos.

    Args:
        named: The folder of an avatar; or photos and folders of photos.
        weights: Name or path of the networks' weights.
        finder: Of faces.

    Raises:
        InputError: There is neither, a photo that was named shows no face, or none of
            a folder does.
    """
    names = avatar_names(named)
    if not avatar_photos(names):
        return Avatar.load(names[0], weights)
    reenactor = load_reenactor(weights or "heads")
    heads = read_heads(names, reenactor.size, finder)
    return Avatar.of(reenactor, heads, weights or "heads")


def avatar_names(named: str | list[str]) -> list[str]:
    """All that is named, as a list."""
    return [named] if isinstance(named, str) else named


def avatar_photos(named: str | list[str]) -> list[Path]:
    """The photos that an avatar is made of; none where it is the folder of one.

    Args:
        named: The folder of an avatar; or photos and folders of photos.

    Raises:
        InputError: There is neither.
    """
    names = avatar_names(named)
    if len(names) == 1 and (is_avatar(names[0]) or names[0].endswith(".safetensors")):
        return []
    return find_photos(names)
