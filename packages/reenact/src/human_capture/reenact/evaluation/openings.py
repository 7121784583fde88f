"""How far mouths and eyes are open, and whether drawn ones open with the true ones."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.reenact.evaluation.pose_error import inter_ocular, missing

MOUTH = ((61, 67), (62, 66), (63, 65))
"""Points of the inner lips above one another; iBUG's numbers."""

EYES = ((37, 41), (38, 40), (43, 47), (44, 46))
"""Points of the lids above one another."""


def openings(
    landmarks: Float[Tensor, "*batch 68 2"], pairs: tuple[tuple[int, int], ...]
) -> Float[Tensor, "*batch"]:
    """Mean distance of some pairs of landmarks, in inter-ocular distances.

    Args:
        landmarks: iBUG's 68.
        pairs: Such as ``MOUTH``.
    """
    above, below = (list(side) for side in zip(*pairs, strict=True))
    apart = (landmarks[..., above, :] - landmarks[..., below, :]).norm(dim=-1)
    mean: Tensor = apart.mean(-1) / inter_ocular(landmarks)
    return mean


def correlation(
    found: Float[Tensor, "person frame 68 2"],
    true: Float[Tensor, "person frame 68 2"],
    pairs: tuple[tuple[int, int], ...],
) -> float:
    """Of the openings of drawn faces with those of true ones, within people.

    How far somebody's eyes are open on average tells who it is, not what the face does.

    Args:
        found: Landmarks of drawings; those without a face do not count.
        true: Of the true pictures, likewise.
        pairs: Such as ``EYES``.

    Returns:
        NaN if either hold still, or there are no faces.
    """
    both = torch.stack((found, true)).double()
    seen = ~missing(both).any(0)
    open_by = openings(both, pairs)
    means = torch.where(seen, open_by, torch.nan).nanmean(-1, keepdim=True)
    one, other = (open_by - means)[:, seen]
    scale = one.square().sum().sqrt() * other.square().sum().sqrt()
    return float((one * other).sum() / scale)
