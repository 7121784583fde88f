"""Inverse kinematics: exact lengths, soft limits, hands outside the body."""

import numpy as np
import pytest

from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.phenotype import Phenotype
from human_capture.common.people.anatomy.skeleton import Skeleton, Torso
from human_capture.common.people.movement.limbs import (
    clear_of_body,
    soft_maximum,
    soft_minimum,
    two_links,
)


@pytest.fixture(scope="module")
def upright():
    body = default_body()
    skeleton = Skeleton.of(body, body.shape(Phenotype.sample(0).tensor()))
    still = np.broadcast_to(np.eye(3), (200, 3, 3))
    place = np.tile([0.0, 0.0, skeleton.hips[2] - skeleton.sole], (200, 1))
    return Torso(skeleton, place, still, still, still)


def test_links_keep_their_lengths_and_reach_what_they_can():
    random = np.random.default_rng(0)
    target = random.normal(0, 0.3, (300, 3))
    aim = random.normal(size=(300, 3))
    start = np.zeros((300, 3))
    middle, end = two_links(start, target, 0.3, 0.25, aim)
    np.testing.assert_allclose(np.linalg.norm(middle, axis=-1), 0.3, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(end - middle, axis=-1), 0.25, rtol=1e-6)
    distance = np.linalg.norm(target, axis=-1)
    easy = (distance > 0.25) & (distance < 0.5)
    np.testing.assert_allclose(end[easy], target[easy], atol=2e-3)


def test_elbow_lies_on_the_side_it_is_aimed_at():
    target, aim = np.array([[0.4, 0.0, 0.0]]), np.array([[0.3, 0.0, -1.0]])
    middle, _ = two_links(np.zeros((1, 3)), target, 0.3, 0.25, aim)
    assert middle[0, 2] < -0.05
    assert abs(middle[0, 1]) < 1e-9


def test_soft_limits_approach_hard_ones():
    values = np.linspace(-1, 1, 101)
    np.testing.assert_allclose(
        soft_maximum(values, 0.2, 1e-4), np.maximum(values, 0.2), atol=1e-4
    )
    np.testing.assert_allclose(
        soft_minimum(values, 0.2, 1e-4), np.minimum(values, 0.2), atol=1e-4
    )


def test_points_leave_trunk_and_head_and_others_stay(upright):
    random = np.random.default_rng(1)
    middle = upright.position[0] + [0, 0, 0.3]
    inside = middle + random.uniform(-0.05, 0.05, (200, 3))
    outside = clear_of_body(upright, "left", inside, 0.05)
    moved = np.linalg.norm((outside - inside)[:, :2], axis=-1)
    assert moved.min() > 0.05
    far = middle + np.array([0.6, 0.0, 0.0]) + random.uniform(-0.1, 0.1, (200, 3))
    np.testing.assert_allclose(
        clear_of_body(upright, "left", far, 0.05), far, atol=2e-3
    )
    head = upright.column["head"] + [0, -0.03, 0.08]
    freed = clear_of_body(upright, "right", head, 0.05)
    assert np.linalg.norm(freed - head, axis=-1).min() > 0.1
