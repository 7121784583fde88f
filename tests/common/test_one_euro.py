"""One-euro filter: the axioms of a low pass, and the published algorithm."""

import math

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.one_euro import OneEuro, relative_speed

STILL = torch.tensor([1.0, -2.0, 0.5, 3.0])


def low_pass(cutoff=1.5, beta=4.0, speed=relative_speed, **options):
    return OneEuro(cutoff, beta, speed, **options)


def run(values, times, **options):
    smooth = low_pass(**options)
    return torch.stack([smooth(v, t) for v, t in zip(values, times, strict=True)])


@pytest.fixture
def moments():
    """Irregular, rising."""
    return np.cumsum(np.random.default_rng(0).uniform(0.005, 0.2, 80)).tolist()


@pytest.fixture
def walk():
    seed = torch.Generator().manual_seed(0)
    return torch.randn(80, 4, generator=seed).cumsum(0) * 0.1 + STILL


def over_length(velocity, smooth):
    return np.linalg.norm(velocity) / np.linalg.norm(smooth)


def absolute(velocity, _):
    return abs(velocity)


def reference(values, times, cutoff, beta, velocity_cutoff, speed):
    """Algorithm 1 of the paper, with any speed."""

    def alpha(frequency, step):
        return 1 / (1 + 1 / (2 * math.pi * frequency) / step)

    smooth, velocity = values[0], np.zeros_like(values[0])
    out = [smooth]
    for i in range(1, len(values)):
        step = times[i] - times[i - 1]
        a = alpha(velocity_cutoff, step)
        velocity = a * (values[i] - smooth) / step + (1 - a) * velocity
        a = alpha(cutoff + beta * speed(velocity, smooth), step)
        smooth = a * values[i] + (1 - a) * smooth
        out.append(smooth)
    return np.stack(out)


def test_it_is_the_published_algorithm_at_irregular_times(walk, moments):
    expected = reference(walk.double().numpy(), moments, 1.2, 3.0, 0.8, over_length)
    seen = run(walk.double(), moments, cutoff=1.2, beta=3.0, velocity_cutoff=0.8)
    assert seen.numpy() == pytest.approx(expected, abs=1e-9)


def test_numbers_are_filtered_as_published(walk, moments):
    numbers = walk[:, 0].tolist()
    expected = reference(numbers, moments, 1.2, 3.0, 0.8, absolute)
    smooth = low_pass(1.2, 3.0, absolute, velocity_cutoff=0.8)
    seen = [smooth(x, t) for x, t in zip(numbers, moments, strict=True)]
    assert seen == pytest.approx(expected, abs=1e-9)
    assert all(type(x) is float for x in seen)


def test_what_is_constant_stays(moments):
    seen = run(STILL.expand(80, 4), moments)
    assert torch.equal(seen, STILL.expand(80, 4))


def test_the_first_value_passes(walk):
    assert torch.equal(low_pass()(walk[0], 12.0), walk[0])


def test_a_high_cut_off_lets_all_pass(walk, moments):
    seen = run(walk, moments, cutoff=1e7)
    torch.testing.assert_close(seen, walk, atol=1e-4, rtol=0)


def test_the_axes_of_the_descriptor_do_not_matter(walk, moments):
    seed = torch.Generator().manual_seed(5)
    turn = torch.linalg.qr(torch.randn(4, 4, generator=seed)).Q
    torch.testing.assert_close(run(walk @ turn, moments), run(walk, moments) @ turn)


def test_the_scale_of_the_descriptor_does_not_matter(walk, moments):
    torch.testing.assert_close(run(100 * walk, moments), 100 * run(walk, moments))


def test_it_stays_between_what_was_seen(moments):
    values = torch.zeros(80, 2)
    values[::2, 0] = 1
    values[1::2, 1] = 1  # two descriptors in turn
    seen = run(values, moments)
    torch.testing.assert_close(seen.sum(1), torch.ones(80))
    assert seen.min() >= 0


def test_jitter_shrinks_and_fast_motion_is_followed_more_closely_than_slow():
    times = (np.arange(200) / 25).tolist()
    seed = torch.Generator().manual_seed(0)
    noise = 0.02 * torch.randn(200, 4, generator=seed)
    assert run(STILL + noise, times)[50:].std(0).max() < 0.6 * noise.std(0).min()
    turn = torch.tensor([0.0, 0.0, 1.0, 0.0])

    def delay(speed):
        path = STILL + speed * torch.tensor(times)[:, None] * turn
        return float((path - run(path, times))[100, 2]) / speed

    assert 0 < delay(3.0) < 0.6 * delay(0.03)


def test_a_moment_that_is_not_later_changes_nothing(walk):
    smooth = low_pass()
    smooth(walk[0], 1.0)
    before = smooth(walk[1], 1.1)
    assert torch.equal(smooth(walk[2], 1.1), before)
    assert torch.equal(smooth(walk[2], 0.3), before)


def test_after_a_long_pause_the_new_value_counts(walk):
    smooth = low_pass()
    smooth(walk[0], 0.0)
    torch.testing.assert_close(smooth(walk[1], 1e6), walk[1])


def test_after_a_reset_nothing_is_remembered(walk):
    smooth = low_pass()
    smooth(walk[0], 0.0)
    smooth.reset()
    assert torch.equal(smooth(walk[1], 0.1), walk[1])


def test_zeros_are_no_trouble():
    seen = run(torch.zeros(5, 3), [0.0, 0.1, 0.2, 0.3, 0.4])
    assert torch.equal(seen, torch.zeros(5, 3))


@pytest.mark.parametrize(
    "options", [{"cutoff": 0.0}, {"beta": -1.0}, {"velocity_cutoff": -2.0}]
)
def test_options_that_smooth_nothing_are_one_sentence(options):
    with pytest.raises(InputError, match="smooths nothing"):
        low_pass(**options)
