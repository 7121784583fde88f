import numpy as np
import pytest

from human_capture.pose3d.recordings.tracks import Tracker

BODY = np.random.default_rng(0).normal(0, 0.3, (12, 3))


def at(x, y=0.0):
    return BODY + np.array([x, y, 1.0])


def test_two_people_who_pass_each_other_keep_their_numbers():
    tracker = Tracker(fps=30.0)
    first: list[int] = []
    for frame in range(60):
        x = -1.5 + 0.05 * frame
        pair = [at(x, 0.2), at(-x, -0.2)]
        order = [0, 1] if frame % 2 else [1, 0]
        numbers = tracker.update(np.stack([pair[i] for i in order]))
        who = [int(numbers[order.index(person)]) for person in (0, 1)]
        first = first or who
        assert who == first


def test_a_walker_is_found_again_after_a_gap():
    tracker = Tracker(fps=30.0)
    for frame in range(20):
        tracker.update(at(0.05 * frame)[None])
    for _ in range(15):
        tracker.update(np.empty((0, 12, 3)))
    assert tracker.update(at(0.05 * 35)[None]).tolist() == [0]


def test_a_person_is_forgotten_after_the_longest_gap():
    tracker = Tracker(fps=30.0, max_gap=0.5)
    tracker.update(at(0.0)[None])
    for _ in range(16):
        tracker.update(np.empty((0, 12, 3)))
    assert tracker.update(at(0.0)[None]).tolist() == [1]


def test_somebody_who_enters_gets_a_new_number():
    tracker = Tracker(fps=30.0)
    tracker.update(at(0.0)[None])
    assert tracker.update(np.stack([at(2.0), at(0.0)])).tolist() == [1, 0]


def test_expectations_move_with_constant_velocity():
    tracker = Tracker(fps=10.0)
    for frame in range(10):
        tracker.update(at(0.1 * frame)[None])
    assert tracker.expected(12)[0] == pytest.approx(at(1.0), abs=1e-6)


def test_unknown_joints_move_along_and_do_not_spread():
    tracker = Tracker(fps=30.0)
    tracker.update(at(0.0)[None])
    hidden = at(0.1)
    hidden[4:] = np.nan
    assert tracker.update(hidden[None]).tolist() == [0]
    assert np.isfinite(tracker.expected(12)).all()
    assert tracker.update(at(0.2)[None]).tolist() == [0]
