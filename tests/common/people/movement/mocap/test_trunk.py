"""Trunks from limbs, and stretches of time in which everything is known."""

import numpy as np
import pytest

from human_capture.common.people.movement.mocap.trunk import (
    continuous_stretches,
    with_trunk,
)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shortest", [1, 3])
def test_stretches_are_the_longest_runs(seed, shortest):
    known = np.random.default_rng(seed).random(60) < 0.7
    found = continuous_stretches(known, shortest)
    covered = np.zeros(60, bool)
    for stretch in found:
        assert known[stretch].all()
        assert stretch.stop - stretch.start >= shortest
        assert stretch.start == 0 or not known[stretch.start - 1]
        assert stretch.stop == 60 or not known[stretch.stop]
        covered[stretch] = True
    if shortest == 1:
        np.testing.assert_array_equal(covered, known)


def limbs():
    rng = np.random.default_rng(0)
    names = [f"{s}_{j}" for s in ("left", "right") for j in ("hip", "shoulder", "ear")]
    return {name: rng.normal(size=(4, 3)) for name in names}


def test_trunk_lies_between_the_limbs():
    points = limbs()
    full = with_trunk(points)
    shoulders = (points["left_shoulder"] + points["right_shoulder"]) / 2
    hips = (points["left_hip"] + points["right_hip"]) / 2
    np.testing.assert_allclose(full["neck"], shoulders)
    np.testing.assert_allclose(full["chest"], 0.65 * hips + 0.35 * shoulders)
    np.testing.assert_allclose(
        full["head"], (points["left_ear"] + points["right_ear"]) / 2
    )


def test_what_is_known_is_kept():
    points = limbs() | {"neck": np.full((4, 3), 5.0), "head": np.full((4, 3), 6.0)}
    full = with_trunk(points)
    assert all(full[name] is track for name, track in points.items())
    del points["left_hip"]
    assert with_trunk(points) == points
