import numpy as np
import pytest

from human_capture.common.people.drawing.materials import Kind
from human_capture.common.people.drawing.noise import noise
from human_capture.common.people.drawing.textures import procedural_bank
from human_capture.common.people.looks.appearance import Appearance
from human_capture.common.people.looks.clothing import sample_outfit
from human_capture.common.people.looks.costume import follow
from human_capture.common.people.looks.surface import body_surface


@pytest.mark.parametrize("gender", [0.0, 1.0])
def test_the_lower_body_is_always_covered(gender):
    surface = body_surface()
    x, _, z = surface.canonical.T
    hips = (np.abs(x) < 0.16) & (z > -0.06) & (z < 0.03)
    for seed in range(30):
        generator = np.random.default_rng(seed)
        garments = sample_outfit(generator, gender >= 0.5, 40)
        covered = np.logical_or.reduce([g.hides[hips] > 0 for g in garments])
        assert covered.all(), seed


def test_women_always_wear_a_top():
    surface = body_surface()
    x, y, z = surface.canonical.T
    chest = (np.abs(x) < 0.10) & (np.abs(z - 0.365) < 0.03) & (y < -0.1)
    for seed in range(30):
        garments = sample_outfit(np.random.default_rng(seed), True, 40)
        assert np.logical_or.reduce([g.cut[chest] > 0 for g in garments]).all(), seed


def test_some_men_show_their_chest():
    surface = body_surface()
    x, y, z = surface.canonical.T
    chest = (np.abs(x) < 0.10) & (np.abs(z - 0.3) < 0.03) & (y < -0.08)
    bare = 0
    for seed in range(60):
        garments = sample_outfit(np.random.default_rng(seed), False, 40)
        bare += not np.logical_or.reduce([g.cut[chest] > 0 for g in garments]).any()
    assert 3 <= bare <= 25


def test_same_seed_same_look_and_other_seeds_differ():
    first, again, other = (Appearance.sample(seed) for seed in (5, 5, 6))
    assert np.array_equal(first.materials, again.materials)
    np.testing.assert_array_equal(first.costume.faces, again.costume.faces)
    assert not np.array_equal(first.materials[:6], other.materials[:6])


def test_layers_follow_a_moved_and_turned_body():
    surface = body_surface()
    look = Appearance.sample(11)
    angle = 0.7
    c, s = np.cos(angle), np.sin(angle)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    shift = np.array([0.4, -2.0, 1.0])
    rest = surface.canonical
    moved = (rest @ rotation.T + shift).astype(np.float32)
    at_rest, normals = follow(look.costume, rest, surface)
    positions, turned = follow(look.costume, moved, surface)
    np.testing.assert_allclose(positions, at_rest @ rotation.T + shift, atol=2e-4)
    area = np.linalg.norm(normals, axis=1) > 0.5
    np.testing.assert_allclose(turned[area], (normals @ rotation.T)[area], atol=2e-2)


def test_cloth_lies_outside_the_body_suit():
    for seed in range(5):
        costume = Appearance.sample(seed).costume
        assert (costume.offset >= 0).all()
        assert costume.offset.max() < 0.09


def test_materials_of_faces_exist_and_skin_is_there():
    look = Appearance.sample(2)
    assert look.costume.material.max() < len(look.materials)
    kinds = set(look.materials["kind"].tolist())
    assert {Kind.SKIN, Kind.EYE, Kind.CLOTH} <= kinds


def test_noise_is_smooth_and_within_zero_and_one():
    points = np.random.default_rng(0).uniform(-50, 50, (2000, 3)).astype(np.float32)
    values = noise(points)
    assert values.min() >= 0 and values.max() <= 1
    near = noise(points + np.float32(0.002))
    assert np.abs(near - values).max() < 0.02
    np.testing.assert_allclose(noise(points + np.float32(32)), values, atol=1e-3)


def test_pictures_shrink_without_changing_their_mean():
    texels = procedural_bank().texels
    size = texels.pictures * texels.side**2
    top = texels.values[:size].reshape(texels.pictures, -1, 3).mean(1)
    half = texels.values[size : size + size // 4].reshape(texels.pictures, -1, 3)
    np.testing.assert_allclose(half.mean(1), top, atol=1.0)
