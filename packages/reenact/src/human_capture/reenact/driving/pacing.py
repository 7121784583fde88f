"""Pictures of any moments, at a constant rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np
from jaxtyping import Float

Item = TypeVar("Item")


def steady_rate(times: Float[np.ndarray, " frame"], fallback: float) -> float:
    """Frames a second, of a video whose times may be rounded or have gaps.

    Args:
        times: Of the frames, in seconds.
        fallback: For a single frame.
    """
    steps = np.diff(times)
    if not len(steps):
        return fallback
    median = float(np.median(steps))
    # one step is rounded, to a millisecond in some kinds of files, but their mean is
    # not
    alike = steps[np.abs(steps - median) <= 0.1 * median + 1e-3]
    return float(1 / alike.mean()) if len(alike) else 1 / median


def paced(items: Iterable[tuple[float, Item]], fps: float) -> Iterator[Item]:
    """What is to be shown at each tick, so that all appear when they should.

    Frames at a constant rate pass one by one. Where the next is late the last is shown
    again; of several within one tick only the last is shown.

    Args:
        items: Each with its moment, in seconds from the first.
        fps: Ticks a second.
    """
    tick, shown = 0, None
    for time, item in items:
        due = int(time * fps + 0.5)
        if shown is not None:
            for _ in range(tick, due):
                yield shown[0]
        tick, shown = max(tick, due), (item,)
    if shown is not None:
        yield shown[0]
