"""Rotations: group properties, and the conventions of the axes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from human_capture.common.people.movement.orientations import (
    FORWARD,
    LEFT,
    UP,
    apply,
    axes,
    between,
    ease,
    exponential,
    logarithm,
    swing,
    turn,
    twist,
)

vectors = arrays(np.float64, (4, 3), elements=st.floats(-1.7, 1.7))


@given(vectors)
def test_logarithm_undoes_exponential(vector):
    np.testing.assert_allclose(logarithm(exponential(vector)), vector, atol=1e-7)


@given(vectors)
def test_exponential_is_a_rotation(vector):
    rotation = exponential(vector)
    product = rotation @ np.swapaxes(rotation, -1, -2)
    np.testing.assert_allclose(
        product, np.broadcast_to(np.eye(3), product.shape), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.det(rotation), 1, atol=1e-9)


@given(vectors, vectors)
def test_between_goes_from_start_to_end(start, end):
    a, b = exponential(start), exponential(0.5 * end)
    np.testing.assert_allclose(between(a, b, 0.0), a, atol=1e-7)
    middle = between(a, a @ b, 0.5)
    np.testing.assert_allclose(middle, a @ exponential(0.25 * end), atol=1e-7)


def test_swing_carries_one_direction_onto_the_other():
    random = np.random.default_rng(0)
    start, end = random.normal(size=(2, 50, 3))
    carried = apply(swing(start, end), start)
    cosine = (carried * end).sum(-1)
    lengths = np.linalg.norm(start, axis=-1) * np.linalg.norm(end, axis=-1)
    np.testing.assert_allclose(cosine, lengths)


def test_twist_recovers_the_angle_about_an_axis():
    random = np.random.default_rng(1)
    axis, start = random.normal(size=(2, 50, 3))
    angle = random.uniform(-3, 3, 50)
    unit_axis = axis / np.linalg.norm(axis, axis=-1, keepdims=True)
    end = apply(exponential(unit_axis * angle[:, None]), start)
    np.testing.assert_allclose(twist(axis, start, end), angle, atol=1e-7)


def test_turns_go_where_their_names_say():
    assert apply(turn(pitch=0.3), UP) @ FORWARD > 0.2
    assert apply(turn(side=0.3), UP) @ LEFT > 0.2
    assert apply(turn(yaw=0.3), FORWARD) @ LEFT > 0.2


def test_axes_keep_left_exactly():
    rotation = axes(np.array([2.0, 1.0, 0.5]), UP)
    np.testing.assert_allclose(rotation[:, 0] * np.sqrt(5.25), [2, 1, 0.5])
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)


def test_ease_starts_and_stops_softly():
    share = np.linspace(-0.5, 1.5, 2001)
    speed = np.gradient(ease(share), share)
    assert ease(np.array([0.0, 0.5, 1.0])).tolist() == [0.0, 0.5, 1.0]
    assert speed.min() >= -1e-9
    assert np.abs(np.diff(speed)).max() < 0.02
