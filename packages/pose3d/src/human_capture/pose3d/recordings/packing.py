"""Which proposals for people go together and explain the most sightings.

A weighted set packing: every proposal claims at most one sighting of each view, and no
sighting may belong to two people.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

Members = Int[np.ndarray, " _"]
"""Sightings of one person; each group has a length of its own."""

_MAX_EXPANSIONS = 2000
"""Nodes of the search tree; its first dive is the greedy solution."""


def best_groups(
    gains: Float[np.ndarray, "proposal sighting"],
    view: Int[np.ndarray, " sighting"],
) -> list[Members]:
    """Disjoint sets of at least two sightings that together explain the most.

    Optimal for two views (Hungarian algorithm). For more, as good as any choice of
    disjoint proposals wherever the search ends within its bounds, as it does for the
    crowds a room holds.

    Args:
        gains: How well each proposal explains each sighting: 1 perfectly, 0 or less
            not at all.
        view: Which camera each sighting comes from.
    """
    candidates = _candidates(gains, view)
    seeing = np.unique(view)
    if len(seeing) == 2:
        return _two_view_matching(candidates, view, seeing)
    return _best_packing(candidates)


_Candidate = tuple[float, tuple[int, ...], tuple[float, ...]]
"""Worth, sightings, and the gain of each."""


def _worth(gains: tuple[float, ...]) -> float:
    """One sighting alone explains nothing, so the first is free of charge."""
    return sum(gains) - 1.0


def _candidates(
    gains: Float[np.ndarray, "proposal sighting"],
    view: Int[np.ndarray, " sighting"],
) -> list[_Candidate]:
    """For each proposal the best sighting of every view; the best of equal sets."""
    best: dict[tuple[int, ...], _Candidate] = {}
    columns = [np.flatnonzero(view == v) for v in np.unique(view)]
    winners = np.stack([c[gains[:, c].argmax(-1)] for c in columns], -1)
    values = np.take_along_axis(gains, winners, -1)
    for row, value in zip(winners.tolist(), values.tolist(), strict=True):
        pairs = [(s, g) for s, g in zip(row, value, strict=True) if g > 0]
        sightings, worths = (
            tuple(s for s, _ in pairs),
            tuple(g for _, g in pairs),
        )
        worth = _worth(worths)
        if worth > 0 and worth > best.get(sightings, (0.0,))[0]:
            best[sightings] = (worth, sightings, worths)
    return sorted(best.values(), reverse=True)


def _two_view_matching(
    candidates: list[_Candidate],
    view: Int[np.ndarray, " sighting"],
    seeing: Int[np.ndarray, " view"],
) -> list[Members]:
    """The pairs whose worths have the largest sum (Hungarian algorithm)."""
    size = len(view)
    worth = np.zeros((size, size))
    for value, sightings, _ in candidates:
        a, b = sorted(sightings, key=lambda s: view[s] == seeing[1])
        worth[a, b] = value
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [
        np.array([a, b]) for a, b in zip(rows, columns, strict=True) if worth[a, b] > 0
    ]


def _best_packing(candidates: list[_Candidate]) -> list[Members]:
    """The compatible candidates of largest total worth, by branch and bound.

    A candidate that shares sightings with one already taken stays in the race with
    the rest of its sightings.
    """
    best: tuple[float, list[tuple[int, ...]]] = (0.0, [])
    expansions = 0

    def search(
        remaining: list[_Candidate], total: float, taken: list[tuple[int, ...]]
    ) -> None:
        nonlocal best, expansions
        expansions += 1
        if total > best[0]:
            best = (total, taken)
        if not remaining or expansions > _MAX_EXPANSIONS:
            return
        if total + _bound(remaining) <= best[0] + 1e-9:
            return
        (worth, sightings, _), *others = remaining
        search(_without(others, sightings), total + worth, [*taken, sightings])
        if any(set(sightings) & set(other[1]) for other in others):
            search(others, total, taken)

    search(candidates, 0.0, [])
    return [np.array(sightings) for sightings in best[1]]


def _bound(candidates: list[_Candidate]) -> float:
    """No choice among candidates is worth more: each sighting counts once, at best.

    A group of n sightings is worth at most (n - 1) / n of their gains.
    """
    share: dict[int, float] = {}
    for worth, sightings, gains in candidates:
        scale = worth / sum(gains)
        for sighting, gain in zip(sightings, gains, strict=True):
            share[sighting] = max(share.get(sighting, 0.0), gain * scale)
    return sum(share.values())


def _without(
    candidates: list[_Candidate], sightings: tuple[int, ...]
) -> list[_Candidate]:
    """What is left of candidates when some sightings are gone, best first."""
    gone, left = set(sightings), []
    for worth, members, gains in candidates:
        if gone.isdisjoint(members):
            left.append((worth, members, gains))
            continue
        pairs = [(m, g) for m, g in zip(members, gains, strict=True) if m not in gone]
        rest = tuple(g for _, g in pairs)
        if len(pairs) >= 2 and _worth(rest) > 0:
            left.append((_worth(rest), tuple(m for m, _ in pairs), rest))
    return sorted(left, reverse=True)
