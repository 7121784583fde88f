import math

import pytest
import torch

from human_capture.common.rigs import ring
from human_capture.pose3d.corruption import (
    CalibrationNoise,
    ImageEdge,
    ImageNoise,
    Occlusion,
    uniform,
)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_uniform_numbers_fill_their_bounds():
    numbers = uniform(-2.0, 3.0, (10_000,), seeded())
    assert numbers.min() > -2
    assert numbers.max() < 3
    assert numbers.mean().item() == pytest.approx(0.5, abs=0.05)


def test_the_stated_share_of_images_is_occluded_by_the_stated_area():
    images = torch.full((2000, 3, 40, 40), 2.0)  # a value no rectangle has
    images[:, :, 0, 0] = 2.0
    occlusion = Occlusion(0.3, 0.25, 0.4)
    covered = occlusion(images, seeded())
    area = (covered != 2.0).any(1).float().mean((1, 2))
    # four tenths of the rectangles are other images, which look the same here
    assert (area > 0).float().mean().item() == pytest.approx(0.3 * 0.6, abs=0.03)
    hit = area[area > 0]
    assert hit.min() > 0.2
    assert hit.max() < 0.4 + 1e-6
    assert (images == 2.0).all()


def test_rectangles_of_other_images_come_from_the_batch():
    images = torch.arange(50.0)[:, None, None, None].expand(50, 3, 16, 16) + 10
    covered = Occlusion(1.0, 0.2, 0.3)(images, seeded())
    foreign = (covered != images) & (covered >= 10)
    assert foreign.any()
    assert (covered[foreign] == covered[foreign].round()).all()


@pytest.mark.parametrize("area", [0.0, 1.0])
def test_extreme_rectangles_fit(area):
    images = torch.rand(20, 3, 17, 23, generator=seeded())
    covered = Occlusion(1.0, area, area)(images, seeded())
    assert covered.shape == images.shape
    assert torch.equal(covered, images) == (area == 0)


def test_no_occlusion_leaves_images_alone():
    images = torch.rand(20, 3, 16, 16, generator=seeded())
    assert torch.equal(Occlusion(0.0)(images, seeded()), images)


def test_the_stated_share_of_images_ends_at_one_side():
    images = torch.ones(2000, 3, 40, 30)
    cut = ImageEdge(0.4, 0.25)(images, seeded())
    black = (cut == 0).all(1)
    assert black.any((1, 2)).float().mean().item() == pytest.approx(0.4, abs=0.05)
    assert black.float().mean((1, 2)).max() <= 0.25 + 0.02
    sides = black[:, 0].all(1), black[:, -1].all(1), black[..., 0].all(1)
    for side in (*sides, black[..., -1].all(1)):
        assert side.float().mean().item() == pytest.approx(0.1, abs=0.03)
    whole_rows = black.all(2).sum(1) * 30
    whole_columns = black.all(1).sum(1) * 40
    assert torch.equal(whole_rows + whole_columns, black.sum((1, 2)))
    assert (images == 1).all()


def test_no_edge_leaves_images_alone():
    images = torch.rand(20, 3, 16, 16, generator=seeded())
    assert torch.equal(ImageEdge(0.0)(images, seeded()), images)


def test_noise_stays_in_range_and_changes_every_image():
    images = torch.rand(64, 3, 17, 16, generator=seeded())
    noisy = ImageNoise()(images, seeded())
    assert noisy.min() >= 0
    assert noisy.max() <= 1
    assert (noisy - images).abs().amax((1, 2, 3)).min() > 1e-3
    grey = (noisy - noisy.mean(1, keepdim=True)).abs().amax((1, 2, 3)) < 0.2
    assert 0 < grey.sum() < 30


def test_no_strength_leaves_images_alone():
    images = torch.rand(64, 3, 16, 16, generator=seeded()).clamp(0.01, 1)
    assert torch.allclose(ImageNoise(0.0)(images, seeded()), images, atol=1e-6)


def test_brightness_is_changed_in_both_directions():
    images = torch.full((400, 3, 8, 8), 0.5)
    means = ImageNoise()(images, seeded()).mean((1, 2, 3))
    assert 0.25 < (means > 0.5).float().mean() < 0.75
    assert means.std() > 0.05


@pytest.mark.parametrize("corruption", [Occlusion(1.0), ImageNoise()])
def test_same_seed_same_images(corruption):
    images = torch.rand(16, 3, 16, 16, generator=seeded())
    one, same, other = (corruption(images, seeded(s)) for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_calibration_noise_has_the_stated_deviations():
    cameras = ring(4)[None].map(lambda t: t.expand(2000, *t.shape[1:]))
    wrong = CalibrationNoise(0.5, 0.02, 0.01)(cameras, seeded())
    turn = wrong.rotation @ cameras.rotation.mT
    cosine = (turn.diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2
    angle = torch.rad2deg(cosine.double().clamp(-1, 1).arccos())
    expected = 0.5 * math.sqrt(3)  # root mean square over three components
    assert angle.square().mean().sqrt().item() == pytest.approx(expected, rel=0.05)
    shift = wrong.centre - cameras.centre
    assert shift.std().item() == pytest.approx(0.02, rel=0.03)
    focal = wrong.intrinsics[..., 0, 0] / cameras.intrinsics[..., 0, 0] - 1
    assert focal.std().item() == pytest.approx(0.01, rel=0.05)
    assert torch.equal(wrong.intrinsics[..., 2], cameras.intrinsics[..., 2])
    determinant = torch.linalg.det(wrong.rotation)
    assert torch.allclose(determinant, torch.ones_like(determinant), atol=1e-4)


def test_no_calibration_noise_keeps_the_cameras():
    cameras = ring(4)
    same = CalibrationNoise(0.0, 0.0, 0.0)(cameras, seeded())
    assert torch.allclose(same.world_to_camera, cameras.world_to_camera, atol=1e-6)
    assert torch.equal(same.intrinsics, cameras.intrinsics)
