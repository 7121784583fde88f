"""Where the person detector looks: the whole image and squares of it.

The detector sees 224 x 224 pixels and is trained on one person who fills most of them.
People below a quarter of what it sees are missed, and a smaller person is missed
beside a larger one; overlapping squares find both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from human_capture.common.detectors.regions import Region


@dataclass(frozen=True)
class SearchPattern:
    """How an image is searched, from coarse to fine.

    Args:
        rotations: Rotations of the whole image that are tried, in degrees. The detector
            finds people who lean or lie as well, most surely when upright.
        tiles: Sides of the squares of each finer scan as shares of the image's longer
            side; empty looks at the whole image only.
        overlap: Overlap of neighbouring squares as a share of their side.
    """

    rotations: Sequence[float] = (0.0,)
    tiles: Sequence[float] = (0.6, 0.4)
    overlap: float = 0.5

    def regions(self, height: int, width: int) -> list[Region]:
        """The regions to look at in an image of this size."""
        whole = [
            Region.around_image(height, width, math.radians(angle))
            for angle in self.rotations
        ]
        sides = [share * max(height, width) for share in self.tiles]
        return whole + [r for side in sides for r in self._scan(height, width, side)]

    def _scan(self, height: int, width: int, side: float) -> list[Region]:
        return [
            Region(x, y, side)
            for y in self._centres(height, side)
            for x in self._centres(width, side)
        ]

    def _centres(self, length: int, side: float) -> list[float]:
        """Evenly spaced centres of squares that cover the length."""
        if length <= side:
            return [length / 2]
        steps = math.ceil((length - side) / (side * (1 - self.overlap)))
        return list(np.linspace(side / 2, length - side / 2, steps + 1))
