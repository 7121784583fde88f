from dataclasses import replace

import cv2
import numpy as np
import pytest

from human_capture.common.detectors.person_mask import PersonSegmenter, guided_model
from human_capture.common.detectors.regions import Region

# Read off the astronaut's picture by eye: (x, y) of squares of 9 x 9 pixels.
PERSON = ((222, 115), (190, 60), (270, 60), (222, 190), (150, 330), (250, 330))
BACKGROUND = ((10, 40), (60, 60), (120, 120), (380, 40), (395, 200), (330, 80))


@pytest.fixture(scope="module")
def unguided(networks):
    return PersonSegmenter(networks, reach=0, contrast=1.0)


def overlap(mask, truth):
    """Intersection over union."""
    found, true = mask > 0.5, truth > 0.5
    return (found & true).sum() / (found | true).sum()


def around(mask, point):
    x, y = point
    return mask[y - 4 : y + 5, x - 4 : x + 5]


def within(region, size):
    """Which pixels of a square picture lie in a region."""
    axis = np.arange(size) + 0.5
    fractions = region.from_image(np.stack(np.meshgrid(axis, axis), -1))
    return ((fractions > 0) & (fractions < 1)).all(-1)


@pytest.mark.parametrize("look", ["whole", "head"])
def test_the_astronaut_is_covered_and_the_wall_is_not(
    segmenter, face_finder, astronaut, look
):
    head = face_finder(astronaut)[0].head
    mask = segmenter(astronaut, head if look == "head" else None)
    assert mask.shape == (512, 512) and mask.dtype == np.float32
    assert mask.min() >= 0 and mask.max() <= 1
    seen = within(head, 512) if look == "head" else np.ones((512, 512), bool)
    persons = [point for point in PERSON if seen[point[::-1]]]
    assert len(persons) >= 4
    for point in persons:
        assert around(mask, point).min() > 0.95
    for point in BACKGROUND:
        assert around(mask, point).max() < 0.05


@pytest.mark.parametrize("person", [1, 3, 8, 11])
def test_the_mask_covers_drawn_people(segmenter, drawn_head, person):
    head = drawn_head(person)
    assert overlap(segmenter(head.image), head.mask) > 0.97


def test_the_picture_sharpens_the_outline(segmenter, unguided, drawn_head):
    head = drawn_head(3, size=768)
    fine, coarse = segmenter(head.image), unguided(head.image)
    assert overlap(fine, head.mask) > overlap(coarse, head.mask)
    ring = np.ones((31, 31))
    true = (head.mask > 0.5).astype(np.uint8)
    outline = (cv2.dilate(true, ring) - cv2.erode(true, ring)) > 0
    wrong = [np.abs(mask - head.mask)[outline].mean() for mask in (fine, coarse)]
    assert wrong[0] < 0.5 * wrong[1]


def test_a_look_at_the_head_shows_more_than_one_at_a_large_picture(
    segmenter, face_finder, drawn_head
):
    head = drawn_head(3, size=160)
    random = np.random.default_rng(0)
    room = cv2.GaussianBlur(
        random.integers(0, 256, (1200, 1200, 3), dtype=np.uint8), (0, 0), 5
    )
    truth = np.zeros((1200, 1200), np.float32)
    room[600:760, 700:860], truth[600:760, 700:860] = head.image, head.mask
    region = replace(face_finder(room)[0].region, side=110.0)
    seen = within(region, 1200)
    near, far = segmenter(room, face_finder(room)[0].head), segmenter(room)
    assert overlap(near * seen, truth * seen) > 0.97
    assert overlap(near * seen, truth * seen) > overlap(far * seen, truth * seen)


def test_the_mask_is_empty_outside_of_the_region(segmenter, astronaut):
    region = Region(225.0, 123.0, 300.0, 0.4)
    mask = segmenter(astronaut, region)
    larger = replace(region, side=region.side + 2)
    assert (mask[~within(larger, 512)] == 0).all()
    assert mask[within(region, 512)].max() == 1
    assert (segmenter(astronaut, Region(900.0, 900.0, 100.0)) == 0).all()


def test_the_border_of_the_picture_does_not_fade(segmenter, astronaut):
    suit = cv2.resize(astronaut[:400, 60:330], None, fx=4, fy=4)  # six pixels a cell
    mask = segmenter(suit)
    assert mask[-1, 400:840].min() > 0.95


def test_the_mask_of_a_head_turns_with_it(segmenter, astronaut):
    region = Region(225.0, 150.0, 320.0)
    mask = segmenter(astronaut, region)
    turned = np.ascontiguousarray(np.rot90(astronaut))
    # (x, y) goes to (y, width - x), and up goes to the left
    there = Region(150.0, 512.0 - 225.0, 320.0, -np.pi / 2.0)
    away = np.abs(np.rot90(segmenter(turned, there), -1) - mask)
    assert away.mean() < 0.002


def test_a_flat_picture_holds_nobody(segmenter):
    assert segmenter(np.full((200, 300, 3), 90, np.uint8)).max() < 0.5


def test_a_mask_that_follows_a_colour_is_predicted_exactly():
    random = np.random.default_rng(0)
    guide = random.random((40, 50, 3), dtype=np.float32)
    mask = guide @ np.float32([0.5, -0.2, 0.1]) + np.float32(0.3)
    model = guided_model(guide, mask, 3, 1e-8)
    np.testing.assert_allclose(
        model, np.broadcast_to([0.5, -0.2, 0.1, 0.3], model.shape), atol=2e-3
    )


def test_the_prediction_is_the_ridge_regression_of_each_window():
    random = np.random.default_rng(1)
    guide = random.random((30, 30, 3), dtype=np.float32)
    mask = (guide[..., 0] > 0.4).astype(np.float32)
    reach, smoothness = 2, 0.01

    def fitted(row, column):
        window = np.s_[
            row - reach : row + reach + 1, column - reach : column + reach + 1
        ]
        colours, cover = guide[window].reshape(-1, 3), mask[window].reshape(-1)
        centred = colours - colours.mean(0)
        normal = centred.T @ centred / len(colours) + smoothness * np.eye(3)
        weights = np.linalg.solve(normal, centred.T @ cover / len(colours))
        return [*weights, cover.mean() - weights @ colours.mean(0)]

    around = [fitted(r, c) for r in range(13, 18) for c in range(18, 23)]
    model = guided_model(guide, mask, reach, smoothness)
    np.testing.assert_allclose(model[15, 20], np.mean(around, 0), atol=1e-4)
