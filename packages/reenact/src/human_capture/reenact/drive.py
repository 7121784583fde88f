"""``reenact drive``: an avatar does what a driver does, as a video."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from human_capture.common.detectors.face_finder import FaceFinder
from human_capture.common.errors import InputError
from human_capture.common.images import write_image
from human_capture.common.live_video import LiveVideo
from human_capture.common.progress import plain_warnings, progress
from human_capture.common.video import SUFFIXES
from human_capture.common.video_writer import VideoWriter
from human_capture.reenact.driving.backdrops import Picture
from human_capture.reenact.driving.interruption import until_interrupted
from human_capture.reenact.driving.options import DriveOptions
from human_capture.reenact.driving.pacing import paced
from human_capture.reenact.driving.show import Show, Tally, avatar_names, avatar_photos
from human_capture.reenact.driving.sources import (
    RecordedDriver,
    is_picture,
    live_frames,
)
from human_capture.reenact.faces import Finder
from human_capture.reenact.originals import spare, spare_folders


def drive(options: DriveOptions, finder: Finder | None = None) -> Tally:
    """Write what the avatar does, and say how many frames were held.

    Ctrl-C ends it early; the video then holds what was drawn until there.

    Args:
        options: What to do.
        finder: Of faces; the default one if absent.

    Raises:
        InputError: A file cannot be used, shows no face, or would be written over.
    """
    path = Path(options.output)
    _check_output(path, options)
    with plain_warnings():
        show = Show.open(options, finder or FaceFinder(), options.batch)
        if options.is_live:
            _record_live(show, path)
        elif is_picture(path):
            _draw_picture(show, path)
        else:
            _drive_video(show, path)
        show.warn_of_others()
    Console().print(f"{path.resolve()}: {show.tally}.", soft_wrap=True, highlight=False)
    return show.tally


def drive_live(
    options: DriveOptions, finder: Finder | None = None
) -> Iterator[Picture]:
    """Pictures of the avatar as they are made, for a window of one's own.

    Each answers the newest image of the camera. Nothing is written.

    Args:
        options: What to do; a file is played at its own pace.
        finder: Of faces; the default one if absent.
    """
    show = Show.open(options, finder or FaceFinder(), batch=1)
    with LiveVideo(options.driver) as video:
        for _, picture in show.pictures(live_frames(video, options.seconds)):
            yield picture


def _check_output(path: Path, options: DriveOptions) -> None:
    if is_picture(path):
        if options.is_live or not is_picture(options.driver):
            raise InputError(
                f"{path.name!r} is a picture, but the driver moves; write a video, "
                f"which ends in one of {', '.join(SUFFIXES)}."
            )
    elif path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"Cannot write {path.name!r}: videos end in one of {', '.join(SUFFIXES)}."
        )
    photos = avatar_photos(options.avatar)
    spare(path, [options.driver, options.background, *photos])
    if photos and is_picture(path):
        spare_folders(path.parent, avatar_names(options.avatar))


def _drive_video(show: Show, path: Path) -> None:
    options = show.options
    driver = RecordedDriver.open(options.driver, options.fps, options.seconds)
    sound = driver.sound if options.sound else None
    with (
        VideoWriter(path, driver.fps, quality=18, audio_from=sound) as writer,
        until_interrupted(driver) as frames,
    ):
        shown = progress(frames, "Driving", len(driver))
        for picture in paced(show.pictures(shown), driver.fps):
            writer.write(picture)
        show.require_faces()
    if show.tally.frames < len(driver):
        warnings.warn(
            f"The driving was interrupted; {path.name} ends after {show.tally.frames} "
            f"of {len(driver)} frames.",
            stacklevel=2,
        )


def _draw_picture(show: Show, path: Path) -> None:
    driver = RecordedDriver.open(show.options.driver)
    ((_, picture),) = show.pictures(driver)
    show.require_faces()
    write_image(path, picture)


def _record_live(show: Show, path: Path) -> None:
    options = show.options
    with (
        LiveVideo(options.driver) as video,
        VideoWriter(path, options.fps, quality=18) as writer,
        until_interrupted(live_frames(video, options.seconds)) as frames,
    ):
        shown = progress(frames, "Driving; Ctrl-C stops")
        for picture in paced(show.pictures(shown), options.fps):
            writer.write(picture)
        show.require_faces()
