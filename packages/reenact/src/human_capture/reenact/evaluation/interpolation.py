"""Paths between two descriptors, and whether heads drawn along them behave.

Heads should move steadily from one pose to the other and stay the same person.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize


def slerp(
    start: Float[Tensor, "*batch number"],
    end: Float[Tensor, "*batch number"],
    shares: Float[Tensor, " step"],
) -> Float[Tensor, "*batch step number"]:
    """Descriptors on the way from one to another, at even angles.

    Directions turn on the shortest arc and lengths change evenly. Opposite directions
    have no shortest arc; one of them is taken.

    Args:
        start: At share 0.
        end: At share 1.
        shares: Of the way.
    """
    first, last = normalize(start, dim=-1), normalize(end, dim=-1)
    cosine = (first * last).sum(-1, keepdim=True)
    aside = last - cosine * first
    sine = aside.norm(dim=-1, keepdim=True)
    straight = sine < 1e-6
    aside = torch.where(straight, _across(first), aside / sine.clamp_min(1e-12))
    angle = torch.atan2(torch.where(straight, 0.0, sine), cosine)
    share = shares[:, None]
    turn = angle[..., None, :] * share
    direction = turn.cos() * first[..., None, :] + turn.sin() * aside[..., None, :]
    short, long = (x.norm(dim=-1)[..., None, None] for x in (start, end))
    path = torch.lerp(short, long, share) * direction
    path = torch.where(share == 0, start[..., None, :], path)
    return torch.where(share == 1, end[..., None, :], path)


def _across(
    direction: Float[Tensor, "*batch number"],
) -> Float[Tensor, "*batch number"]:
    """A direction at a right angle to another."""
    least = direction.abs().argmin(-1, keepdim=True)
    axis = torch.zeros_like(direction).scatter_(-1, least, 1.0)
    return normalize(
        axis - (axis * direction).sum(-1, keepdim=True) * direction, dim=-1
    )


def path_progress(landmarks: Float[Tensor, "step 68 2"]) -> Float[Tensor, " step"]:
    """How far along a path of landmarks is on the way from its first to its last.

    Args:
        landmarks: Of heads drawn along a path.

    Returns:
        0 at the first, 1 at the last; NaN where no face was found.
    """
    way = (landmarks[-1] - landmarks[0]).flatten()
    gone = (landmarks - landmarks[0]).flatten(1)
    length = way.square().sum().clamp_min(torch.finfo(way.dtype).tiny)
    return gone @ way / length


def monotone_share(progress: Float[Tensor, " step"]) -> float:
    """Share of steps that go forward; steps from or to a lost face do not count.

    Args:
        progress: From :func:`path_progress`.

    Returns:
        NaN when no step counts.
    """
    steps = progress.diff()
    steps = steps[steps.isfinite()]
    return float((steps > 0).double().mean())


def value_range(values: Float[Tensor, " step"]) -> float:
    """Largest minus smallest, of those that are numbers; 0 for a flat curve."""
    known = values[values.isfinite()]
    return float(known.max() - known.min()) if len(known) else float("nan")
