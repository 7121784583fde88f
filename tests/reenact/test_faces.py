import importlib.util

import numpy as np
import pytest

from human_capture.common.detectors.face_finder import FaceFinder
from human_capture.common.detectors.face_landmarks import DetectedFace
from human_capture.common.errors import InputError
from human_capture.reenact.faces import FaceTracker


def astronaut():
    if importlib.util.find_spec("mediapipe") is None:
        pytest.skip("needs the package mediapipe, which carries the networks")
    return pytest.importorskip("skimage.data").astronaut()


IMAGE = np.zeros((4, 4, 3), np.uint8)


def face(x, y=100.0, side=40.0):
    """A face around (x, y)."""
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (468, 2))
    points[:4] = [[-0.5, -0.5], [0.5, -0.5], [-0.5, 0.5], [0.5, 0.5]]
    points[[33, 263]] = [[-0.3, -0.1], [0.3, -0.1]]
    return DetectedFace.from_landmarks(points * side + (x, y), np.zeros(468), 1.0)


class Film:
    """A finder that is told what each frame shows."""

    def __init__(self, *frames):
        self.frames = frames
        self.now = -1
        self.searches = 0

    def play(self, tracker):
        """Middle of the followed face in each frame; None where it is not seen."""
        xs = []
        for now in range(len(self.frames)):
            self.now = now
            seen = tracker(IMAGE)
            xs.append(None if seen is None else float(seen.box[[0, 2]].mean()))
        return xs

    def __call__(self, image):
        self.searches += 1
        return sorted(self.frames[self.now], key=lambda face: -face.size)

    def follow(self, image, faces):
        # as the network does: whatever face is near the place looked at
        found = []
        for last in faces:
            near = [f for f in self.frames[self.now] if f.is_copy_of(last)]
            found += near[:1]
        return found


def test_largest_face_is_followed():
    film = Film(*[[face(50), face(300, side=60)] for _ in range(5)])
    assert film.play(FaceTracker(film)) == [300] * 5
    assert film.searches == 1


def test_faces_are_counted_from_the_left_of_the_first_frame_with_faces():
    people = [face(500), face(50), face(300, side=60)]
    for number, x in ((1, 50), (2, 300), (3, 500)):
        film = Film([], people, people)
        assert film.play(FaceTracker(film, number)) == [None, x, x]


def test_too_large_a_number_says_how_many_there_are():
    film = Film([face(50), face(300)])
    with pytest.raises(InputError, match=r"no face 3.* shows 2"):
        film.play(FaceTracker(film, 3))
    with pytest.raises(InputError, match="counted from 1"):
        FaceTracker(film, 0)


def test_frames_without_the_face_are_counted():
    film = Film([], [face(50)], [], [], [face(55)])
    tracker = FaceTracker(film)
    assert film.play(tracker) == [None, 50, None, None, 55]
    assert tracker.missed == 3


def test_others_are_never_taken_for_the_one_who_has_left():
    # the other stands close by and comes to where the first has been
    film = Film(
        [face(100), face(140)],
        [face(100), face(140)],
        [face(138)],
        [face(130)],
        [face(120)],
        [face(112), face(70)],
    )
    assert film.play(FaceTracker(film, 1)) == [100, 100, None, None, None, 70]


def test_the_other_does_not_capture_the_follower_by_walking_up_to_it():
    frames = [[face(100), face(x)] for x in (220, 200, 180, 160)]
    film = Film(*frames, *[[face(x)] for x in (140, 125)])
    xs = film.play(FaceTracker(film, 1, search_every=1))
    assert xs == [100, 100, 100, 100, None, None]


def test_a_lone_person_is_found_again_anywhere():
    film = Film([face(100)], [], [face(500, side=80)])
    assert film.play(FaceTracker(film)) == [100, None, 500]


def test_quick_head_is_found_again_beside_others():
    film = Film([face(100), face(300)], [face(130), face(300)])
    assert film.play(FaceTracker(film, 1)) == [100, 130]


def test_after_about_a_second_a_lone_face_is_taken_elsewhere():
    wide, close = [face(100), face(300)], [face(200, side=120)]
    film = Film(*[wide] * 30, *[close] * 300)
    for number in (None, 1):
        tracker = FaceTracker(film, number)
        xs = film.play(tracker)
        assert xs == [100] * 30 + [None] * 30 + [200] * 270
        assert tracker.jumps == 1


def test_a_gap_counts_as_waiting():
    film = Film([face(100), face(300)], *[[]] * 10, *[[face(500)]] * 300)
    xs = film.play(FaceTracker(film, patience=15))
    assert xs == [100] + [None] * 15 + [500] * 295


def test_of_several_faces_elsewhere_the_largest_is_taken_if_none_was_asked_for():
    before, after = [face(100), face(300)], [face(500), face(700, side=60)]
    film = Film(before, *[after] * 9, [face(800)])
    assert film.play(FaceTracker(film, patience=3))[3:6] == [None, 700, 700]
    asked = FaceTracker(film, 1, patience=3)
    assert film.play(asked) == [100] + [None] * 9 + [800]


def test_who_comes_back_to_the_same_place_is_preferred_however_late():
    before, after = [face(100), face(300, side=38)], [face(105), face(500, side=60)]
    for number in (None, 1):
        film = Film(before, *[[]] * 9, after)
        tracker = FaceTracker(film, number, patience=3)
        assert film.play(tracker)[-1] == 105 and tracker.jumps == 0


def test_somebody_seen_alone_again_is_followed_through_cuts_at_once():
    film = Film([face(100), face(300)], *[[face(500)]] * 4, [face(800)])
    tracker = FaceTracker(film, patience=3)
    assert film.play(tracker) == [100, None, None, None, 500, 800]
    assert tracker.jumps == 2 and tracker.most == 2


def test_a_face_taken_far_from_the_last_one_is_a_jump():
    shots = {
        "near": [[face(100)], [], [face(110)], [face(120)]],
        "far": [[face(100)], [face(150)]],
        "zoom": [[face(100)], [face(100, side=80)]],
    }
    jumps = {}
    for name, frames in shots.items():
        film = Film(*frames)
        tracker = FaceTracker(film)
        film.play(tracker)
        jumps[name] = tracker.jumps
    assert jumps == {"near": 0, "far": 1, "zoom": 1}


def test_searches_happen_every_so_often_and_count_people():
    film = Film(*[[face(100)]] * 3, *[[face(100), face(300)]] * 9)
    tracker = FaceTracker(film, search_every=4)
    film.play(tracker)
    assert film.searches == 3 and tracker.most == 2


def test_many_frames_at_once():
    film = Film([face(100)])
    film.now = 0
    seen = list(FaceTracker(film).follow([IMAGE] * 3))
    assert len(seen) == 3 and all(seen)


def test_real_faces():
    photo = astronaut()
    both = np.concatenate([photo[::2, ::2][:200], photo[:200, ::-1]], 1)
    right = FaceTracker(FaceFinder(), 2)
    left = FaceTracker(FaceFinder(), 1)
    for shift in (0, 4, 8):
        image = np.roll(both, shift, 1)
        assert left(image).box[2] < 256 < right(image).box[0]
    assert left.missed == right.missed == 0 and left.most == 2
