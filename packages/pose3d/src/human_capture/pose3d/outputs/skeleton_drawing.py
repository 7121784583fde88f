"""Skeletons drawn into images, one colour a person."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from human_capture.common.keypoints import KeypointFormat
from human_capture.pose3d.outputs.palette import Colour, bone_colours, person_colours

Image = UInt8[np.ndarray, "height width 3"]

_SHIFT = 4  # OpenCV takes sub-pixel coordinates as fixed-point numbers
_OUTLINE: Colour = (18, 22, 28)
_UNUSED: Colour = (255, 64, 64)


def draw_reprojection(
    image: Image,
    pixels: Float[np.ndarray, "joint 2"],
    form: KeypointFormat,
    person: int,
    thickness: int,
) -> None:
    """Draw a reprojected 3D skeleton: thick, in the person's tones, outlined.

    Args:
        image: RGB bytes, contiguous; drawn into.
        pixels: Pixel centres at +0.5; joints that are NaN are left out.
        form: Which bones to draw.
        person: Whose colours, counted from 0.
        thickness: Of the bones, in pixels.
    """
    spots, colours = _fixed_point(pixels), bone_colours(form, person)
    bones = [
        (spots[first], spots[second], colour)
        for (first, second), colour in zip(form.bone_indices, colours, strict=True)
    ]
    for start, end, _ in bones:
        _line(image, start, end, _OUTLINE, thickness + 2)
    for start, end, colour in bones:
        _line(image, start, end, colour, thickness)
    tones = person_colours(person)
    for joint, spot in zip(form.joints, spots, strict=True):
        _dot(image, spot, _OUTLINE, 0.75 * thickness + 1)
        _dot(image, spot, tones.of(joint), 0.75 * thickness)


def draw_detection(
    image: Image,
    keypoints: Float[np.ndarray, "joint 2"],
    used: Sequence[bool],
    form: KeypointFormat,
    thickness: int = 1,
) -> None:
    """Draw 2D key points thin and white; red crosses where the 3D leaves them out.

    Args:
        image: RGB bytes, contiguous; drawn into.
        keypoints: Pixel centres at +0.5; joints that are NaN are left out.
        used: Which of them the 3D joints rest on.
        form: Which bones to draw; only bones between used key points are.
        thickness: Of the lines, in pixels.
    """
    spots = _fixed_point(keypoints)
    for first, second in form.bone_indices:
        if used[first] and used[second]:
            _line(image, spots[first], spots[second], (255, 255, 255), thickness)
    for spot, trusted in zip(spots, used, strict=True):
        if trusted:
            _dot(image, spot, (255, 255, 255), thickness + 0.5)
        else:
            _cross(image, spot, 3 * thickness + 1, thickness)


def write_text(
    image: Image,
    lines: Sequence[Sequence[tuple[str, Colour]]],
    height: int,
) -> None:
    """Write lines of coloured words on a darkened strip along the lower edge.

    Args:
        image: RGB bytes, contiguous; drawn into.
        lines: Words with their colours, line by line.
        height: Of a capital letter, in pixels.
    """
    font, step = cv2.FONT_HERSHEY_SIMPLEX, 2 * height
    scale = height / 21  # capitals of this font are 21 pixels high at scale 1
    weight = max(1, round(height / 9))
    top = image.shape[0] - step * len(lines) - height
    strip = image[max(top, 0) :]
    strip[:] = (strip * 0.35).astype(np.uint8)
    for row, words in enumerate(lines):
        left, baseline = height, top + step * row + round(1.9 * height)
        for word, colour in words:
            spot = (left, baseline)
            cv2.putText(image, word, spot, font, scale, colour, weight, cv2.LINE_AA)
            left += cv2.getTextSize(word, font, scale, weight)[0][0] + height


def _fixed_point(pixels: np.ndarray) -> list[tuple[int, int] | None]:
    """Coordinates for OpenCV, whose pixel centres are integers; None where NaN."""
    moved = (pixels - 0.5) * 2**_SHIFT
    fine = np.isfinite(moved).all(-1) & (np.abs(moved) < 2**20).all(-1)
    return [
        (round(float(x)), round(float(y))) if ok else None
        for (x, y), ok in zip(moved, fine, strict=True)
    ]


def _line(
    image: Image,
    start: tuple[int, int] | None,
    end: tuple[int, int] | None,
    colour: Colour,
    thickness: int,
) -> None:
    if start is not None and end is not None:
        cv2.line(image, start, end, colour, thickness, cv2.LINE_AA, _SHIFT)


def _dot(
    image: Image, spot: tuple[int, int] | None, colour: Colour, radius: float
) -> None:
    if spot is not None:
        size = round(radius * 2**_SHIFT)
        cv2.circle(image, spot, size, colour, cv2.FILLED, cv2.LINE_AA, _SHIFT)


def _cross(image: Image, spot: tuple[int, int] | None, reach: int, width: int) -> None:
    if spot is not None:
        (x, y), arm = spot, reach * 2**_SHIFT
        _line(image, (x - arm, y - arm), (x + arm, y + arm), _UNUSED, width)
        _line(image, (x - arm, y + arm), (x + arm, y - arm), _UNUSED, width)
