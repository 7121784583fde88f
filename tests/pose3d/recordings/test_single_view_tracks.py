import numpy as np
import pytest

from human_capture.common.keypoints import COCO17
from human_capture.pose3d.recordings.detections import Detections
from human_capture.pose3d.recordings.single_view_tracks import SingleViewTracker

FPS = 30.0
BODY = np.random.default_rng(0).uniform((-0.2, 0), (0.2, 1), (17, 2))


def person(x, y=100.0, size=200.0, confidence=0.9):
    return np.array([x, y]) + size * BODY, np.full(17, confidence)


def view(frames, cuts=()):
    found = Detections.collect(COCO17, frames)
    return Detections(COCO17, found.keypoints, found.confidence, np.array(cuts, int))


def tracks(frames, cuts=(), **options):
    return SingleViewTracker(**options).tracks(view(frames, cuts), FPS)


def lengths(found):
    return [(track.start, track.stop) for track in found]


def test_the_order_in_a_frame_means_nothing():
    generator = np.random.default_rng(0)
    frames, truth = [], []
    for frame in range(90):
        people = [person(100 + 2 * frame), person(400), person(700 - 2 * frame)]
        order = generator.permutation(3)
        truth.append(np.argsort(order))
        frames.append([people[i] for i in order])
    found = tracks(frames)
    assert lengths(found) == [(0, 90)] * 3
    assert {tuple(t.people) for t in found} == set(zip(*truth, strict=True))


def test_people_who_pass_each_other_keep_their_tracks():
    frames = []
    for frame in range(120):
        left, right = person(4.0 * frame), person(480.0 - 4 * frame, y=130)
        hidden = 55 <= frame < 66  # behind the other
        frames.append(
            [left] if hidden else [right, left] if frame % 2 else [left, right]
        )
    found = view(frames)
    for track in SingleViewTracker().tracks(found, FPS):
        x = found.keypoints[track.frames, track.people, 0, 0]
        assert (np.sign(np.diff(x)) == np.sign(x[-1] - x[0])).all()
    assert sorted(len(t.frames) for t in tracks(frames)) == [109, 120]


def test_somebody_out_of_sight_is_waited_for_and_then_given_up():
    def walk(gap):
        hidden = range(40, 40 + gap)
        return [[] if f in hidden else [person(3.0 * f)] for f in range(120)]

    assert lengths(tracks(walk(25))) == [(0, 120)]
    assert lengths(tracks(walk(35))) == [(0, 40), (75, 120)]
    assert lengths(tracks(walk(8), patience=0.2)) == [(0, 40), (48, 120)]


def test_every_track_ends_at_a_cut():
    frames = [[person(100), person(500)]] * 60
    assert lengths(tracks(frames, cuts=(25,))) == [(0, 25)] * 2 + [(25, 60)] * 2


def test_distance_is_measured_against_size():
    jump = [
        [person(100 + 50 * (f >= 30), size=s)] for s in (1000.0,) for f in range(60)
    ]
    assert lengths(tracks(jump)) == [(0, 60)]
    jump = [[person(100 + 50 * (f >= 30), size=50.0)] for f in range(60)]
    assert lengths(tracks(jump)) == [(0, 30), (30, 60)]


def test_a_speck_does_not_take_the_place_of_somebody_large():
    frames = [
        [person(100, 100, 600)] if f < 40 else [person(100, 380, 30)] for f in range(80)
    ]
    assert lengths(tracks(frames)) == [(0, 40), (40, 80)]


def test_flickers_are_left_out_unless_there_is_nothing_else():
    frames = [[person(100)] + [person(800)] * (20 <= f < 24) for f in range(60)]
    assert lengths(tracks(frames)) == [(0, 60)]
    assert lengths(tracks(frames[20:23])) == [(0, 3)] * 2


def test_unsure_key_points_do_not_count():
    points, confidence = person(100)
    wild = points.copy()
    wild[5:] = np.random.default_rng(1).uniform(0, 5000, (12, 2))
    unsure = np.where(np.arange(17) < 5, 0.9, 0.1)
    frames = [[(wild, unsure) if f % 2 else (points, confidence)] for f in range(60)]
    assert lengths(tracks(frames)) == [(0, 60)]
    assert tracks([[person(100, confidence=0.1)]] * 60) == []
    assert tracks([[]] * 10) == [] and tracks([]) == []


def test_joints_may_come_and_go():
    generator = np.random.default_rng(2)
    frames = []
    for frame in range(120):
        points, confidence = person(2.0 * frame)
        points[generator.permutation(17)[:10]] = np.nan
        frames.append([(points, confidence)])
    assert lengths(tracks(frames)) == [(0, 120)]


def test_prominence_counts_size_and_time():
    frames = [
        [person(100, 100, 400)] * (f < 30) + [person(700, 100, 150)] for f in range(90)
    ]
    large, small = tracks(frames)
    assert (len(large.frames), len(small.frames)) == (30, 90)
    assert large.prominence / small.prominence == pytest.approx(400 / 150 / 3)
