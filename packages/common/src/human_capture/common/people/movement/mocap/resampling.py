"""Motion at another frame rate."""

from __future__ import annotations

import numpy as np

from human_capture.common.errors import InputError
from human_capture.common.people.movement.motion import Motion


def resample(motion: Motion, fps: float) -> Motion:
    """The motion's joints at another frame rate, on straight lines between frames.

    It starts where the motion starts and does not outlast it. Rotations and wrists,
    which straight lines would spoil, are dropped.

    Args:
        motion: What to resample.
        fps: Frames a second that are wanted.
    """
    if not 0 < fps < np.inf:
        raise InputError(f"Frames a second must be a positive number, not {fps}.")
    last = len(motion) - 1
    # the small number keeps a last frame that rounding would lose
    count = int(np.floor(last * fps / motion.fps + 1e-6)) + 1
    times = np.minimum(np.arange(count) * motion.fps / fps, last)
    before = np.minimum(times.astype(int), max(last - 1, 0))
    after = np.minimum(before + 1, last)
    share = (times - before)[:, None]
    positions = {
        name: (1 - share) * x[before] + share * x[after]
        for name, x in motion.positions.items()
    }
    return Motion(positions, fps, seat=motion.seat)
