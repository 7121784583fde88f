from itertools import combinations

import numpy as np
import pytest
import torch

from human_capture.common.rigs import dome, ring
from human_capture.pose3d.recordings.association import Sightings, associate
from human_capture.pose3d.recordings.packing import best_groups

STANDING = np.array(  # shoulders, elbows, wrists, hips, knees, ankles; metres
    [
        [-0.2, 0, 1.4],
        [0.2, 0, 1.4],
        [-0.35, 0.1, 1.1],
        [0.35, 0.1, 1.1],
        [-0.4, 0.2, 0.9],
        [0.4, 0.2, 0.9],
        [-0.12, 0, 0.9],
        [0.12, 0, 0.9],
        [-0.13, 0.05, 0.5],
        [0.13, 0.05, 0.5],
        [-0.13, 0, 0.1],
        [0.13, 0, 0.1],
    ]
)


def crowd(count, generator):
    """People at least half a metre apart, each in a pose of their own."""
    places = []
    while len(places) < count:
        place = generator.uniform(-1.5, 1.5, 2)
        if all(np.hypot(*(place - other)) > 0.5 for other in places):
            places.append(place)
    people = []
    for place in places:
        angle = generator.uniform(0, 2 * np.pi)
        turn = np.array(
            [
                [np.cos(angle), -np.sin(angle), 0],
                [np.sin(angle), np.cos(angle), 0],
                [0, 0, 1],
            ]
        )
        pose = STANDING * generator.uniform(0.85, 1.1)
        pose = pose + generator.normal(0, 0.08, pose.shape)
        people.append(pose @ turn.T + [*place, 0])
    return np.stack(people)


def look(people, views, generator, noise=0.0):
    """Sightings in shuffled order, and whom each of them shows."""
    rig = (
        ring(views, start=float(generator.uniform(0, 6))) if views < 5 else dome(views)
    )
    rig = rig.to(torch.float64)
    count, joints, _ = people.shape
    pixels, _ = rig.project(
        torch.tensor(people).reshape(1, -1, 3).expand(views, -1, -1)
    )
    pixels = pixels + torch.tensor(generator.normal(0, noise, pixels.shape))
    origins, directions = rig.rays(pixels)
    directions = directions.reshape(views, count, joints, 3).numpy()
    order = np.stack([generator.permutation(count) for _ in range(views)])
    directions = np.take_along_axis(directions, order[..., None, None], 1)
    weights = np.ones((views, count, joints))
    return Sightings(origins[:, 0].numpy(), directions, weights), order


def shown(groups, order):
    """For every group the people its members show, sorted."""
    return sorted(
        tuple(int(order[v, m]) for v, m in enumerate(row) if m >= 0)
        for row in groups.members
    )


@pytest.mark.parametrize("views", range(2, 9))
@pytest.mark.parametrize("count", range(1, 6))
def test_without_noise_everybody_is_found_exactly(count, views):
    generator = np.random.default_rng(10 * count + views)
    people = crowd(count, generator)
    sightings, order = look(people, views, generator)
    groups = associate(sightings)
    assert shown(groups, order) == [(p,) * views for p in range(count)]
    assert groups.alone == 0
    who = [order[0, m] for m in groups.members[:, 0]]
    assert groups.skeletons == pytest.approx(people[who], abs=1e-5)


@pytest.mark.parametrize("views", [2, 3, 4, 8])
def test_noise_of_a_good_detector_changes_nothing(views):
    generator = np.random.default_rng(views)
    for _ in range(10):
        people = crowd(4, generator)
        sightings, order = look(people, views, generator, noise=10)
        assert shown(associate(sightings), order) == [(p,) * views for p in range(4)]


def test_the_order_of_cameras_does_not_matter():
    generator = np.random.default_rng(0)
    sightings, order = look(crowd(4, generator), 5, generator, noise=5)
    turn = [3, 0, 4, 1, 2]
    turned = Sightings(
        sightings.origins[turn], sightings.directions[turn], sightings.weights[turn]
    )
    groups, other = associate(sightings), associate(turned)
    assert shown(groups, order) == shown(other, order[turn])


def test_two_swapped_cameras_group_nobody():
    generator = np.random.default_rng(1)
    sightings, _ = look(crowd(1, generator), 2, generator)
    swapped = Sightings(
        sightings.origins[::-1], sightings.directions, sightings.weights
    )
    groups = associate(swapped)
    assert len(groups.members) == 0 and groups.alone == 2


