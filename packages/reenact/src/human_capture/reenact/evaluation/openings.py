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
    found: Float[Tensor, "frame 68 2"],
    true: Float[Tensor, "frame 68 2"],
    pairs: tuple[tuple[int, int], ...],
) -> float:
    """Of the openings of drawn faces with those of true ones; NaN if they hold still.

    Args:
        found: Landmarks of drawings; those without a face do not count.
        true: Of the true pictures, likewise.
        pairs: Such as ``EYES``.
    """
    seen = ~(missing(found) | missing(true))
    both = torch.stack(
        [openings(faces[seen].double(), pairs) for faces in (found, true)]
    )
    return float(torch.corrcoef(both)[0, 1]) if seen.sum() > 1 else float("nan")
