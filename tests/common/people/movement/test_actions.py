"""Procedural motion: every action moves like a person."""

from functools import cache
from itertools import chain

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.phenotype import Phenotype
from human_capture.common.people.anatomy.skeleton import SIDES, Skeleton
from human_capture.common.people.movement.actions.table import (
    ACTION_GROUPS,
    ACTIONS,
    procedural_motion,
)


@pytest.fixture(scope="module")
def skeleton():
    body = default_body()
    return Skeleton.of(body, body.shape(Phenotype.sample(1).tensor()))


@pytest.fixture(scope="module")
def motions(skeleton):
    """One motion of each action, made when first asked for."""
    return cache(lambda action: procedural_motion(skeleton, action, 5, 150, 100.0))


def length(motion, start, end):
    ends = motion.positions[end] - motion.positions[start]
    return np.linalg.norm(ends, axis=-1)


@pytest.mark.parametrize("action", ACTIONS)
def test_limbs_keep_their_lengths(skeleton, motions, action):
    motion = motions(action)
    for side in SIDES:
        limbs = {
            ("hip", "knee"): skeleton.thigh,
            ("knee", "ankle"): skeleton.shank,
            ("shoulder", "elbow"): skeleton.upper_arm,
            ("elbow", "wrist"): skeleton.forearm,
        }
        for (start, end), expected in limbs.items():
            got = length(motion, f"{side}_{start}", f"{side}_{end}")
            np.testing.assert_allclose(got, expected, rtol=0.01)


@pytest.mark.parametrize("action", ACTIONS)
def test_motion_is_smooth(motions, action):
    fast = {"Kicking", "Running", "Jumping", "Mixing", "Dancing", "Posing"}
    motion = motions(action)
    for name, track in motion.positions.items():
        speed = np.linalg.norm(np.diff(track, axis=0), axis=-1) * motion.fps
        assert speed.max() < (14 if action in fast else 9), name
        change = np.linalg.norm(np.diff(track, n=2, axis=0), axis=-1)
        assert change.max() < 0.07, name  # metres between frames 10 ms apart


@pytest.mark.parametrize("action", ACTIONS)
def test_joints_stay_over_the_floor(motions, action):
    for name, track in motions(action).positions.items():
        assert track[:, 2].min() > -0.005, name


@pytest.mark.parametrize("action", sorted(set(ACTIONS) - {"FloorSitting", "Sitting"}))
def test_knees_bend_backwards_only(motions, action):
    motion = motions(action)
    left = motion.rotations["pelvis"][..., 0]
    for side in SIDES:
        joints = (motion.positions[f"{side}_{j}"] for j in ("hip", "knee", "ankle"))
        hip, knee, ankle = joints
        hinge = np.cross(knee - hip, ankle - knee)
        assert ((hinge * left).sum(-1) > -0.02).all(), side


@pytest.mark.parametrize("action", ["Walking", "Running", "LineWalking", "Discussion"])
def test_feet_that_are_down_do_not_slip(skeleton, action):
    motion = procedural_motion(skeleton, action, 3, 300, 100.0)
    for side in SIDES:
        toe = motion.positions[f"{side}_toe"]
        speed = np.linalg.norm(np.diff(toe, axis=0), axis=-1) * motion.fps
        level = motion.rotations[f"{side}_foot"][1:, 2, 2] > 0.99999
        down = level & (toe[1:, 2] < np.median(toe[1:][level, 2]) + 0.001)
        assert down.mean() > 0.02
        assert np.quantile(speed[down], 0.8) < 0.12


def test_same_seed_same_motion(skeleton):
    first = procedural_motion(skeleton, "Dancing", 8, 20)
    again = procedural_motion(skeleton, "Dancing", 8, 20)
    other = procedural_motion(skeleton, "Dancing", 9, 20)
    for name, track in first.positions.items():
        assert np.array_equal(track, again.positions[name])
    assert not np.allclose(first.positions["left_wrist"], other.positions["left_wrist"])


def test_single_frames_are_as_varied_as_long_motions(skeleton):
    def spread(tracks):
        return np.stack(tracks).std(0).mean()

    def wrist(motion):
        return motion.positions["left_wrist"][-1] - motion.positions["neck"][-1]

    short = [wrist(procedural_motion(skeleton, "Reaching", s, 1)) for s in range(30)]
    long = [wrist(procedural_motion(skeleton, "Reaching", s, 60)) for s in range(30)]
    assert spread(short) > 0.7 * spread(long)


def test_hands_reach_all_around(skeleton):
    reached = []
    for seed in range(20):
        motion = procedural_motion(skeleton, "Reaching", seed, 20, 2.0)
        offset = motion.positions["left_wrist"] - motion.positions["left_shoulder"]
        chest = np.swapaxes(motion.rotations["chest"], -1, -2)
        reached.append((chest @ offset[..., None])[..., 0] / skeleton.arm)
    left, back, up = np.concatenate(reached).T
    assert up.max() > 0.75
    assert up.min() < -0.8
    assert left.min() < -0.25  # across the body
    assert left.max() > 0.85
    assert back.max() > 0.25
    assert back.min() < -0.85


def test_running_leaves_the_floor(skeleton):
    motion = procedural_motion(skeleton, "Running", 0, 200, 100.0)
    lowest = np.minimum(
        motion.positions["left_toe"][:, 2], motion.positions["right_toe"][:, 2]
    )
    assert lowest.max() > lowest.min() + 0.03


def test_groups_hold_every_action_once():
    assert sorted(chain(*ACTION_GROUPS.values())) == sorted(ACTIONS)


def test_unknown_action_lists_the_known(skeleton):
    with pytest.raises(InputError, match="Walking"):
        procedural_motion(skeleton, "Flying", 0, 1)


def test_no_frames_are_refused(skeleton):
    with pytest.raises(InputError, match="at least one frame"):
        procedural_motion(skeleton, "Walking", 0, 0)
