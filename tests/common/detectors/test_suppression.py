import numpy as np
import pytest

from human_capture.common.detectors.suppression import (
    box_overlaps,
    keypoint_similarity,
    weighted_suppression,
)

BODY = np.array([[0.0, 0.0], [40.0, 0.0], [40.0, 90.0], [0.0, 90.0]])
SIZE = 60.0  # the square root of the area of the body's box


def test_overlap_is_intersection_over_union():
    box = np.array([0.0, 0.0, 2.0, 2.0])
    others = np.array([[0, 0, 2, 2], [1, 1, 3, 3], [2, 0, 4, 2], [5, 5, 6, 6.0]])
    np.testing.assert_allclose(box_overlaps(box, others), [1, 1 / 7, 0, 0])


def test_overlapping_boxes_become_their_weighted_mean():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60.0]])
    values = np.array([[1.0, 10.0], [4.0, 40.0], [7.0, 70.0]])
    means, best = weighted_suppression(boxes, values, np.array([0.4, 0.8, 0.6]))
    np.testing.assert_allclose(means, [[3.0, 30.0], [7.0, 70.0]])
    np.testing.assert_allclose(best, [0.8, 0.6])


def test_slightly_overlapping_boxes_stay_apart():
    boxes = np.array([[0, 0, 10, 10], [6, 0, 16, 10.0]])  # overlap 4 / 16
    _, best = weighted_suppression(boxes, np.zeros((2, 1)), np.array([0.5, 0.9]))
    np.testing.assert_allclose(best, [0.9, 0.5])


def test_empty_boxes_and_no_boxes_are_handled():
    means, _ = weighted_suppression(np.zeros((2, 4)), np.ones((2, 3)), np.ones(2))
    assert means.shape == (2, 3)
    means, best = weighted_suppression(np.zeros((0, 4)), np.zeros((0, 3)), np.zeros(0))
    assert means.shape == (0, 3) and best.shape == (0,)


def test_similarity_falls_as_a_gaussian_of_the_distance():
    ones = np.ones(4)
    assert keypoint_similarity(BODY, BODY, ones) == 1
    shifted = BODY + np.array([0.1 * SIZE, 0.0])
    assert keypoint_similarity(BODY, shifted, ones) == pytest.approx(np.exp(-0.5))
    assert keypoint_similarity(BODY * 7, shifted * 7, ones) == pytest.approx(
        np.exp(-0.5)
    )


def test_similarity_counts_joints_by_their_weights():
    other = BODY.copy()
    other[0] += 1000
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    assert keypoint_similarity(BODY, other, weights) == pytest.approx(0.9)
    assert keypoint_similarity(BODY, other, np.zeros(4)) == 0
