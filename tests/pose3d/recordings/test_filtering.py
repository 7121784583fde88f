import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.pose3d.recordings.filtering import fill_gaps, smooth

FPS = 60.0
TIME = np.arange(180) / FPS


def wave(hertz):
    return np.sin(2 * np.pi * hertz * TIME)[:, None]


def test_only_gaps_up_to_the_longest_are_filled():
    points = TIME[:, None].copy()
    points[10:15], points[50:56], points[:3], points[-2:] = (np.nan,) * 4
    filled, which = fill_gaps(points, 5)
    assert np.flatnonzero(which).tolist() == list(range(10, 15))
    assert filled[10:15] == pytest.approx(TIME[10:15, None])
    assert np.isnan(filled[50:56]).all() and np.isnan(filled[[0, 1, 2, -1]]).all()


def test_filling_can_be_switched_off_and_leaves_the_input_alone():
    points = TIME[:, None].copy()
    points[10] = np.nan
    filled, which = fill_gaps(points, 0)
    assert np.isnan(filled[10]).all() and not which.any()
    fill_gaps(points, 5)
    assert np.isnan(points[10]).all()


def test_filling_never_overshoots_its_neighbours():
    points = np.array([0.0, 0, 0, np.nan, np.nan, 1, 1, 1])[:, None]
    filled, _ = fill_gaps(points, 2)
    assert (np.diff(filled[:, 0]) >= 0).all() and filled.max() == 1


def test_no_smoothing_changes_nothing():
    assert smooth(wave(20), FPS, "none") is not None
    assert (smooth(wave(20), FPS, "none") == wave(20)).all()


def test_butterworth_halves_the_power_at_the_cutoff_without_delay():
    middle = slice(60, 120)
    passed = smooth(wave(1), FPS, "butterworth", 6.0)
    assert passed[middle] == pytest.approx(wave(1)[middle], abs=0.01)
    ratio = (
        smooth(wave(6), FPS, "butterworth", 6.0)[middle].std() / wave(6)[middle].std()
    )
    assert ratio == pytest.approx(2**-0.5, abs=0.02)
    assert smooth(wave(20), FPS, "butterworth", 6.0)[middle].std() < 0.02


@pytest.mark.parametrize("method", ["butterworth", "one-euro"])
def test_each_stretch_between_gaps_is_smoothed_for_itself(method):
    whole = np.random.default_rng(0).normal(size=(180, 1))
    cut = whole.copy()
    cut[90:95] = np.nan
    smoothed = smooth(cut, FPS, method)
    assert (np.isnan(smoothed) == np.isnan(cut)).all()
    assert smoothed[:90] == pytest.approx(smooth(whole[:90], FPS, method))
    assert smoothed[95:] == pytest.approx(smooth(whole[95:], FPS, method))


@pytest.mark.parametrize("method", ["butterworth", "one-euro"])
@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 7])
def test_short_stretches_survive(method, length):
    constant = np.full((length, 2), 3.0)
    assert smooth(constant, FPS, method) == pytest.approx(constant)


def test_one_euro_calms_rest_and_follows_speed():
    noise = np.random.default_rng(0).normal(0, 0.005, (180, 1))
    assert smooth(noise, FPS, "one-euro", 1.0)[30:].std() < 0.6 * noise.std()
    ramp = 3 * TIME[:, None]
    assert np.abs(smooth(ramp, FPS, "one-euro", 1.0) - ramp)[60:].max() < 0.05


def test_one_euro_opens_by_ten_hertz_at_a_metre_a_second():
    points = np.random.default_rng(0).normal(0, 0.02, (180, 2)).cumsum(0)

    def share(cutoff):
        return 1 / (1 + FPS / (2 * np.pi * cutoff))

    expected, speed = points.copy(), np.zeros(2)
    for i in range(1, len(points)):
        change = points[i] - expected[i - 1]
        speed += share(1.0) * (change * FPS - speed)
        expected[i] = expected[i - 1] + share(1.5 + 10 * np.abs(speed)) * change
    assert smooth(points, FPS, "one-euro", 1.5) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("cutoff", [0.0, -1.0, 30.0])
def test_impossible_cutoffs_are_refused(cutoff):
    with pytest.raises(InputError, match="between 0 and 30 Hz"):
        smooth(wave(1), FPS, "butterworth", cutoff)
