"""Rotated squares of an image: where a network looks.

A region has a centre and a side in pixels and a rotation in radians; a positive
rotation turns its content's upward direction towards the right of the image. Image
points have pixel centres at +0.5; region points are fractions of the side, (0, 0) in
the region's top left corner and (1, 1) in its bottom right one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from human_capture.common.errors import InputError


@dataclass(frozen=True)
class Region:
    """A rotated square.

    Attributes:
        x: Centre in pixels.
        y: Centre in pixels.
        side: Side in pixels.
        rotation: Radians; see the module's description.
    """

    x: float
    y: float
    side: float
    rotation: float = 0.0

    @classmethod
    def around_image(cls, height: int, width: int, rotation: float = 0.0) -> Region:
        """The smallest square that contains the whole rotated image."""
        cosine, sine = abs(math.cos(rotation)), abs(math.sin(rotation))
        side = max(width * cosine + height * sine, width * sine + height * cosine)
        return cls(width / 2, height / 2, side, rotation)

    @classmethod
    def from_axis(
        cls,
        centre: Float[np.ndarray, " 2"],
        top: Float[np.ndarray, " 2"],
        scale: float = 1.25,
    ) -> Region:
        """The region of a person in which the axis from ``centre`` to ``top`` is up.

        Args:
            centre: Middle of the hips.
            top: Point on the circle around the whole body, beyond the head.
            scale: Side of the region as a multiple of that circle's diameter.
        """
        x, y = (np.asarray(top, float) - np.asarray(centre, float)).tolist()
        return cls(
            x=float(centre[0]),
            y=float(centre[1]),
            side=2 * scale * math.hypot(x, y),
            rotation=math.atan2(x, -y),
        )

    def resembles(self, other: Region, tolerance: float) -> bool:
        """Whether a network would see nearly the same in both regions.

        Args:
            other: Another region of the same image.
            tolerance: Largest distance of the centres as a share of the side, half
                the largest logarithm of the sides' ratio, and largest difference of
                the rotations in radians.
        """
        turn = (self.rotation - other.rotation + math.pi) % (2 * math.pi) - math.pi
        apart = math.hypot(self.x - other.x, self.y - other.y) / max(self.side, 1e-9)
        growth = abs(math.log(max(other.side, 1e-9) / max(self.side, 1e-9)))
        return apart < tolerance and growth < 2 * tolerance and abs(turn) < tolerance

    @property
    def _axes(self) -> Float[np.ndarray, "2 2"]:
        """Side vectors in image pixels, as columns."""
        cosine, sine = math.cos(self.rotation), math.sin(self.rotation)
        return self.side * np.array([[cosine, -sine], [sine, cosine]])

    def to_image(
        self, points: Float[np.ndarray, "*batch 2"]
    ) -> Float[np.ndarray, "*batch 2"]:
        """Image pixels of region points."""
        return np.asarray((points - 0.5) @ self._axes.T + (self.x, self.y))

    def from_image(
        self, points: Float[np.ndarray, "*batch 2"]
    ) -> Float[np.ndarray, "*batch 2"]:
        """Region points of image pixels."""
        offsets = points - np.array([self.x, self.y])
        return np.asarray(offsets @ np.linalg.inv(self._axes).T + 0.5)

    def crop(
        self, pyramid: ImagePyramid, size: int, border: int | None = None
    ) -> UInt8[np.ndarray, "{size} {size} 3"]:
        """The region's content, sampled bilinearly at exact pixel centres.

        Args:
            pyramid: The image.
            size: Side of the result in pixels.
            border: Grey level outside of the image; None repeats its outermost pixels.
        """
        image, scale = pyramid.level_for(self.side / size)
        step = self._axes / size
        # Pixel i of the result lies at (i + 0.5) / size; OpenCV counts from centres.
        first = self.to_image(np.full(2, 0.5 / size)) / scale - 0.5
        sampled = cv2.warpAffine(
            image,
            np.column_stack([step / scale[:, None], first]),
            (size, size),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT,
            borderValue=(border or 0,) * 3,
        )
        return np.asarray(sampled)


class ImagePyramid:
    """An image and its halves, made when a crop first needs them.

    The networks were trained on crops sampled bilinearly without any averaging and do
    slightly worse on smoother ones, so halves serve only where samples would otherwise
    lie more than eight pixels apart.

    Args:
        image: RGB image.
    """

    def __init__(self, image: UInt8[np.ndarray, "height width 3"]) -> None:
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise InputError(
                f"People are looked for in RGB bytes (height, width, 3), not in "
                f"{image.dtype} of shape {image.shape}; convert the image first."
            )
        if min(image.shape[:2]) < 2:
            raise InputError(
                f"An image of shape {image.shape} is too small to look for people; "
                "check the video or picture it comes from."
            )
        self._levels = [image]

    @property
    def height(self) -> int:
        """Height of the full image in pixels."""
        return int(self._levels[0].shape[0])

    @property
    def width(self) -> int:
        """Width of the full image in pixels."""
        return int(self._levels[0].shape[1])

    def level_for(
        self, step: float
    ) -> tuple[UInt8[np.ndarray, "height width 3"], Float[np.ndarray, " 2"]]:
        """The level to sample from, and its pixels' width and height in image pixels.

        Args:
            step: Distance between neighbouring samples in image pixels.
        """
        level = max(0, math.floor(math.log2(max(step, 1e-6) / 4)))
        while len(self._levels) <= level and min(self._levels[-1].shape[:2]) > 1:
            height, width = self._levels[-1].shape[:2]
            half = (max(1, round(width / 2)), max(1, round(height / 2)))
            self._levels.append(
                cv2.resize(self._levels[-1], half, interpolation=cv2.INTER_AREA)
            )
        image = self._levels[min(level, len(self._levels) - 1)]
        scale = np.array([self.width / image.shape[1], self.height / image.shape[0]])
        return image, scale
