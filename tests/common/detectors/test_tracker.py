import itertools

import numpy as np
import pytest

from human_capture.common.detectors.tracker import BodyTracker, detect_video


@pytest.fixture(scope="module")
def frames(demo_frames):
    return demo_frames("Multi", 4, 6)


@pytest.fixture(scope="module")
def followed(quick_detector, frames):
    return list(detect_video(iter(frames), BodyTracker(quick_detector)))


def test_people_keep_their_numbers(followed):
    assert len(followed) == 6
    assert all({p.track for p in people} == {0, 1} for people in followed)
    for before, after in itertools.pairwise(followed):
        for person in before:
            (same,) = (p for p in after if p.track == person.track)
            moved = np.linalg.norm(same.keypoints - person.keypoints, axis=-1)
            assert np.median(moved) < 20


def test_following_agrees_with_looking_afresh(quick_detector, frames, followed):
    fresh = quick_detector(frames[-1])
    assert len(fresh) == 2
    for person in followed[-1]:
        distance = min(
            np.median(np.linalg.norm(p.keypoints - person.keypoints, axis=-1))
            for p in fresh
        )
        assert distance < 15


def test_somebody_who_was_out_of_sight_keeps_the_number(quick_detector, frames):
    empty = np.full_like(frames[0], 90)
    seen = [frames[0], empty, empty, frames[3]]
    first, *gone, last = detect_video(seen, BodyTracker(quick_detector))
    assert gone == [[], []]
    assert {p.track for p in first} == {p.track for p in last} == {0, 1}


def test_after_too_long_a_person_is_somebody_new(quick_detector, frames):
    empty = np.full_like(frames[0], 90)
    seen = [frames[0], empty, empty, frames[3]]
    tracker = BodyTracker(quick_detector, patience=1)
    assert {p.track for p in list(detect_video(seen, tracker))[-1]} == {2, 3}


def test_left_and_right_stay_when_the_network_confuses_them(quick_detector, frames):
    tracker = BodyTracker(quick_detector)
    people = tracker(frames[0])
    follow = quick_detector.follow
    try:
        quick_detector.follow = lambda *a, **k: [p.mirrored() for p in follow(*a, **k)]
        confused = tracker(frames[1])
    finally:
        del quick_detector.follow
    for person in people:
        (same,) = (p for p in confused if p.track == person.track)
        assert same.similarity(person) > 0.8
        assert same.mirrored().similarity(person) < 0.8


def test_frames_are_taken_one_at_a_time(quick_detector, frames):
    taken = []

    def source():
        for number, frame in enumerate(frames):
            taken.append(number)
            yield frame

    results = detect_video(source(), BodyTracker(quick_detector))
    next(results)
    next(results)
    assert taken == [0, 1]


def test_an_interruption_reaches_the_caller(quick_detector, frames):
    def source():
        yield frames[0]
        raise KeyboardInterrupt

    results = detect_video(source(), BodyTracker(quick_detector))
    assert len(next(results)) == 2
    with pytest.raises(KeyboardInterrupt):
        next(results)
