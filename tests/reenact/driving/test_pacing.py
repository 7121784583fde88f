"""Frames of any moments at a constant rate."""

import numpy as np
import pytest

from human_capture.reenact.driving.pacing import paced, steady_rate


def shown(times, fps):
    return list(paced([(time, n) for n, time in enumerate(times)], fps))


@pytest.mark.parametrize("fps", [23.976, 25.0, 29.97, 60.0])
@pytest.mark.parametrize("rounded", [False, True])
def test_a_constant_rate_passes_frame_by_frame(fps, rounded):
    times = np.arange(2000) / fps
    times = times.round(3) if rounded else times
    rate = steady_rate(times, 1.0)
    assert rate == pytest.approx(fps, rel=1e-4)
    assert shown(times.tolist(), rate) == list(range(2000))


def test_a_late_frame_has_the_one_before_shown_again():
    times = np.array([0, 1, 2, 5, 6]) / 25
    assert steady_rate(times, 1.0) == pytest.approx(25)
    assert shown(times.tolist(), 25.0) == [0, 1, 2, 2, 2, 3, 4]


def test_of_several_frames_in_one_tick_the_last_is_shown():
    assert shown([0.0, 0.039, 0.041, 0.08], 25.0) == [0, 2, 3]


def test_every_frame_appears_within_half_a_tick_of_its_moment():
    times = np.cumsum(np.random.default_rng(0).uniform(0.05, 0.3, 50))
    times -= times[0]
    ticks = shown(times.tolist(), 25.0)
    first = [ticks.index(n) / 25 for n in range(50)]
    assert np.abs(np.array(first) - times).max() <= 0.5 / 25 + 1e-9


def test_one_frame_is_one_frame_and_none_is_none():
    assert shown([0.0], 25.0) == [0]
    assert shown([], 25.0) == []
    assert steady_rate(np.zeros(1), 12.0) == 12.0
