import math

import numpy as np
import pytest

from human_capture.common.detectors.faces import (
    FACE_POINTS,
    FAR_FACES,
    NEAR_FACES,
    FaceCandidate,
    FaceDetector,
)
from human_capture.common.detectors.models import Network, find_network
from human_capture.common.detectors.regions import ImagePyramid, Region
from human_capture.common.errors import InputError

# Read off the astronaut's picture by eye; the pupils stand 44 pixels apart.
EYES = np.array([[203.0, 101.0], [247.0, 104.0]])


@pytest.fixture(scope="module")
def near(networks):
    path = find_network("face_detection_short_range.tflite", networks)
    return FaceDetector(Network(path), NEAR_FACES)


@pytest.fixture(scope="module")
def far(networks):
    path = find_network("face_detection_full_range_sparse.tflite", networks)
    return FaceDetector(Network(path), FAR_FACES)


@pytest.fixture(params=["near", "far"])
def detector(request):
    return request.getfixturevalue(request.param)


def level_face(turn, shift=(0.0, 0.0), half=(20.0, 20.0)):
    """A candidate with eyes on a line that falls by ``turn`` radians to the right."""
    eye = 10 * np.array([math.cos(turn), math.sin(turn)])
    points = np.zeros((6, 2)) + shift
    points[0] -= eye
    points[1] += eye
    middle = np.array(shift)
    return FaceCandidate(np.concatenate((middle - half, middle + half)), points, 1.0)


def test_the_eyes_are_found_where_they_are(detector, astronaut):
    (face,) = detector(ImagePyramid(astronaut), [Region.around_image(512, 512)])
    assert face.score > 0.8
    np.testing.assert_allclose(face.points[:2], EYES, atol=6)
    left, top, right, bottom = face.box
    assert 170 < left < 195 and 255 < right < 285 and 60 < top < 95
    assert 160 < bottom < 190
    mouth, ears = face.points[FACE_POINTS.index("mouth")], face.points[4:]
    assert EYES[:, 1].max() < mouth[1] < bottom
    assert ears[0, 0] < EYES[0, 0] and EYES[1, 0] < ears[1, 0]


def test_a_part_of_the_picture_gives_the_same_face(detector, astronaut):
    regions = [Region(230.0, 130.0, side) for side in (300.0, 400.0)]
    for region in regions:
        (face,) = detector(ImagePyramid(astronaut), [region])
        np.testing.assert_allclose(face.points[:2], EYES, atol=6)
    everything = detector(ImagePyramid(astronaut), regions)
    assert len(everything) == 2
    assert everything[0].score >= everything[1].score


def test_only_the_far_detector_sees_small_faces(near, far, astronaut):
    room = np.full((1400, 1400, 3), 120, np.uint8)
    room[400:912, 500:1012] = astronaut
    whole = [Region.around_image(1400, 1400)]
    assert near(ImagePyramid(room), whole) == []
    (face,) = far(ImagePyramid(room), whole)
    np.testing.assert_allclose(face.points[:2], EYES + np.array([500, 400]), atol=20)


@pytest.mark.parametrize("quarters", [1, 3])
def test_the_near_detector_turns_regions_with_lying_faces(near, astronaut, quarters):
    turned = np.ascontiguousarray(np.rot90(astronaut, quarters))
    face = near(ImagePyramid(turned), [Region.around_image(512, 512)])[0]
    side = -1 if quarters == 1 else 1  # rot90 turns to the left
    # It sees about half of the turn; the landmark network sees the rest.
    assert 40 < side * math.degrees(face.region.rotation) < 100


@pytest.mark.parametrize("turn", [0.0, 0.4, -1.2, 2.0])
def test_the_region_levels_the_eyes(turn):
    face = level_face(turn, (100.0, 60.0))
    right, left = face.region.from_image(face.points[:2])
    assert right[1] == pytest.approx(0.5) and left[1] == pytest.approx(0.5)
    assert right[0] < left[0]


def test_the_region_is_half_as_large_again_as_the_longer_side_of_the_box():
    region = level_face(0.0, (50.0, 40.0), (10.0, 16.0)).region
    assert (region.x, region.y, region.side) == pytest.approx((50, 40, 48))


def test_a_flat_picture_holds_no_face(detector):
    flat = np.full((300, 400, 3), 90, np.uint8)
    assert detector(ImagePyramid(flat), [Region.around_image(300, 400)]) == []


def test_a_network_with_another_layout_is_refused(near):
    with pytest.raises(InputError, match="another network"):
        FaceDetector(near.network, FAR_FACES)
