import cv2
import numpy as np
import pytest

from human_capture.common.detectors.face_finder import FaceFinder
from human_capture.common.detectors.search import SearchPattern

NOSE, CHIN, MIDLINE = 2, 152, (1, 2, 10, 152)
SIDES = ((33, 263), (61, 291), (133, 362), (234, 454))


@pytest.fixture(scope="module")
def face(face_finder, astronaut):
    (found,) = face_finder(astronaut)
    return found


def size_of(face):
    return np.sqrt(face.size)


def distance(face, landmarks):
    """Median over the points, as a share of the face's size."""
    away = np.linalg.norm(face.landmarks - landmarks, axis=-1)
    return np.median(away) / size_of(face)


def test_the_landmarks_lie_where_they_are_seen(face):
    # Read off the picture by eye; the face is 95 pixels wide.
    seen = {33: (193, 101), 263: (258, 105), NOSE: (223, 134), CHIN: (222, 178)}
    seen |= {61: (202, 140), 291: (246, 141)}
    for number, position in seen.items():
        np.testing.assert_allclose(face.landmarks[number], position, atol=4)
    assert face.score > 0.99
    np.testing.assert_allclose(face.box[:2], face.landmarks.min(0))
    np.testing.assert_allclose(face.box[2:], face.landmarks.max(0))


def test_landmarks_move_with_the_picture(face_finder, astronaut, face):
    room = np.full((700, 1100, 3), 120, np.uint8)
    room[150:662, 401:913] = astronaut
    (found,) = face_finder(room)
    assert distance(found, face.landmarks + np.array([401, 150])) < 0.02


@pytest.mark.parametrize("scale", [0.4, 1.7])
def test_landmarks_grow_with_the_picture(face_finder, astronaut, face, scale):
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = round(512 * scale)
    (found,) = face_finder(cv2.resize(astronaut, (size, size), interpolation=kind))
    assert distance(found, face.landmarks * size / 512) < 0.025


def test_a_mirrored_picture_gives_mirrored_points(face_finder, astronaut, face):
    (found,) = face_finder(np.ascontiguousarray(astronaut[:, ::-1]))
    pairs = [*SIDES, *((right, left) for left, right in SIDES)]
    pairs += [(point, point) for point in MIDLINE]
    here, there = (list(numbers) for numbers in zip(*pairs, strict=True))
    mirrored = face.landmarks[there] * [-1, 1] + [512, 0]
    away = np.linalg.norm(found.landmarks[here] - mirrored, axis=-1)
    assert away.max() < 0.06 * size_of(face)


@pytest.mark.parametrize("degrees", [-60, -25, 40])
def test_landmarks_lean_with_the_picture(face_finder, astronaut, face, degrees):
    turn = cv2.getRotationMatrix2D((255.5, 255.5), degrees, 0.8)
    (found,) = face_finder(cv2.warpAffine(astronaut, turn, (512, 512)))
    expected = (face.landmarks - 0.5) @ turn[:, :2].T + turn[:, 2] + 0.5
    assert distance(found, expected) < 0.02


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_search_in_all_directions_finds_lying_faces(
    networks, astronaut, face, quarters
):
    pattern = SearchPattern(rotations=(0.0, 90.0, 180.0, 270.0), tiles=())
    finder = FaceFinder(networks, search=pattern)
    (found,) = finder(np.ascontiguousarray(np.rot90(astronaut, quarters)))
    expected = face.landmarks
    for _ in range(quarters):  # (x, y) goes to (y, width - x)
        expected = expected[:, ::-1] * [1, -1] + [0, 512]
    assert distance(found, expected) < 0.02


def test_two_faces_are_two_and_the_largest_comes_first(
    face_finder, astronaut, drawn_head
):
    drawn = cv2.resize(drawn_head(3).image, (512, 512))
    for pictures in ((drawn, astronaut), (astronaut, drawn), (astronaut, astronaut)):
        first, second = face_finder(np.concatenate(pictures, 1))
        assert first.size >= second.size
        assert {first.box[0] < 512, second.box[0] < 512} == {True, False}


def test_a_small_face_is_found_in_a_large_picture(face_finder, astronaut, face):
    scale = 0.35  # the face is 38 pixels high
    small = cv2.resize(astronaut, None, fx=scale, fy=scale, interpolation=3)
    room = np.full((1080, 1920, 3), 120, np.uint8)
    room[700 : 700 + len(small), 1300 : 1300 + len(small)] = small
    (found,) = face_finder(room)
    landmarks = face.landmarks * len(small) / 512 + [1300, 700]
    assert distance(found, landmarks) < 0.05


def test_a_face_cut_by_the_border_is_found_once(face_finder, astronaut, face):
    cut = np.ascontiguousarray(astronaut[:, 205:])
    (found,) = face_finder(cut)
    assert distance(found, face.landmarks - [205, 0]) < 0.1


@pytest.mark.parametrize("name", ["brick", "coffee", "noise", "grey", "wall"])
def test_pictures_without_people_hold_no_face(face_finder, astronaut, name):
    data = pytest.importorskip("skimage.data")
    if name in ("brick", "coffee"):
        picture = getattr(data, name)()
        picture = np.dstack([picture] * 3) if picture.ndim == 2 else picture
    elif name == "noise":
        random = np.random.default_rng(0)
        picture = np.dstack([random.integers(0, 256, (400, 600), dtype=np.uint8)] * 3)
    else:
        picture = np.full((300, 400, 3), 128, np.uint8)
        if name == "wall":
            picture = np.ascontiguousarray(astronaut[:, 300:])
    assert face_finder(picture) == []


def test_faces_are_followed_and_lost(face_finder, astronaut, face):
    moved = np.roll(astronaut, (6, -9), (0, 1))
    (found,) = face_finder.follow(moved, [face])
    assert distance(found, face.landmarks + np.array([-9, 6])) < 0.03
    assert face_finder.follow(np.full_like(astronaut, 90), [face]) == []
    assert len(face_finder.follow(astronaut, [face, found])) == 1
    assert face_finder.follow(astronaut, []) == []
