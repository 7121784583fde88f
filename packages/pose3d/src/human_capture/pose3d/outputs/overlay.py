"""Videos that show how well the 3D motion fits what each camera saw.

The reprojected 3D skeleton is thick and has the person's colour, light on the left and
deep on the right; the 2D key points it rests on are thin and white, those it leaves out
red crosses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from human_capture.common.calibration import Calibration
from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.images import fit_within
from human_capture.common.progress import progress
from human_capture.common.video import read_frames
from human_capture.common.video_writer import VideoWriter
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.palette import Colour, person_colours
from human_capture.pose3d.outputs.skeleton_drawing import (
    Image,
    draw_detection,
    draw_reprojection,
    write_text,
)

_WHITE: Colour = (235, 238, 242)
_WIDEST_SHEET = 2560  # pixels; players and browsers decode this everywhere


def write_overlays(
    capture: Capture,
    calibration: Calibration,
    videos: Sequence[str | Path],
    folder: str | Path,
    frames: Int[np.ndarray, "frame view"] | None = None,
    longest: int = 960,
) -> list[Path]:
    """Write ``overlay_<camera>.mp4`` for each camera and ``overlay.mp4`` with all.

    Images are read, drawn and written one at a time, so length costs no memory.

    Args:
        capture: The motion; its views are the calibration's cameras, in that order.
        calibration: The cameras, for images of the videos' size.
        videos: One a camera.
        folder: Where the videos go; made when missing.
        frames: Which frame of each video a captured frame is, never going back;
            the same number when absent.
        longest: Side of the written pictures, in pixels; smaller ones stay.

    Raises:
        InputError: A video differs in size from its calibration or cannot be read, or
            the disk is full.
    """
    count = capture.points.shape[1]
    if frames is None:
        frames = np.arange(count)[:, None].repeat(len(videos), 1)
    painters = [
        ViewPainter(capture, calibration, view, longest) for view in range(len(videos))
    ]
    images = [_picked(v, frames[:, n]) for n, v in enumerate(videos)]
    paths = [Path(folder) / f"overlay_{_safe(name)}.mp4" for name in calibration.names]
    paths.append(Path(folder) / "overlay.mp4")
    with ExitStack() as stack:
        writers = [stack.enter_context(VideoWriter(p, capture.fps)) for p in paths]
        numbers = progress(range(count), "Drawing overlays", count)
        for number, *shown in zip(numbers, *images, strict=True):
            drawn = [
                painter.draw(image, number)
                for painter, image in zip(painters, shown, strict=True)
            ]
            for writer, picture in zip(writers, (*drawn, tile(drawn)), strict=True):
                writer.write(picture)
    return paths


class ViewPainter:
    """Draws the captured motion over the images of one camera.

    Args:
        capture: The motion.
        calibration: The cameras.
        view: Which of them.
        longest: Side of the drawn pictures, in pixels; smaller images stay.
    """

    def __init__(
        self, capture: Capture, calibration: Calibration, view: int, longest: int = 960
    ) -> None:
        self.capture = capture
        self.name = calibration.names[view]
        self.view = view
        self.longest = longest
        self.size = calibration.sizes[view]
        self.pixels = project_motion(
            capture.points, calibration.cameras[view], self.size
        )

    def draw(
        self, image: UInt8[np.ndarray, "height width 3"], frame: int
    ) -> UInt8[np.ndarray, "new_height new_width 3"]:
        """The image of a captured frame with everything drawn on it.

        Args:
            image: RGB bytes, as the camera recorded them.
            frame: Of the capture.
        """
        height, width = image.shape[:2]
        if self.size not in (None, (width, height)):
            raise InputError(
                f"The video of camera {self.name!r} has {width} x {height} pixels, but "
                f"its calibration is for {self.size[0]} x {self.size[1]}."
            )
        picture = np.ascontiguousarray(fit_within(image, self.longest))
        if picture is image:
            picture = image.copy()
        scale = picture.shape[1] / width
        thin = max(1, round(max(picture.shape[:2]) / 700))
        for person in range(len(self.pixels)):
            pixels = self.pixels[person, frame] * scale
            draw_reprojection(picture, pixels, self.capture.format, person, 4 * thin)
        self._draw_detections(picture, frame, scale, thin)
        letter = max(7, round(max(picture.shape[:2]) / 75))
        write_text(picture, [self._title(frame), self._errors(frame)], letter)
        return picture

    def _draw_detections(
        self, picture: Image, frame: int, scale: float, thin: int
    ) -> None:
        evidence = self.capture.evidence
        if evidence is None:
            return
        for person in range(len(self.pixels)):
            keypoints = evidence.keypoints[person, frame, self.view].numpy() * scale
            used = evidence.used[person, frame, self.view].tolist()
            draw_detection(picture, keypoints, used, self.capture.format, thin)

    def _title(self, frame: int) -> list[tuple[str, Colour]]:
        seconds = frame / self.capture.fps
        return [(self.name, _WHITE), (f"frame {frame}   {seconds:.2f} s", _WHITE)]

    def _errors(self, frame: int) -> list[tuple[str, Colour]]:
        """Mean reprojection error of each person in this view, where there is one."""
        evidence = self.capture.evidence
        words = [("reprojection error:", _WHITE)]
        if evidence is None:
            return []
        for person in range(len(self.pixels)):
            error = evidence.reprojection_error[person, frame, self.view]
            counted = error[evidence.used[person, frame, self.view] & ~error.isnan()]
            if len(counted):
                tone = person_colours(person).left
                words.append((f"{float(counted.mean()):.1f} px", tone))
        return words if len(words) > 1 else [("nobody", _WHITE)]


def project_motion(
    points: Float[Tensor, "person frame joint 3"],
    camera: Cameras,
    size: tuple[int, int] | None,
) -> Float[np.ndarray, "person frame joint 2"]:
    """Pixels of a motion in one camera; NaN where unknown, behind it or far outside.

    Far outside the image the lens formula no longer holds and may even fold points
    back into it.

    Args:
        points: World positions, in metres.
        camera: Without batch axes.
        size: Width and height of the image; twice the principal point when None.
    """
    flat = points.reshape(-1, 3).to(camera.intrinsics)
    pixels, depth = camera.project(flat.nan_to_num())
    ideal, _ = camera.ideal().project(flat.nan_to_num())
    extent = 2 * camera.intrinsics[:2, 2] if size is None else ideal.new_tensor(size)
    inside = ((ideal / extent - 0.5).abs() < 1).all(-1)
    shown = inside & (depth > 0) & ~flat.isnan().any(-1)
    pixels = pixels.masked_fill(~shown[:, None], torch.nan)
    return pixels.reshape(*points.shape[:-1], 2).float().numpy()


def tile(
    pictures: Sequence[UInt8[np.ndarray, "_ _ 3"]],
) -> UInt8[np.ndarray, "all_height all_width 3"]:
    """All pictures on one sheet whose shape comes near 16:9, shrunk if it gets wide.

    Args:
        pictures: RGB bytes; cells are as large as the largest.
    """
    height = max(picture.shape[0] for picture in pictures)
    width = max(picture.shape[1] for picture in pictures)
    columns = _columns(len(pictures), width / height)
    rows = math.ceil(len(pictures) / columns)
    sheet = np.zeros((rows * height, columns * width, 3), np.uint8)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        top = row * height + (height - picture.shape[0]) // 2
        left = column * width + (width - picture.shape[1]) // 2
        sheet[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    scale = min(1.0, _WIDEST_SHEET / sheet.shape[1])
    size = round(sheet.shape[1] * scale), round(sheet.shape[0] * scale)
    if scale < 1:
        sheet = np.asarray(cv2.resize(sheet, size, interpolation=cv2.INTER_AREA))
    return sheet


def _columns(count: int, shape: float) -> int:
    """How many pictures of a shape (width over height) go into a row."""

    def misfit(columns: int) -> float:
        rows = math.ceil(count / columns)
        empty = 0.3 * (rows * columns - count)
        return abs(math.log(columns * shape / rows / (16 / 9))) + empty

    return min(range(1, count + 1), key=misfit)


def _picked(video: str | Path, wanted: Int[np.ndarray, " frame"]) -> Iterator[Image]:
    """The wanted frames of a video, each as often as it is listed."""
    if not len(wanted):
        return
    images = read_frames(video, int(wanted[0]), int(wanted[-1]) + 1)
    number, image = int(wanted[0]) - 1, None
    for target in wanted.tolist():
        while number < target:
            following = next(images, None)
            if following is None and image is None:
                raise InputError(
                    f"{str(video)!r} ends before frame {target}; the motion is not of "
                    "this video."
                )
            image = image if following is None else following
            number += 1
        assert image is not None
        yield image
    next(images, None)  # lets the reader end, and warn of what it could not decode


def _safe(name: str) -> str:
    """A camera's name without what file names cannot hold."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
