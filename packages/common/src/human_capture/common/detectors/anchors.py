"""Anchors of the single-shot detectors (SSD, https://arxiv.org/abs/1512.02325).

The BlazeFace family (https://arxiv.org/abs/1907.05047) uses anchors of one fixed size,
so an anchor is only a centre: every cell of a feature map carries two, and successive
feature maps of the same stride share their cells.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32

PERSON_STRIDES = (8, 16, 32, 32, 32)
FACE_STRIDES = (8, 16, 16, 16)


def anchor_centres(
    input_size: int, strides: Sequence[int], per_cell: int = 2
) -> Float32[np.ndarray, "anchor 2"]:
    """Anchor centres (x, y) as fractions of the input image, in the network's order.

    Args:
        input_size: Side of the square input in pixels.
        strides: Stride of each feature map; maps of equal stride follow one another.
        per_cell: Anchors of one feature map in one cell.
    """
    centres = []
    for stride in dict.fromkeys(strides):
        cells = -(-input_size // stride)
        axis = (np.arange(cells, dtype=np.float32) + 0.5) / cells
        grid = np.stack(np.meshgrid(axis, axis, indexing="xy"), -1).reshape(-1, 2)
        centres.append(np.repeat(grid, per_cell * list(strides).count(stride), axis=0))
    return np.concatenate(centres)
