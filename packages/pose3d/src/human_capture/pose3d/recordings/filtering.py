"""Gap filling and smoothing; NaN marks what is unknown.

Each works on its own on arrays whose first axis is time. What was unknown stays
unknown unless a gap is filled, and no filter reaches across a gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float
from scipy.interpolate import PchipInterpolator
from scipy.signal import butter, sosfiltfilt

from human_capture.common.errors import InputError
from human_capture.common.one_euro import OneEuro

Smoothing = Literal["none", "butterworth", "one-euro"]


def fill_gaps(
    points: Float[np.ndarray, " frame *channel"], longest: int
) -> tuple[Float[np.ndarray, " frame *channel"], Bool[np.ndarray, " frame *channel"]]:
    """Points with short gaps interpolated, and which values were.

    Monotone cubic interpolation (PCHIP), which never overshoots. Nothing is made up
    before the first or after the last known value.

    Args:
        points: NaN where unknown.
        longest: Frames of the longest gap that is filled; 0 fills none.
    """
    flat = points.reshape(len(points), math.prod(points.shape[1:])).copy()
    filled = np.zeros(flat.shape, dtype=bool)
    for channel in range(flat.shape[1]):
        known = np.flatnonzero(np.isfinite(flat[:, channel]))
        gaps = np.flatnonzero((np.diff(known) > 1) & (np.diff(known) <= longest + 1))
        if not len(gaps):
            continue
        curve = PchipInterpolator(known, flat[known, channel])
        for gap in gaps:
            frames = np.arange(known[gap] + 1, known[gap + 1])
            flat[frames, channel] = curve(frames)
            filled[frames, channel] = True
    return flat.reshape(points.shape), filled.reshape(points.shape)


def smooth(
    points: Float[np.ndarray, " frame *channel"],
    fps: float,
    method: Smoothing,
    cutoff: float = 6.0,
) -> Float[np.ndarray, " frame *channel"]:
    """Smoothed points.

    Args:
        points: NaN where unknown; each stretch between gaps is smoothed for itself.
        fps: Frames a second.
        method: Butterworth of fourth order run forwards and backwards (no delay), the
            one-euro filter (usable live, with some delay), or none.
        cutoff: In Hz. Of the Butterworth filter; of the one-euro filter at rest.

    Raises:
        InputError: The cut-off is not below half the frame rate.
    """
    if method == "none" or not points.size:
        return points
    if not 0 < cutoff < fps / 2:
        raise InputError(
            f"A cut-off of {cutoff:g} Hz cannot be used at {fps:g} frames a second; "
            f"choose one between 0 and {fps / 2:g} Hz, or no smoothing."
        )
    flat = points.reshape(len(points), -1).copy()
    for channel in range(flat.shape[1]):
        for stretch in _stretches(flat[:, channel]):
            values = flat[stretch, channel]
            flat[stretch, channel] = (
                _butterworth(values, fps, cutoff)
                if method == "butterworth"
                else _one_euro(values, fps, cutoff)
            )
    return flat.reshape(points.shape)


def _stretches(values: Float[np.ndarray, " frame"]) -> Iterator[slice]:
    """Runs of known values."""
    known = np.concatenate(([False], np.isfinite(values), [False]))
    edges = np.flatnonzero(np.diff(known.astype(int)))
    for start, stop in edges.reshape(-1, 2).tolist():
        yield slice(start, stop)


def _butterworth(
    values: Float[np.ndarray, " frame"], fps: float, cutoff: float
) -> Float[np.ndarray, " frame"]:
    """Order 2 in both directions gives order 4; the ends are mirrored.

    Running twice lowers the cut-off, which the factor undoes (Winter, Biomechanics and
    Motor Control of Human Movement, 2.2.4.4).
    """
    if len(values) < 4:
        return values
    corrected = min(cutoff / (2**0.5 - 1) ** 0.25, 0.499 * fps)
    sections = butter(2, corrected, fs=fps, output="sos")
    padding = min(len(values) - 1, int(3 * fps / cutoff) + 1)
    return np.asarray(sosfiltfilt(sections, values, padlen=padding))


def _one_euro(
    values: Float[np.ndarray, " frame"], fps: float, cutoff: float
) -> Float[np.ndarray, " frame"]:
    """Each value at a cut-off that rises by 10 Hz at a metre a second."""
    low_pass = OneEuro[float](cutoff, 10.0, lambda velocity, _: abs(velocity))
    return np.array([low_pass(x, i / fps) for i, x in enumerate(values.tolist())])
