"""The crop rule: which square of a picture is a head, and how it is cut out.

Points in pictures and crops have pixel centres at +0.5. The rule is the one of the
latent pose descriptors (https://arxiv.org/abs/2004.12000), for the box of a face's
landmarks. Where the square sticks out, the picture is mirrored at its border; the
mirrored part is blurred and fades to the median colour the farther it lies outside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from human_capture.common.errors import InputError

SCALE = 1.8
"""Side of the square over the longer side of the face's box."""

_BLUR = 0.016  # standard deviation of the blur outside, over the side of the crop


@dataclass(frozen=True)
class Square:
    """A square of a picture, in whole pixels; it may stick out.

    Attributes:
        left: Column of its first pixels.
        top: Row of its first pixels.
        side: Pixels along each side.
    """

    left: int
    top: int
    side: int

    def __post_init__(self) -> None:
        if self.side < 1:
            raise InputError(f"A square with a side of {self.side} pixels is empty.")

    def to_crop(
        self, points: Float[np.ndarray, "*batch 2"], size: int
    ) -> Float[np.ndarray, "*batch 2"]:
        """Points of the picture in the crop.

        Args:
            points: Pixels, x then y.
            size: Width and height of the crop, in pixels.
        """
        return np.asarray((points - (self.left, self.top)) * (size / self.side))

    def to_image(
        self, points: Float[np.ndarray, "*batch 2"], size: int
    ) -> Float[np.ndarray, "*batch 2"]:
        """Points of the crop in the picture; undoes :meth:`to_crop`."""
        return np.asarray(points * (self.side / size) + (self.left, self.top))

    def crop_to_image(self, size: int) -> Float[np.ndarray, "2 3"]:
        """The affine transform of :meth:`to_image`.

        Args:
            size: Width and height of the crop, in pixels.
        """
        scale = self.side / size
        return np.array([[scale, 0.0, self.left], [0.0, scale, self.top]])

    def outside(self, height: int, width: int) -> float:
        """Share of the square's area that lies outside of a picture.

        Args:
            height: Of the picture, in pixels.
            width: Of the picture, in pixels.
        """
        rows, columns = self._within(height, width)
        seen = max(rows.stop - rows.start, 0) * max(columns.stop - columns.start, 0)
        return 1 - float(seen) / self.side**2

    def _within(self, height: int, width: int) -> tuple[slice, slice]:
        """Rows and columns of the picture that the square shows."""
        return (
            slice(max(self.top, 0), min(self.top + self.side, height)),
            slice(max(self.left, 0), min(self.left + self.side, width)),
        )

    def _borders(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Pixels outside of the picture: above, below, left, right."""
        if self.outside(height, width) >= 1:
            raise InputError(
                f"The square of {self.side} pixels at ({self.left}, {self.top}) lies "
                f"outside of the picture of {width} x {height} pixels; check that "
                "landmarks and picture belong together."
            )
        return (
            max(-self.top, 0),
            max(self.top + self.side - height, 0),
            max(-self.left, 0),
            max(self.left + self.side - width, 0),
        )


def face_square(landmarks: Float[np.ndarray, "point 2"]) -> Square:
    """The square around the head with these face landmarks.

    Around the middle of the landmarks' extent, ``SCALE`` times as long as its longer
    side; rounded so that the side depends on the face's size alone and not on where
    in its pixel the face begins.

    Args:
        landmarks: Pixels; MediaPipe's 468.
    """
    if not len(landmarks) or not np.isfinite(landmarks).all():
        raise InputError(
            "A face without finite landmarks has no square; leave the frame out."
        )
    low, high = landmarks.min(0), landmarks.max(0)
    side = math.ceil(SCALE * float((high - low).max()))
    left, top = np.floor((low + high - side) / 2 + 0.5).astype(int).tolist()
    return Square(left, top, side)


def crop_face(
    image: UInt8[np.ndarray, "height width 3"], square: Square, size: int
) -> UInt8[np.ndarray, "{size} {size} 3"]:
    """What a picture shows in a square, by the crop rule.

    Args:
        image: RGB.
        square: Where; it may stick out of the picture, but not lie beside it.
        size: Width and height of the result, in pixels.
    """
    borders = square._borders(*image.shape[:2])
    part = image[square._within(*image.shape[:2])]
    if not any(borders):
        return _resized(part, size)
    extended = cv2.copyMakeBorder(part, *borders, cv2.BORDER_REFLECT_101)
    crop = _resized(extended, size).astype(np.float32)
    down, across = _depths(borders, square.side, size)
    depth = np.maximum(down[:, None], across)[..., None]
    crop = _blurred(crop, depth)
    crop += (np.median(crop, axis=(0, 1)) - crop) * depth.clip(0, 1)
    return np.asarray(crop.round().clip(0, 255), np.uint8)


def crop_mask(
    mask: Float32[np.ndarray, "height width"], square: Square, size: int
) -> UInt8[np.ndarray, "{size} {size}"]:
    """A person's mask in a square; goes with :func:`crop_face`.

    A body that the picture cuts off at the left, right or bottom goes on outside,
    fading to the sides; above the picture there is nobody.

    Args:
        mask: Share of each pixel that shows the person, 0 to 1.
        square: Where.
        size: Width and height of the result, in pixels.
    """
    borders = square._borders(*mask.shape)
    part = mask[square._within(*mask.shape)]
    if not any(borders):
        return _as_bytes(_resized(part, size))
    above, below, left, right = borders
    extended = cv2.copyMakeBorder(part, 0, below, left, right, cv2.BORDER_REPLICATE)
    extended = cv2.copyMakeBorder(extended, above, 0, 0, 0, cv2.BORDER_CONSTANT)
    crop = _resized(extended, size)
    down, across = _depths(borders, square.side, size)
    crop = _blurred(crop, np.maximum(down[:, None], across))
    return _as_bytes(crop * (1 - across.clip(0, 1)))


def paste(
    image: UInt8[np.ndarray, "height width 3"],
    patch: UInt8[np.ndarray, "size size 3"],
    mask: Float32[np.ndarray, "size size"],
    square: Square,
) -> UInt8[np.ndarray, "height width 3"]:
    """A picture with a crop put back, at the picture's full resolution.

    Args:
        image: RGB.
        patch: What to show in the square, such as an altered crop of it.
        mask: How much of the patch to show, 0 to 1.
        square: Where; what sticks out of the picture is lost.
    """
    above, _, before, _ = square._borders(*image.shape[:2])
    rows, columns = square._within(*image.shape[:2])
    seen = (
        slice(above, above + rows.stop - rows.start),
        slice(before, before + columns.stop - columns.start),
    )
    share = _resized(mask, square.side)[seen][..., None].clip(0, 1)
    new = _resized(patch, square.side)[seen].astype(np.float32)
    pasted, old = image.copy(), image[rows, columns].astype(np.float32)
    pasted[rows, columns] = np.rint(old + (new - old) * share)
    return pasted


def _resized(part: np.ndarray, size: int) -> np.ndarray:
    """A square part in another size: cubic when growing, averaging when shrinking."""
    if len(part) == size:
        return part.copy()
    kind = cv2.INTER_CUBIC if size > len(part) else cv2.INTER_AREA
    return np.asarray(cv2.resize(part, (size, size), interpolation=kind))


def _as_bytes(mask: Float32[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w"]:
    return np.asarray((mask * 255).round().clip(0, 255), np.uint8)


def _depths(
    borders: tuple[int, int, int, int], side: int, size: int
) -> tuple[Float32[np.ndarray, " size"], Float32[np.ndarray, " size"]]:
    """How far outside the picture a crop's rows and columns lie.

    0 at the picture's border, 1 at the end of the crop, below 0 inside.
    """
    middles = (np.arange(size) + 0.5) * (side / size)

    def depth(before: int, after: int) -> Float32[np.ndarray, " size"]:
        far = np.full(size, -np.inf)
        if before:
            far = np.maximum(far, 1 - middles / before)
        if after:
            far = np.maximum(far, 1 - (side - middles) / after)
        return far.astype(np.float32)

    return depth(*borders[:2]), depth(*borders[2:])


def _blurred(crop: np.ndarray, depth: Float32[np.ndarray, "..."]) -> np.ndarray:
    """The crop blurred where it lies outside.

    The blur begins inside of the picture, at a third of the width of what is added, so
    that no edge shows at the border.
    """
    blur = cv2.GaussianBlur(crop, (0, 0), _BLUR * len(crop))
    return np.asarray(crop + (blur - crop) * (depth * 3 + 1).clip(0, 1))
