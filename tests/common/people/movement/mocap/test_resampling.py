"""Resampling: straight lines, the same duration, positions alone."""

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap import resample
from human_capture.common.people.movement.motion import REQUIRED_JOINTS, Motion


def motion(frames=7, fps=30.0, seed=0):
    rng = np.random.default_rng(seed)
    positions = {name: rng.normal(size=(frames, 3)) for name in REQUIRED_JOINTS}
    turns = {"pelvis": np.tile(np.eye(3), (frames, 1, 1))}
    wrists = {"left": np.zeros((frames, 3))}
    return Motion(positions, fps, turns, wrists, seat=0.4)


@pytest.mark.parametrize("fps", [25.0, 30.0, 50.0, 120.0, 7.3])
def test_joints_lie_on_straight_lines_between_frames(fps):
    given = motion()
    got = resample(given, fps)
    assert got.fps == fps
    times = np.arange(len(got)) / fps
    for joint, track in given.positions.items():
        for axis in range(3):
            expected = np.interp(times, np.arange(7) / 30, track[:, axis])
            np.testing.assert_allclose(got.positions[joint][:, axis], expected)


@pytest.mark.parametrize(
    ("frames", "fps", "count"), [(61, 25, 51), (60, 25, 50), (1, 9, 1)]
)
def test_duration_is_kept_to_a_frame(frames, fps, count):
    assert len(resample(motion(frames), float(fps))) == count


def test_same_rate_changes_no_position():
    given = motion()
    got = resample(given, 30.0)
    for joint, track in given.positions.items():
        np.testing.assert_array_equal(got.positions[joint], track)


def test_there_and_back_is_the_same_where_frames_coincide():
    given = motion()
    back = resample(resample(given, 120.0), 30.0)
    for joint, track in given.positions.items():
        np.testing.assert_allclose(back.positions[joint], track)


def test_rotations_are_dropped_and_the_seat_is_kept():
    got = resample(motion(), 25.0)
    assert (got.rotations, got.wrists, got.seat) == ({}, {}, 0.4)


@pytest.mark.parametrize("fps", [0.0, -5.0, float("nan"), float("inf")])
def test_rates_that_cannot_be_are_told(fps):
    with pytest.raises(InputError, match="positive number"):
        resample(motion(), fps)
