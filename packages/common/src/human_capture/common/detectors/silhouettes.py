"""Silhouettes: which pixels show a person, and hiding them from the networks.

The networks are trained on one person alone. Where people overlap, they mix limbs of
both or see only the one in front; with that one painted over they find the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, UInt8

from human_capture.common.detectors.regions import Region

_SIDE = 128
_GREY = 127


@dataclass(frozen=True)
class Silhouette:
    """The pixels of a person, two kilobytes small.

    Attributes:
        bits: Rows of a square mask, eight pixels a byte.
        region: The part of the image that the mask covers.
    """

    bits: UInt8[np.ndarray, "128 16"]
    region: Region

    @classmethod
    def from_logits(
        cls, logits: Float32[np.ndarray, "side side"], region: Region
    ) -> Silhouette:
        """The silhouette where the network's logits are positive."""
        small = cv2.resize(logits, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        return cls(np.packbits(small > 0, axis=1), region)

    def within(self, region: Region, size: int) -> Bool[np.ndarray, "{size} {size}"]:
        """The mask as seen in another region of the same image.

        Args:
            region: The other region.
            size: Side of the result in pixels.
        """
        mask = np.unpackbits(self.bits, axis=1)
        corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        seen = self.region.from_image(region.to_image(corners)) * _SIDE - 0.5
        to_mask = cv2.getAffineTransform(
            (corners * size - 0.5).astype(np.float32), seen.astype(np.float32)
        )
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(mask, to_mask, (size, size), flags=flags) > 0)


def hide(
    crop: UInt8[np.ndarray, "size size 3"],
    region: Region,
    silhouettes: Iterable[Silhouette],
) -> UInt8[np.ndarray, "size size 3"]:
    """The crop with people painted grey.

    Args:
        crop: Content of ``region``.
        region: A part of the image.
        silhouettes: Whom to paint over.
    """
    hidden = crop.copy()
    for silhouette in silhouettes:
        hidden[silhouette.within(region, len(crop))] = _GREY
    return hidden
