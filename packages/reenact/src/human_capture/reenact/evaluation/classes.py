"""Classes of frames with the same expression and view, as in Multi-PIE.

Multi-PIE's cameras stand around people who make six faces. Synthetic people mix faces
and turn freely, so a frame belongs to the named expression that its facial actions are
most alike, and to one of five views from the side that the head is turned to.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import normalize

from human_capture.common.people.anatomy.expressions import EXPRESSIONS, FACIAL_ACTIONS

NEUTRAL = 0.3
"""Root of the actions' squared sum below which a face is neutral."""

VIEWS = (-0.6, -0.2, 0.2, 0.6)
"""Yaw between neighbouring views, in radians."""

_NAMES = tuple(EXPRESSIONS)


def expression_classes(
    actions: Float[Tensor, "frame 52"],
) -> Int[Tensor, " frame"]:
    """Number of the expression that a face is most alike, in the order of its names.

    The gaze and blinks, which are part of no expression, do not count.

    Args:
        actions: Strengths in the order of ``FACIAL_ACTIONS``.
    """
    patterns = _patterns()
    shown = actions * (patterns > 0).any(0)
    likeness = shown @ normalize(patterns, dim=-1).T
    likeness[:, _NAMES.index("neutral")] = -1
    neutral = torch.tensor(_NAMES.index("neutral"))
    return torch.where(shown.norm(dim=-1) < NEUTRAL, neutral, likeness.argmax(-1))


def view_classes(turn: Float[Tensor, "frame 3"]) -> Int[Tensor, " frame"]:
    """Number of the view, from the person's right to the left.

    Args:
        turn: Yaw, pitch and roll, in radians.
    """
    return torch.bucketize(turn[:, 0].contiguous(), torch.tensor(VIEWS))


def expression_and_view(
    actions: Float[Tensor, "frame 52"], turn: Float[Tensor, "frame 3"]
) -> Int[Tensor, " frame"]:
    """Number of the class of expression and view.

    Args:
        actions: Strengths in the order of ``FACIAL_ACTIONS``.
        turn: Yaw, pitch and roll, in radians.
    """
    return expression_classes(actions) * (len(VIEWS) + 1) + view_classes(turn)


def _patterns() -> Float[Tensor, "expression 52"]:
    """The actions of each expression; what has two sides gets both."""
    rows = [
        [
            max(parts.get(name, 0.0), parts.get(_without_side(name), 0.0))
            for name in FACIAL_ACTIONS
        ]
        for parts in EXPRESSIONS.values()
    ]
    return torch.tensor(rows)


def _without_side(name: str) -> str:
    return name.removesuffix("Left").removesuffix("Right")
