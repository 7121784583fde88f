"""A head that turns, as a video, and from five sides, as one picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from human_capture.common.errors import InputError
from human_capture.common.images import write_image
from human_capture.common.meshes import Mesh
from human_capture.common.progress import progress
from human_capture.common.video_writer import VideoWriter
from human_capture.multineus.outputs.mesh_drawing import WHITE, Colour, MeshDrawing
from human_capture.multineus.outputs.viewpoints import around

SUFFIXES = (".mp4", ".mov", ".mkv")
SHEET_VIEWS = (-90.0, -45.0, 0.0, 45.0, 90.0)
"""From profile through three-quarter and front view to the other profile, in degrees;
the person's right side comes first."""


def write_turntable(
    mesh: Mesh,
    path: str | Path,
    seconds: float = 6.0,
    fps: float = 25.0,
    size: int = 512,
    swing: float | None = 70.0,
    background: Colour = WHITE,
    supersampling: int = 2,
) -> None:
    """Write a video of a turning head: its colours on the left, clay on the right.

    It starts at the front and ends where it started, so it can be played in a loop. By
    default it swings to both sides and never shows the back: the face is what one looks
    at, and the back of a head is rarely in the photos, so little is known of it.

    Args:
        mesh: With z up; faces look along -y. Only clay is shown if it has no colours.
        path: The video to write, usually ``.mp4``.
        seconds: Length.
        fps: Frames a second.
        size: Height of the video and width of each of its halves, in pixels.
        swing: Degrees to either side; None turns once around.
        background: RGB.
        supersampling: Samples along each side of a pixel.

    Raises:
        InputError: The name has another suffix, or the disk is full.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"Cannot write {path.name!r}: videos end in one of {', '.join(SUFFIXES)}."
        )
    drawing = MeshDrawing(mesh, size, size, background, supersampling)
    frames = max(round(seconds * fps), 1)
    cameras = around(mesh, turn_angles(frames, swing), size, size)
    with VideoWriter(path, fps, quality=18) as writer:
        for frame in progress(range(frames), "Drawing the turning head"):
            writer.write(np.hstack([*drawing.draw(cameras[frame], *drawing.styles)]))


def turn_angles(frames: int, swing: float | None = 70.0) -> Float[np.ndarray, " frame"]:
    """Where the camera stands in each frame, in degrees from the front.

    Args:
        frames: Of one turn; the frame after the last would be the first again.
        swing: Degrees to either side; None turns once around.
    """
    share = np.arange(frames) / frames
    return 360 * share if swing is None else swing * np.sin(2 * np.pi * share)


def contact_sheet(
    mesh: Mesh, height: int = 400, background: Colour = WHITE, supersampling: int = 3
) -> UInt8[np.ndarray, "rows columns 3"]:
    """A head from five sides: a row in its colours and, below, a row as clay.

    Args:
        mesh: With z up; faces look along -y. Only clay is shown if it has no colours.
        height: Of each view, in pixels; the width is four fifths of it.
        background: RGB.
        supersampling: Samples along each side of a pixel.
    """
    width = round(0.8 * height)
    drawing = MeshDrawing(mesh, width, height, background, supersampling)
    cameras = around(mesh, np.array(SHEET_VIEWS), width, height)
    columns = [
        np.vstack([*drawing.draw(cameras[view], *drawing.styles)])
        for view in range(len(SHEET_VIEWS))
    ]
    return np.hstack(columns)


def write_contact_sheet(mesh: Mesh, path: str | Path, height: int = 400) -> None:
    """Write a picture of a head from five sides, in colour and as clay.

    Args:
        mesh: With z up; faces look along -y.
        path: The picture to write, usually ``.png``.
        height: Of each view, in pixels.

    Raises:
        InputError: The name has no suffix of a picture, or the disk is full.
    """
    write_image(path, contact_sheet(mesh, height))
