"""Square crops around people, and the cameras that follow them."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from human_capture.common.cameras import Cameras


def square_boxes(
    keypoints: Float[Tensor, "*batch joint 2"],
    valid: Bool[Tensor, "*batch joint"],
    margin: float = 1.4,
    smallest: float = 32.0,
) -> Int[Tensor, "*batch 4"]:
    """Left, top, right, bottom of squares around key points, in whole pixels.

    Args:
        keypoints: Pixels.
        valid: Points that count; a box without any is a small one at the origin.
        margin: Side of the square over the longer side of the points' extent. Joints
            end inside the body, so the outline takes about 1.2.
        smallest: Shortest side, in pixels.
    """
    low = torch.where(valid[..., None], keypoints, torch.inf).amin(-2)
    high = torch.where(valid[..., None], keypoints, -torch.inf).amax(-2)
    some = valid.any(-1)[..., None]
    low, high = torch.where(some, low, 0.0), torch.where(some, high, 0.0)
    side = (margin * (high - low).amax(-1, keepdim=True)).clamp_min(smallest).round()
    corner = ((low + high - side) / 2).round()
    return torch.cat((corner, corner + side), -1).long()


def crop_image(
    image: UInt8[np.ndarray, "height width 3"],
    box: tuple[int, int, int, int],
    size: int,
) -> UInt8[np.ndarray, "size size 3"]:
    """The square of an image inside a box; what lies outside the image is black.

    Args:
        image: RGB.
        box: Left, top, right, bottom, in whole pixels.
        size: Width and height of the result, in pixels.
    """
    height, width = image.shape[:2]
    left, top, right, bottom = box
    inner = image[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    around = (
        max(-top, 0),
        max(bottom - height, 0),
        max(-left, 0),
        max(right - width, 0),
    )
    if inner.size == 0:
        return np.zeros((size, size, 3), np.uint8)
    padded = cv2.copyMakeBorder(inner, *around, cv2.BORDER_CONSTANT)
    shrinking = padded.shape[0] > size
    kind = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    resized: np.ndarray = cv2.resize(padded, (size, size), interpolation=kind)
    return resized


def crop_cameras(
    cameras: Cameras, boxes: Int[Tensor, "*batch 4"], size: int
) -> Cameras:
    """The cameras of crops; see :func:`crop_image`.

    Args:
        cameras: Of the whole images.
        boxes: Left, top, right, bottom of squares, in pixels.
        size: Width and height of the crops, in pixels.
    """
    boxes = boxes.to(cameras.intrinsics)
    side = (boxes[..., 2:] - boxes[..., :2]).clamp_min(1)
    return cameras.crop(boxes).resize(size / side)
