"""How far mouths and eyes are open, and whether drawn ones open with the true ones."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.reenact.evaluation.pose_error import inter_ocular, missing

INNER_LIPS = ((61, 67), (62, 66), (63, 65))
"""Points above one another; iBUG's numbers."""

LIDS = ((37, 41), (38, 40), (43, 47), (44, 46))
"""Points above one another."""


def openings(
    landmarks: Float[Tensor, "*batch 68 2"], pairs: tuple[tuple[int, int], ...]
) -> Float[Tensor, "*batch"]:
    """Mean distance of some pairs of landmarks, in inter-ocular distances.

    Args:
        landmarks: iBUG's 68.
        pairs: Such as ``LIDS``.
    """
    above, below = (list(side) for side in zip(*pairs, strict=True))
    apart = (landmarks[..., above, :] - landmarks[..., below, :]).norm(dim=-1)
    mean: Tensor = apart.mean(-1) / inter_ocular(landmarks)
    return mean


def correlation(
    found: Float[Tensor, "person frame 68 2"],
    true: Float[Tensor, "person frame 68 2"],
    turn: Float[Tensor, "person frame 3"],
    pairs: tuple[tuple[int, int], ...],
) -> float:
    """Partial correlation of the openings of drawn faces with those of true ones.

    Whose eyes are how far open tells who it is, and a head that turns seems to open
    them. So means of people are subtracted, and what the angles and their squares
    explain.

    Args:
        found: Landmarks of drawings; those without a face do not count.
        true: Of the true pictures, likewise.
        turn: Yaw, pitch and roll of the true heads, in radians.
        pairs: Such as ``LIDS``.

    Returns:
        NaN if either hold still, or there are too few faces.
    """
    both = torch.stack((found, true)).double()
    seen = ~missing(both).any(0)
    angles = turn.double()
    powers = torch.cat((angles, angles.square()), -1)
    series = torch.cat((openings(both, pairs).permute(1, 2, 0), powers), -1)
    series = torch.where(seen[..., None], series, torch.nan)
    within = (series - series.nanmean(1, keepdim=True))[seen]
    explained = within[:, 2:] @ torch.linalg.pinv(within[:, 2:]) @ within[:, :2]
    rest = within[:, :2] - explained
    one, other = rest.T
    if len(rest) < 2 or rest.square().mean(0).min().sqrt() < _STILL:
        return float("nan")
    return float(one @ other / (one.norm() * other.norm()))


_STILL = 1e-5  # spread of openings that rounded landmarks alone may have
