import math

import cv2
import numpy as np
import pytest

from human_capture.common.detectors.detected import without_copies
from human_capture.common.keypoints import BLAZEPOSE33


@pytest.fixture(scope="module")
def crowd(demo_frames):
    return demo_frames("Multi", 4, 1)[0]


@pytest.fixture(scope="module")
def people(detector, crowd):
    return detector(crowd)


def joint(person, name):
    return person.keypoints[BLAZEPOSE33.index(name)]


def test_both_people_are_found_where_they_are(people, crowd):
    assert len(people) == 2
    woman, man = sorted(people, key=lambda person: -person.keypoints[:, 0].mean())
    # Read off the picture by eye; the people are 450 and 800 pixels high.
    np.testing.assert_allclose(joint(woman, "left_wrist"), [876, 652], atol=25)
    np.testing.assert_allclose(joint(woman, "right_ankle"), [838, 885], atol=25)
    np.testing.assert_allclose(joint(man, "left_wrist"), [232, 1010], atol=25)
    np.testing.assert_allclose(joint(man, "right_wrist"), [615, 888], atol=25)
    for person in people:
        assert person.score > 0.7 and person.human > 0.9
        assert joint(person, "nose")[1] < joint(person, "left_ankle")[1]
        left, top, right, bottom = person.box
        assert 0 < left < right < crowd.shape[1] and 0 < top < bottom < crowd.shape[0]


def test_people_turn_with_the_picture(detector, crowd, people):
    turned = detector(np.ascontiguousarray(np.rot90(crowd)))
    assert len(turned) == len(people)
    for person in people:
        # (x, y) goes to (y, width - x)
        expected = np.stack(
            [person.keypoints[:, 1], crowd.shape[1] - person.keypoints[:, 0]], -1
        )
        distance = min(
            np.median(np.linalg.norm(other.keypoints - expected, axis=-1))
            for other in turned
        )
        assert distance < 20


def test_an_empty_room_and_noise_hold_nobody(detector):
    assert detector(np.full((300, 400, 3), 90, np.uint8)) == []
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    assert detector(noise) == []


def test_small_people_are_found_in_tiles(detector, crowd, people):
    scale = 0.4
    small = cv2.resize(crowd, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    room = np.full((1920, 1920, 3), 120, np.uint8)
    room[900 : 900 + small.shape[0], 700 : 700 + small.shape[1]] = small
    found = detector(room)
    for person in people:
        expected = person.keypoints * scale + [700, 900]
        distance = min(
            np.median(np.linalg.norm(other.keypoints - expected, axis=-1))
            for other in found
        )
        assert distance < 15


def test_copies_and_mirror_images_are_dropped(people):
    first, second = people
    again = [first, second, first.mirrored(), second]
    assert [p.score for p in without_copies(again)] == [first.score, second.score]


def test_mirroring_exchanges_sides_of_the_chosen_half(people):
    person = people[0]
    arms = [BLAZEPOSE33.index(f"{side}_wrist") for side in ("left", "right")]
    legs = [BLAZEPOSE33.index(f"{side}_knee") for side in ("left", "right")]
    half = person.mirrored(arms)
    np.testing.assert_array_equal(half.keypoints[arms], person.keypoints[arms[::-1]])
    np.testing.assert_array_equal(half.keypoints[legs], person.keypoints[legs])
    np.testing.assert_array_equal(
        person.mirrored().mirrored().keypoints, person.keypoints
    )


def test_silhouettes_cover_the_body(people, crowd):
    for person in people:
        region = person.region
        mask = person.silhouette.within(region, 256)
        hips = np.stack([joint(person, f"{side}_hip") for side in ("left", "right")])
        column, row = (region.from_image(hips.mean(0)) * 256).astype(int)
        assert mask[row, column]
        assert 0.03 < mask.mean() < 0.5
        assert math.isfinite(region.side)
