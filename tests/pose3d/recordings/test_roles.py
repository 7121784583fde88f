from itertools import chain, pairwise

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.keypoints import COCO17
from human_capture.pose3d.recordings.detections import Detections
from human_capture.pose3d.recordings.roles import assign_roles, find_role
from human_capture.pose3d.recordings.single_view_tracks import Track

FPS = 30.0
BODY = np.random.default_rng(0).uniform((-0.2, 0), (0.2, 1), (17, 2))


def track(start, stop, size=100.0):
    frames = np.arange(start, stop)
    return Track(frames, np.zeros_like(frames), np.full(len(frames), float(size)))


def person(x, size=200.0):
    return np.array([x, 100.0]) + size * BODY, np.full(17, 0.9)


def view(frames, cuts=()):
    found = Detections.collect(COCO17, frames)
    return Detections(COCO17, found.keypoints, found.confidence, np.array(cuts, int))


def test_a_role_is_the_largest_track_and_all_that_fit_around_it():
    main, before, after = track(50, 150), track(0, 40), track(160, 190)
    other, late = track(30, 100, size=50), track(150, 200, size=20)
    roles = assign_roles([other, before, late, after, main])
    assert [set(role) for role in roles] == [{main, before, after}, {other, late}]


def test_no_two_tracks_of_a_role_overlap_and_all_have_one():
    generator = np.random.default_rng(0)
    spans = zip(
        generator.integers(0, 900, 60), generator.integers(2, 200, 60), strict=True
    )
    tracks = [track(start, start + length) for start, length in spans]
    roles = assign_roles(tracks)
    assert sorted(map(id, chain(*roles))) == sorted(map(id, tracks))
    for role in roles:
        spans = sorted((t.start, t.stop) for t in role)
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
    first = [role[0].prominence for role in roles]
    assert first == sorted(first, reverse=True)


def test_tracks_that_touch_do_not_overlap():
    assert len(assign_roles([track(0, 50), track(50, 90)])) == 1
    assert len(assign_roles([track(0, 51), track(50, 90)])) == 2


def test_a_person_who_comes_back_is_one_role_with_two_spans():
    away = range(60, 150)
    frames = [[] if f in away else [person(100)] for f in range(200)]
    role = find_role(view(frames), FPS)
    assert role.spans.tolist() == [[0, 60], [150, 200]] and role.format == COCO17
    seen = np.isfinite(role.keypoints).all((1, 2))
    assert seen.tolist() == [f not in away for f in range(200)]
    assert ((role.confidence > 0).all(1) == seen).all()
    assert role.keypoints[0] == pytest.approx(person(100)[0], rel=1e-5)


def test_a_cut_begins_a_new_span_of_the_same_role():
    frames = [[person(100 if f < 50 else 600)] for f in range(100)]
    assert find_role(view(frames, (50,)), FPS).spans.tolist() == [[0, 50], [50, 100]]


def test_a_short_gap_stays_inside_a_span():
    frames = [[] if f in (30, 31, 32) else [person(2.0 * f)] for f in range(90)]
    role = find_role(view(frames), FPS)
    assert role.spans.tolist() == [[0, 90]]
    assert np.isnan(role.keypoints[30:33]).all() and not role.confidence[30:33].any()


def test_every_person_can_be_chosen():
    frames = []
    for frame in range(90):
        pair = [person(100, 150), person(600, 300)]
        frames.append(pair[:: 1 if frame % 2 else -1])
    large, small = (find_role(view(frames), FPS, person) for person in (1, 2))
    assert large.keypoints == pytest.approx(
        np.broadcast_to(person(600, 300)[0], (90, 17, 2)), rel=1e-5
    )
    assert small.keypoints == pytest.approx(
        np.broadcast_to(person(100, 150)[0], (90, 17, 2)), rel=1e-5
    )


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_person_who_is_not_there_is_refused_with_the_count(number):
    frames = [[person(100), person(600)]] * 60
    with pytest.raises(InputError, match=f"no person {number} .*persons 1 to 2"):
        find_role(view(frames), FPS, number)
    with pytest.raises(InputError, match="only person 1"):
        find_role(view([[person(100)]] * 60), FPS, 2)


def test_nobody_ever_is_one_sentence():
    for frames in ([], [[]] * 30):
        with pytest.raises(InputError, match="Nobody is seen in the video"):
            find_role(view(frames), FPS)
