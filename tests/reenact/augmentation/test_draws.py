import pytest
import torch

from human_capture.reenact.augmentation.draws import chance, normal, uniform, whole

MANY = torch.zeros(20_000, 1, 1, 1)


def test_numbers_fill_their_range_evenly(generator):
    numbers = uniform(MANY, -2.0, 6.0, generator)
    assert numbers.min() >= -2 and numbers.max() < 6
    for quarter in torch.histc(numbers, 4, -2, 6):
        assert float(quarter) == pytest.approx(5000, rel=0.06)


def test_whole_numbers_include_both_limits(generator):
    numbers = whole(MANY, 1, 3, generator)
    for number in (1, 2, 3):
        assert float((numbers == number).sum()) == pytest.approx(20_000 / 3, rel=0.05)


def test_normal_numbers_have_mean_0_and_deviation_1(generator):
    numbers = normal(MANY, generator, (3,))
    assert numbers.shape == (20_000, 3)
    assert float(numbers.mean()) == pytest.approx(0, abs=0.02)
    assert float(numbers.std()) == pytest.approx(1, rel=0.02)


def test_chances_are_as_likely_as_asked(generator):
    assert float(chance(MANY, 0.3, generator).float().mean()) == pytest.approx(
        0.3, abs=0.015
    )


def test_draws_take_the_precision_of_the_pictures_but_not_their_numbers():
    seeds = [torch.Generator().manual_seed(5) for _ in range(2)]
    single = uniform(MANY[:3], 0.0, 1.0, seeds[0])
    double = uniform(MANY[:3].double() + 7, 0.0, 1.0, seeds[1])
    assert double.dtype == torch.float64
    assert torch.equal(single.double(), double)
