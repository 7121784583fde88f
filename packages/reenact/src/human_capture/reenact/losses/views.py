"""What a loss looks at: whole pictures, or parts that are small and tell much.

A mouth has one or two hundredths of a picture's pixels, so what it does is hardly worth
learning for a loss of the whole picture.
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from human_capture.common.errors import InputError
from human_capture.reenact.crops import SCALE

View = Literal["picture", "face", "eyes", "mouth"]
"""All of it; its middle, where the crop rule puts the face; about these landmarks."""

_PARTS = {"eyes": (slice(36, 48), (0.25, 0.5)), "mouth": (slice(48, 68), (0.25, 0.25))}
# landmarks in whose middle a part is, and its height and width as shares of the picture


def look_at(
    images: Float[Tensor, "clip channel height width"],
    landmarks: Float[Tensor, "clip 68 2"],
    view: View,
) -> Float[Tensor, "clip channel rows columns"]:
    """The part of each picture that a loss sees.

    Args:
        images: Crops by the rule of ``crops``.
        landmarks: iBUG's 68 of each, as shares of the side.
        view: Which part. A face comes in the size of the picture; eyes with most of the
            brows, and a mouth down to about the chin, are not resized, and are moved
            into the picture where they go beyond its border.

    Raises:
        InputError: The part is about landmarks, and some are not known.
    """
    if view == "picture":
        return images
    if view == "face":
        return face_of(images)
    points, shares = _PARTS[view]
    if not landmarks[:, points].isfinite().all():
        raise InputError(
            f"A loss looks at the {view}, but the landmarks of some pictures are not "
            "known; leave out the losses with view eyes or mouth."
        )
    size = torch.tensor(images.shape[-2:])
    part = (size * torch.tensor(shares)).round().long()
    middle = landmarks[:, points].mean(1).flip(-1).cpu() * size  # row, column
    corner = (middle - part / 2).round().long()
    corner = corner.clamp(torch.zeros_like(part), size - part)
    rows, columns = part.tolist()
    parts = [
        image[:, top : top + rows, left : left + columns]
        for image, (top, left) in zip(images, corner.tolist(), strict=True)
    ]
    return torch.stack(parts)


def face_of(
    images: Float[Tensor, "*clip channel height width"],
) -> Float[Tensor, "*clip channel height width"]:
    """The middle of crops, brought to their size; where the crop rule puts the face."""
    height, width = images.shape[-2:]
    rows, columns = round(height / SCALE), round(width / SCALE)
    top, left = (height - rows) // 2, (width - columns) // 2
    part = images[..., top : top + rows, left : left + columns]
    return functional.interpolate(
        part, size=(height, width), mode="bilinear", align_corners=False
    )
