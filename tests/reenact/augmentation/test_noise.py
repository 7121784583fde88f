import pytest
import torch

from human_capture.reenact.augmentation.noise import add_grey_noise, draw_blobs


def test_noise_is_grey_and_as_strong_as_asked(generator):
    sigma = torch.tensor([0.0, 0.01, 0.05])
    grey = torch.full((3, 3, 100, 100), 0.5)
    noise = add_grey_noise(grey, sigma, generator) - grey
    assert torch.equal(noise[:, 0], noise[:, 1])
    assert torch.equal(noise[:, 0], noise[:, 2])
    for i in range(3):
        assert float(noise[i].std()) == pytest.approx(float(sigma[i]), rel=0.05)
        assert float(noise[i].mean()) == pytest.approx(0, abs=0.002)


def test_each_pixel_and_picture_has_noise_of_its_own(generator):
    noise = add_grey_noise(torch.zeros(2, 3, 64, 64), torch.ones(2), generator)[:, 0]
    assert abs(float((noise[0] * noise[1]).mean())) < 0.05
    assert abs(float((noise[0, :, 1:] * noise[0, :, :-1]).mean())) < 0.05


def test_blobs_are_nearly_black_and_white_and_smooth(generator):
    blobs = draw_blobs(torch.zeros(200, 3, 64, 96), generator)
    assert blobs.shape == (200, 1, 64, 96)
    assert blobs.min() >= 0 and blobs.max() <= 1
    assert float(((blobs < 0.1) | (blobs > 0.9)).float().mean()) > 0.6
    steps = (blobs[..., 1:] - blobs[..., :-1]).abs()
    assert float(steps.mean()) < 0.06


def test_blobs_cover_little_of_some_pictures_and_much_of_others(generator):
    cover = draw_blobs(torch.zeros(300, 3, 32, 32), generator).mean((1, 2, 3))
    assert float((cover < 0.2).float().mean()) > 0.1
    assert float((cover > 0.8).float().mean()) > 0.1
    assert float(((cover > 0.2) & (cover < 0.8)).float().mean()) > 0.2


def test_blobs_differ_in_size(generator):
    blobs = draw_blobs(torch.zeros(300, 3, 64, 64), generator)
    mixed = blobs[(blobs.mean((1, 2, 3)) - 0.5).abs() < 0.3] > 0.5
    borders = (mixed[..., 1:] != mixed[..., :-1]).float().mean((1, 2, 3))
    assert float(borders.quantile(0.9) / borders.quantile(0.1)) > 2.5
