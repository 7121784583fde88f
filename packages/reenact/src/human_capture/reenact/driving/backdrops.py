"""What is behind the avatar: a colour, a picture, or the driver's own frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import ImageColor

from human_capture.common.errors import InputError
from human_capture.common.images import read_image
from human_capture.reenact.crops import Square, crop_face, paste
from human_capture.reenact.driving.animator import Drawing
from human_capture.reenact.driving.sources import is_picture

Picture = UInt8[np.ndarray, "height width 3"]

Composed = UInt8[np.ndarray, "rows columns 3"]  # not always of the frame's size

Backdrop = Callable[[Drawing, Picture, Square | None], Composed]
"""Makes the picture of a drawing, the driver's frame, and where the head is in it."""


@dataclass(frozen=True)
class StillBackdrop:
    """The same picture behind all drawings, which have its size.

    Attributes:
        picture: RGB.
    """

    picture: UInt8[np.ndarray, "size size 3"]

    def __call__(
        self, drawing: Drawing, image: Picture, square: Square | None
    ) -> Composed:
        """The drawing before the picture."""
        behind = self.picture.astype(np.float32)
        share = drawing.mask[..., None]
        blend = np.rint(behind + (drawing.colour - behind) * share)
        return np.asarray(blend, np.uint8)


@dataclass(frozen=True)
class DriverBackdrop:
    """The driver's frame, at its full size; only the head is exchanged.

    What of the driver's own head is not covered by the avatar's stays visible.

    Attributes:
        softness: Share of the square's side over which the drawing fades out at the
            square's borders, where shoulders are cut off.
    """

    softness: float = 0.06

    def __call__(
        self, drawing: Drawing, image: Picture, square: Square | None
    ) -> Composed:
        """The frame with the avatar's head; untouched where no head was seen yet."""
        if square is None:
            return image
        mask = drawing.mask * border_fade(len(drawing.mask), self.softness)
        return paste(image, drawing.colour, mask, square)


def border_fade(size: int, softness: float) -> Float32[np.ndarray, "{size} {size}"]:
    """1 within a square and falling to 0 towards its borders.

    Args:
        size: Width and height, in pixels.
        softness: Share of the side over which it falls.
    """
    middles = np.arange(size, dtype=np.float32) + 0.5
    inside = np.minimum(middles, size - middles) / max(softness * size, 0.5)
    ramp = inside.clip(0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)  # no edge where the fading begins
    return np.asarray(ramp[:, None] * ramp, np.float32)


def make_backdrop(background: str, size: int) -> Backdrop:
    """The backdrop that a person at the prompt has named.

    Args:
        background: "driver", a colour ("black", "#00ff00"), or a picture's path.
        size: Width and height of the drawings, in pixels.

    Raises:
        InputError: It is none of them.
    """
    if background == "driver":
        return DriverBackdrop()
    if is_picture(background):
        return StillBackdrop(seen(read_image(background), None, size))
    try:
        colour = ImageColor.getrgb(background)[:3]
    except ValueError as error:
        raise InputError(
            f"{background!r} is no background; give driver, a colour such as black or "
            "#00ff00, or the path of a picture."
        ) from error
    return StillBackdrop(np.full((size, size, 3), colour, np.uint8))


def seen(
    image: Picture, square: Square | None, size: int
) -> UInt8[np.ndarray, "{size} {size} 3"]:
    """What a picture shows in a square, or in its middle.

    Args:
        image: RGB.
        square: Where; the largest one in the middle if absent.
        size: Width and height of the result, in pixels.
    """
    if square is None:
        height, width = image.shape[:2]
        side = min(height, width)
        square = Square((width - side) // 2, (height - side) // 2, side)
    return crop_face(image, square, size)