def test_people_whom_one_camera_sees_are_counted_and_left_out():
    generator = np.random.default_rng(2)
    people = crowd(3, generator)
    sightings, order = look(people, 4, generator)
    for v in range(1, 4):
        sightings.weights[v, order[v] == 2] = 0
    groups = associate(sightings)
    assert shown(groups, order) == [(0,) * 4, (1,) * 4]
    assert groups.alone == 1


def test_missing_views_and_hidden_limbs_leave_the_others_together():
    generator = np.random.default_rng(3)
    people = crowd(3, generator)
    sightings, order = look(people, 5, generator, noise=3)
    sightings.weights[0, order[0] == 0] = 0
    sightings.weights[3, order[3] == 1] = 0
    sightings.weights[1, :, :6] = 0  # everybody's upper body is hidden
    assert shown(associate(sightings), order) == [(0,) * 4, (1,) * 4, (2,) * 5]


def test_left_and_right_confused_in_one_view_do_not_split_a_person():
    generator = np.random.default_rng(4)
    sightings, order = look(crowd(2, generator), 4, generator)
    mirrored = np.arange(12).reshape(6, 2)[:, ::-1].ravel()
    sightings.directions[1, 0] = sightings.directions[1, 0, mirrored]
    groups = associate(sightings, max_distance=0.4)
    assert shown(groups, order) == [(0,) * 4, (1,) * 4]


def test_known_skeletons_alone_are_no_evidence():
    generator = np.random.default_rng(5)
    people = crowd(1, generator)
    sightings, _ = look(people, 3, generator)
    sightings.weights[1:] = 0
    groups = associate(sightings, known=people)
    assert len(groups.members) == 0 and groups.alone == 1


def test_known_skeletons_keep_the_solution():
    generator = np.random.default_rng(6)
    people = crowd(4, generator)
    sightings, order = look(people, 3, generator, noise=10)
    groups = associate(sightings, known=people + 0.05)
    assert shown(groups, order) == [(p,) * 3 for p in range(4)]


def test_nobody_at_all_is_fine():
    sightings = Sightings(
        np.zeros((3, 3)), np.zeros((3, 0, 12, 3)), np.zeros((3, 0, 12))
    )
    groups = associate(sightings)
    assert groups.members.shape == (0, 3) and groups.alone == 0


def test_nan_directions_without_weight_are_ignored():
    generator = np.random.default_rng(7)
    sightings, order = look(crowd(2, generator), 3, generator)
    sightings.directions[:, :, 3] = np.nan
    sightings.weights[:, :, 3] = 0
    groups = associate(sightings)
    assert shown(groups, order) == [(0,) * 3, (1,) * 3]
    assert np.isnan(groups.skeletons[:, 3]).all()
    assert np.isfinite(np.delete(groups.skeletons, 3, 1)).all()


def best_of_all_disjoint(gains, view):
    """Largest total worth of any disjoint proposals, by brute force."""
    rows = []
    for row in gains:
        best = [max(np.flatnonzero(view == v), key=lambda s: row[s]) for v in set(view)]
        members = frozenset(s for s in best if row[s] > 0)
        rows.append((members, sum(row[s] for s in members) - 1))
    totals = [0.0]
    for size in range(1, len(rows) + 1):
        for some in combinations(rows, size):
            if len(frozenset.union(*(m for m, _ in some))) == sum(
                len(m) for m, _ in some
            ):
                totals.append(sum(worth for _, worth in some))
    return max(totals)


@pytest.mark.parametrize("views", [2, 3, 4])
@pytest.mark.parametrize("seed", range(20))
def test_the_choice_is_as_good_as_any_of_disjoint_proposals(seed, views):
    generator = np.random.default_rng(seed)
    view = np.repeat(np.arange(views), 3)
    gains = generator.uniform(-1, 1, (8, 3 * views))
    total = 0.0
    for group in best_groups(gains, view):
        assert len(set(view[group])) == len(group) >= 2
        total += max(row[group].clip(0).sum() for row in gains) - 1
    assert total >= best_of_all_disjoint(gains, view) - 1e-9


def test_the_best_proposal_yields_where_two_others_explain_more():
    view = np.array([0, 0, 1, 1])
    view = np.concatenate((view, [2, 2]))
    middle = [0.9, 0, 0.9, 0, 0, 0.9]  # takes sightings 0, 2 and 5
    left = [0.8, 0, 0.0, 0.8, 0.8, 0]
    right = [0, 0.8, 0.8, 0, 0, 0.8]
    groups = best_groups(np.array([middle, left, right]), view)
    assert sorted(map(tuple, groups)) == [(0, 3, 4), (1, 2, 5)]
