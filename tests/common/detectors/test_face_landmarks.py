import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from human_capture.common.detectors.face_landmarks import DetectedFace, FaceLandmarker
from human_capture.common.detectors.models import Network, find_network
from human_capture.common.detectors.regions import ImagePyramid, Region
from human_capture.common.errors import InputError

MOVES = st.builds(
    Region,
    x=st.floats(-500, 4000),
    y=st.floats(-500, 4000),
    side=st.floats(5, 5000),
    rotation=st.floats(-3, 3),
)


@pytest.fixture(scope="module")
def landmarker(networks):
    return FaceLandmarker(Network(find_network("face_landmark.tflite", networks)))


def a_face(move=None):
    """Some face in the unit square, or moved to where a region is."""
    points = np.random.default_rng(0).uniform(0.2, 0.8, (468, 2))
    points[33], points[263] = (0.3, 0.4), (0.7, 0.4)
    points = points if move is None else move.to_image(points)
    return DetectedFace.from_landmarks(points, np.zeros(468), 1.0)


@given(move=MOVES)
def test_the_region_moves_with_the_landmarks(move):
    here, there = a_face().region, a_face(move).region
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(
        there.to_image(corners), move.to_image(here.to_image(corners)), atol=1e-4
    )


def test_the_region_is_half_as_large_again_as_the_landmarks():
    face = a_face()
    left, top, right, bottom = face.box
    assert face.region.side == pytest.approx(1.5 * max(right - left, bottom - top))
    np.testing.assert_allclose(
        (face.region.x, face.region.y), ((left + right) / 2, (top + bottom) / 2)
    )


def test_the_head_lies_about_the_face_and_turns_with_it():
    face = a_face(Region(50.0, 40.0, 30.0, 0.5))
    region, head = face.region, face.head
    assert (head.x, head.y, head.rotation) == (region.x, region.y, region.rotation)
    assert head.side > 2 * region.side


def test_copies_lie_within_each_other_and_neighbours_do_not():
    face = a_face(Region(100.0, 100.0, 100.0))
    shifted = a_face(Region(115.0, 95.0, 100.0, 0.2))
    part = a_face(Region(120.0, 100.0, 30.0))
    beside = a_face(Region(165.0, 100.0, 100.0))
    for other, same in ((shifted, True), (part, True), (beside, False)):
        assert face.is_copy_of(other) is same
        assert other.is_copy_of(face) is same


@pytest.mark.parametrize("person", [1, 3, 8, 11])
@pytest.mark.parametrize(("aside", "tolerance"), [(0.0, 0.045), (20.0, 0.06)])
def test_landmarks_lie_near_the_drawn_ones(
    face_finder, drawn_head, person, aside, tolerance
):
    head = drawn_head(person, aside)
    (face,) = face_finder(head.image)
    away = np.linalg.norm(face.landmarks - head.landmarks, axis=-1)
    assert np.median(away) < tolerance * head.eye_distance
    assert np.corrcoef(face.depth, head.depth)[0, 1] > 0.9
    assert face.depth[1] < face.depth[[152, 234, 454]].min()  # the nose is nearest


def test_a_second_look_is_steadier(landmarker, astronaut):
    pyramid = ImagePyramid(astronaut)
    random = np.random.default_rng(0)
    first, second = [], []
    for _ in range(8):
        dx, dy = random.normal(0, 8, 2)
        side, turn = 160 * np.exp(random.normal(0, 0.1)), random.normal(0, 0.1)
        region = Region(225 + dx, 123 + dy, float(side), float(turn))
        face = landmarker(pyramid, region)
        first.append(face.landmarks)
        second.append(landmarker(pyramid, face.region).landmarks)
    assert np.std(second, axis=0).mean() < 0.7 * np.std(first, axis=0).mean()


def test_no_face_has_a_low_score(landmarker, astronaut):
    helmet = landmarker(ImagePyramid(astronaut), Region(390.0, 430.0, 160.0))
    face = landmarker(ImagePyramid(astronaut), Region(225.0, 123.0, 160.0))
    assert helmet.score < 0.1 and face.score > 0.99


def test_another_network_is_refused(networks):
    path = find_network("face_detection_short_range.tflite", networks)
    with pytest.raises(InputError, match="another network"):
        FaceLandmarker(Network(path))
