import math
from dataclasses import replace

import pytest
import torch

from human_capture.common.keypoints import BLAZEPOSE33
from human_capture.pose3d.lifting.filming import Filming, contacts
from human_capture.pose3d.lifting.noise import DetectorNoise, Misses, facing
from human_capture.pose3d.networks.lifters.lifter import CONTACTS


def filmed(dance, filming, seed=0, copies=4):
    generator = torch.Generator().manual_seed(seed)
    clips = dance.repeat(copies, 1, 1, 1)
    return filming(clips, torch.zeros(len(clips)).long(), BLAZEPOSE33, generator)


@pytest.fixture
def filming(bank):
    return Filming(frames=32, noise=DetectorNoise(path=bank))


def test_the_same_seed_gives_the_same_film(dance, filming):
    first, second, other = (filmed(dance, filming, seed) for seed in (0, 0, 1))
    for name, tensor in vars(first).items():
        assert torch.equal(tensor, vars(second)[name]), name
    assert not torch.equal(first.rays, other.rays)


def test_exact_films_are_projections(dance, filming):
    film = filmed(dance, filming.without_noise())
    torch.testing.assert_close(
        film.rays, film.joints[..., :2] / film.joints[..., 2:], atol=1e-5, rtol=0
    )
    assert set(film.confidence.unique().tolist()) <= {0.0, 1.0}


def test_cameras_are_rigid(dance, filming):
    """Distances between joints are those of the clip, mirrored or not."""
    film = filmed(dance, replace(filming, frames=48).without_noise())
    truth = torch.cdist(dance, dance).repeat(4, 1, 1, 1)
    order = list(BLAZEPOSE33.flip)
    mirrored = truth[:, :, order][..., order]
    found = torch.cdist(film.joints, film.joints)
    apart = [(found - t).abs().amax((1, 2, 3)) for t in (truth, mirrored)]
    assert torch.minimum(*apart).max() < 5e-3


def test_up_and_height_tell_where_the_ground_is(dance, filming):
    film = filmed(dance, replace(filming, frames=48, mirror=0.0).without_noise())
    heights = (film.joints * film.up[:, :, None]).sum(-1) + film.height[..., None]
    torch.testing.assert_close(
        heights, dance[..., 2].repeat(4, 1, 1), atol=1e-4, rtol=0
    )


def test_still_cameras_do_not_move(dance, filming):
    film = filmed(dance, replace(filming, follows=0.0))
    assert film.up.diff(dim=1).abs().max() < 1e-6
    moving = filmed(dance, replace(filming, follows=1.0))
    assert moving.joints.diff(dim=1).abs().amax((1, 2, 3)).min() > 0


def test_feet_that_stand_are_low_and_slow(dance):
    standing = contacts(dance, BLAZEPOSE33, 30.0)
    feet = dance[:, :, [BLAZEPOSE33.index(joint) for joint in CONTACTS]]
    assert standing[2].float().mean() > 0.8  # somebody who waits
    assert 0.2 < standing[1].float().mean() < 0.9  # somebody who walks
    assert feet[standing][:, 2].max() < 0.06


def test_errors_come_from_people_who_face_alike(dance, bank):
    noise = DetectorNoise(path=bank, candidates=200, grain=0.0)
    joints = dance[:, :10].clone()
    generator = torch.Generator().manual_seed(0)
    rays = torch.randn(3, 10, 33, 2)
    inside = torch.ones(3, 10, 33, dtype=torch.bool)
    found, confidence = noise(rays, inside, joints, BLAZEPOSE33, generator)
    moved = (found - rays).abs()
    size = (rays - rays.mean(2, keepdim=True)).square().sum((2, 3)).div(33).sqrt()
    number = (moved / size[..., None, None]).mean((1, 2, 3)) * 100
    angle = facing(joints[:, 5], BLAZEPOSE33)
    for n, a in zip(number.tolist(), angle.tolist(), strict=True):
        kinds = [round(n) * math.pi / 2 * sign for sign in (1, -1)]  # or mirrored
        apart = [abs((a - k + math.pi) % (2 * math.pi) - math.pi) for k in kinds]
        assert min(apart) <= math.pi / 4 + 1e-3
    assert (confidence > 0.89).all()


def test_people_face_the_camera_or_turn_away():
    joints = torch.zeros(2, 33, 3)
    for side, x in (("left", 0.2), ("right", -0.2)):
        for part in ("shoulder", "hip"):
            joints[0, BLAZEPOSE33.index(f"{side}_{part}"), 0] = x
            joints[1, BLAZEPOSE33.index(f"{side}_{part}"), 0] = -x
    towards, away = facing(joints, BLAZEPOSE33).tolist()
    assert towards == pytest.approx(0)
    assert abs(away) == pytest.approx(math.pi)


def test_misses_have_the_stated_shares():
    sure = torch.ones(500, 64, 33)
    generator = torch.Generator().manual_seed(0)
    gone = Misses(0.05, 0.0, 0.0)(sure, BLAZEPOSE33, generator) == 0
    assert gone.all(-1).float().mean().item() == pytest.approx(0.09, abs=0.04)
    assert torch.equal(gone.any(-1), gone.all(-1))
    parts = Misses(0.0, 0.4, 0.0)(sure, BLAZEPOSE33, generator) == 0
    heel = parts[..., BLAZEPOSE33.index("left_heel")]
    assert heel.all(1).float().mean().item() == pytest.approx(0.4, abs=0.06)
    assert not parts[..., BLAZEPOSE33.index("left_knee")].any()
    none = Misses(0.0, 0.0, 0.0)(sure, BLAZEPOSE33, generator)
    assert torch.equal(none, sure)
