"""Sizes of pictures that the generator and the discriminator can have."""

from __future__ import annotations

from human_capture.common.errors import InputError

SMALLEST = 4
"""Width and height in pixels where drawing begins and judging ends."""


def doublings(size: int) -> int:
    """How often the smallest map doubles to reach a size.

    Args:
        size: Width and height of the picture in pixels.

    Raises:
        InputError: It is no power of two, or below 16.
    """
    if size < 4 * SMALLEST or size & (size - 1):
        raise InputError(
            f"The networks cannot have a picture of {size} pixels; choose a power of "
            "two from 16 up, such as 128 or 256."
        )
    return (size // SMALLEST).bit_length() - 1
