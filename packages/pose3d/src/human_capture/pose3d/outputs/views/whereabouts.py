"""Where people are and where they face, as far as a camera needs to know."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.pose3d.capture import Capture

_REACH = 2.0  # metres from the middle of a body that a joint may lie
_SIDES = ("shoulder", "hip", "hip_centre")


def without_strays(
    points: Float[Tensor, "person frame joint 3"],
) -> Float[Tensor, "person frame joint 3"]:
    """Points without those that no body reaches, which become NaN.

    Args:
        points: World positions, in metres; NaN where unknown.

    Raises:
        InputError: Nothing is known.
    """
    if bool(points.isnan().any(-1).all()):
        raise InputError("There is nothing to draw: nobody was seen.")
    middle = points.nanmedian(2, keepdim=True).values
    near = (points - middle).norm(dim=-1, keepdim=True) < _REACH  # NaN is not near
    return points.masked_fill(~near, torch.nan)


def people_path(
    points: Float[Tensor, "person frame joint 3"], deviation: float = 0.0
) -> Float[Tensor, "frame 3"]:
    """Where the middle of all people goes, at one height, without sudden moves.

    Args:
        points: World positions, in metres; NaN where unknown, somewhere known.
        deviation: Of the Gaussian that smooths the path, in frames; 0 for none.
    """
    middle = points[..., :2].nanmedian(2).values.nanmean(0).numpy()
    seen = np.flatnonzero(np.isfinite(middle).all(-1))
    low, high = np.nanquantile(points[..., 2].numpy(), [0.01, 0.99])
    height = (min(low, 0.0) + high) / 2
    path = np.full((len(middle), 3), height)
    for axis in range(2):
        path[:, axis] = np.interp(np.arange(len(path)), seen, middle[seen, axis])
    if deviation > 0:
        path = gaussian_filter1d(path, deviation, axis=0, mode="nearest")
    return torch.from_numpy(path)


def facing_direction(capture: Capture) -> tuple[float, float]:
    """Where the first person looks in the first second that is known.

    Args:
        capture: The motion.
    """
    form = capture.format
    for part in _SIDES:
        if f"left_{part}" not in form.joints:
            continue
        left, right = (form.index(f"{side}_{part}") for side in ("left", "right"))
        across = (capture.points[0, :, left] - capture.points[0, :, right])[:, :2]
        seen = ~across.isnan().any(-1)
        first = int(seen.float().argmax()) if bool(seen.any()) else 0
        second = slice(first, first + max(1, round(capture.fps)))
        x, y = across[second].nansum(0).tolist()
        if x or y:
            return y, -x
    return 1.0, 0.0
