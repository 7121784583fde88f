"""Whether the frames nearest to a frame show other people doing the same.

The Multi-PIE protocol of the latent pose descriptors: a query's nearest descriptors by
cosine among all other people; a hit has the same class.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import normalize

from human_capture.common.errors import InputError

COUNTS = (10, 20, 50, 100)
"""How many of the nearest the official protocol looks at."""

_ROWS = 512  # queries at a time


def nearest_others(
    descriptors: Float[Tensor, "frame number"],
    person: Int[Tensor, " frame"],
    count: int,
) -> Int[Tensor, "frame {count}"]:
    """The nearest frames of other people, the nearest first.

    Args:
        descriptors: Of any length; only their directions count.
        person: Number of the person in each frame.
        count: How many.

    Raises:
        InputError: Somebody has fewer frames of others.
    """
    others = len(person) - int(torch.bincount(person).max())
    if count > others:
        raise InputError(
            f"There are not {count} frames of other people but {others}; evaluate on "
            "more people."
        )
    directions = normalize(descriptors, dim=-1)
    found = []
    for rows in torch.split(torch.arange(len(directions)), _ROWS):
        likeness = directions[rows] @ directions.T
        likeness[person[rows, None] == person] = -torch.inf
        found.append(likeness.topk(count).indices)
    return torch.cat(found)


def retrieval_accuracy(
    descriptors: Float[Tensor, "frame number"],
    classes: Int[Tensor, " frame"],
    person: Int[Tensor, " frame"],
    counts: Sequence[int] = COUNTS,
) -> dict[int, float]:
    """Share of hits among the nearest, for several numbers of those.

    Args:
        descriptors: What is judged.
        classes: What should be alike.
        person: Number of the person in each frame.
        counts: How many of the nearest to look at.
    """
    nearest = nearest_others(descriptors, person, max(counts))
    hits = (classes[nearest] == classes[:, None]).double()
    return {count: float(hits[:, :count].mean()) for count in counts}


def retrieval_chance(
    classes: Int[Tensor, " frame"], person: Int[Tensor, " frame"]
) -> float:
    """Share of hits if frames of other people were drawn blindly.

    Args:
        classes: What should be alike.
        person: Number of the person in each frame.
    """
    others = person[:, None] != person
    alike = (classes[:, None] == classes) & others
    return float((alike.sum(1) / others.sum(1)).mean())
