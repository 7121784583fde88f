"""Landmarks of a face as a line drawing, for networks that are shown them.

The drawing of Zakharov et al. (ICCV 2019), arxiv.org/abs/1905.08233, as the code of
Burkov et al. makes it: no inner lips and no irises.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor


@dataclass(frozen=True)
class Line:
    """A line of the drawing.

    Attributes:
        first: Landmark where it begins, of iBUG's 68.
        last: Landmark where it ends.
        colour: RGB of 255.
        closed: Whether it goes back to its beginning.
    """

    first: int
    last: int
    colour: tuple[int, int, int]
    closed: bool = False


LINES = (
    Line(0, 16, (255, 255, 255)),  # jaw
    Line(17, 21, (255, 0, 0)),  # brows
    Line(22, 26, (0, 255, 0)),
    Line(27, 30, (0, 0, 255)),  # nose
    Line(31, 35, (0, 0, 255)),
    Line(36, 41, (255, 0, 255), closed=True),  # eyes
    Line(42, 47, (0, 255, 255), closed=True),
    Line(48, 59, (255, 255, 0), closed=True),  # outer lips
)
"""In the order in which they are drawn, one over the other."""


@torch.no_grad()
def draw_landmarks(
    landmarks: Float[Tensor, "face 68 2"], size: int
) -> Float[Tensor, "face 3 {size} {size}"]:
    """Coloured lines on black through landmarks, in [0, 1].

    A line through a landmark that is not known is left out.

    Args:
        landmarks: Shares of the side, x then y, in iBUG's order.
        size: Width and height of the drawing in pixels. Lines are 2 pixels wide at 256,
            and not thinner than one.
    """
    faces = landmarks.detach().float().cpu().numpy()
    drawings = np.zeros((len(faces), size, size, 3), np.uint8)
    for drawing, face in zip(drawings, faces, strict=True):
        _draw(drawing, face)
    channels_first = torch.from_numpy(drawings).permute(0, 3, 1, 2).contiguous()
    return channels_first.to(landmarks.device).float() / 255


def _draw(
    drawing: UInt8[np.ndarray, "size size 3"], face: Float[np.ndarray, "68 2"]
) -> None:
    size = len(drawing)
    thickness = max(1, round(size / 128))
    for line in LINES:
        points = face[line.first : line.last + 1]
        if not np.isfinite(points).all():
            continue
        # the pixel that a point lies in; far outside, its whole number has a bound
        pixels = np.floor(np.clip(points, -4, 5) * size).astype(np.int32)
        cv2.polylines(drawing, [pixels], line.closed, line.colour, thickness)
