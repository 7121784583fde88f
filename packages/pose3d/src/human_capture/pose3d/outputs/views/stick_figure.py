"""Stick figures in OpenPose's colours: what avatar renderers and generators take."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from human_capture.common.images import write_image
from human_capture.common.progress import progress
from human_capture.common.video_writer import VideoWriter
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.views.openpose_styles import (
    StickFigureStyle,
    stick_figure_style,
)
from human_capture.pose3d.outputs.views.orbit import View, frame_cameras
from human_capture.pose3d.outputs.views.projection import project_people

_SHIFT = 4  # OpenCV takes sub-pixel coordinates as fixed-point numbers
_THICKNESS = 4 / 512  # radius over the shorter side, as generators are trained with
_CORNERS = np.linspace(0, 2 * np.pi, 48, endpoint=False)  # of an ellipse's outline
_LARGEST = 2.0**15  # pixels; farther away OpenCV's integers end

Image = UInt8[np.ndarray, "height width 3"]


def write_stick_figures(
    capture: Capture,
    view: View,
    path: str | Path,
    style: str = "coco18",
    width: int = 768,
    height: int = 768,
) -> None:
    """Write a video of stick figures, or a folder of numbered PNG images.

    Args:
        capture: The motion, in any format; joints that it lacks are left out.
        view: An orbit, one camera, or one a frame; the lens bends the figures too.
        path: A video if it has a suffix, usually ``.mp4``, else a folder.
        style: ``coco18``, which pose-conditioned generators expect, or ``body25``.
        width: Of the images, in pixels.
        height: Of the images, in pixels.

    Raises:
        InputError: The style is unknown, the cameras do not fit, the motion has no
            joint of the style, or the disk is full.
    """
    look = stick_figure_style(style)
    cameras = frame_cameras(view, capture, width, height)
    people = project_people(capture, cameras, look.format)
    pixels, valid = people.pixels.numpy(), people.valid.numpy()
    with _written_to(path, capture.fps) as write:
        for frame in progress(range(pixels.shape[1]), "Drawing stick figures"):
            here, shown = pixels[:, frame], valid[:, frame]
            write(draw_stick_figure(here, shown, look, height, width))


def draw_stick_figure(
    pixels: Float[np.ndarray, "person joint 2"],
    valid: Bool[np.ndarray, "person joint"],
    style: StickFigureStyle,
    height: int,
    width: int,
) -> Image:
    """The stick figures of everybody in one image, as RGB bytes on black.

    Limb after limb is drawn for all people, then joint after joint, as OpenPose does.

    Args:
        pixels: Pixel centres at +0.5.
        valid: Joints to draw; limbs need both of theirs.
        style: Joints, limbs and colours.
        height: Of the image, in pixels.
        width: Of the image, in pixels.
    """
    image = np.zeros((height, width, 3), np.uint8)
    radius = max(1.0, _THICKNESS * min(height, width))
    spots = pixels.astype(float) - 0.5  # OpenCV's pixel centres are integers
    drawable = valid & (np.abs(spots) < _LARGEST).all(-1)
    for (first, second), colour in zip(style.limbs, style.limb_colours, strict=True):
        dimmed = tuple(int(style.limb_brightness * channel) for channel in colour)
        for person in np.flatnonzero(drawable[:, first] & drawable[:, second]):
            outline = _ellipse(spots[person, first], spots[person, second], radius)
            cv2.fillConvexPoly(image, outline, dimmed, cv2.LINE_AA, _SHIFT)
    size = round(radius * 2**_SHIFT)
    for joint, colour in enumerate(style.joint_colours):
        for spot in _fixed_point(spots[drawable[:, joint], joint]).tolist():
            cv2.circle(image, spot, size, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)
    return image


def _ellipse(
    start: Float[np.ndarray, "2"], stop: Float[np.ndarray, "2"], radius: float
) -> np.ndarray:
    """Outline of an ellipse from joint to joint, for OpenCV."""
    along = (stop - start) / 2
    length = max(float(np.hypot(*along)), 1e-6)
    across = np.array([-along[1], along[0]]) * (radius / length)
    corners = np.outer(np.cos(_CORNERS), along) + np.outer(np.sin(_CORNERS), across)
    return _fixed_point((start + stop) / 2 + corners)


def _fixed_point(spots: Float[np.ndarray, "spot 2"]) -> np.ndarray:
    return np.asarray(np.rint(spots * 2**_SHIFT), np.int32)


@contextmanager
def _written_to(path: str | Path, fps: float) -> Iterator[Callable[[Image], None]]:
    """What takes images one by one: a video, or a folder of numbered files."""
    path = Path(path)
    if path.suffix:
        with VideoWriter(path, fps) as writer:
            yield writer.write
    else:
        numbers = count()
        yield lambda image: write_image(path / f"{next(numbers):06d}.png", image)
