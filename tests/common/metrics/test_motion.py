"""Errors of motion over time, on motions whose errors are known."""

import pytest
import torch

from human_capture.common.metrics import AccelerationError, FootSliding, StillJitter


@pytest.fixture
def walk():
    """Two people of three joints who go straight on, 10 mm a frame."""
    time = torch.arange(20.0)[None, :, None, None]
    start = torch.rand(2, 1, 3, 3, generator=torch.Generator().manual_seed(0))
    return start + 0.01 * time * torch.tensor([1.0, 0.0, 0.0])


def test_a_constant_speed_or_place_off_is_no_error_of_acceleration(walk):
    metric = AccelerationError()
    time = torch.arange(20.0)[None, :, None, None]
    metric.update(walk + 0.3 + 0.02 * time, walk)
    assert metric.compute() == pytest.approx(0, abs=1e-3)


def test_an_acceleration_is_measured(walk):
    metric = AccelerationError()
    time = torch.arange(20.0)[None, :, None, None]
    off = 0.5 * 0.004 * time**2 * torch.tensor([0.0, 0.6, 0.8])
    metric.update(walk + off, walk)
    assert metric.compute() == pytest.approx(4.0, rel=1e-3)


def test_only_still_joints_jitter(walk):
    still = walk.clone()
    still[:, :, 0] = still[:, :1, 0]
    still[:, 10:, 0, 2] += 0.05  # a jump, and stillness again
    shaken = still.clone()
    shaken[:, ::2, 0, 1] += 0.003
    shaken[:, ::2, 1:, 1] += 0.5  # of joints that move anyway
    metric = StillJitter(still_mm=2.0, since=5)
    metric.update(shaken, still)
    assert metric.compute() == pytest.approx(3.0, rel=1e-3)


def test_only_feet_that_stand_slide(walk):
    contact = torch.zeros(2, 20, 3, dtype=torch.bool)
    contact[:, 5:9, 1] = True
    moved = walk.clone()
    moved[:, :, 0] += torch.rand(2, 20, 3)
    metric = FootSliding()
    metric.update(moved, contact)
    assert metric.compute() == pytest.approx(10.0, rel=1e-3)


@pytest.mark.parametrize("metric", [AccelerationError, StillJitter])
def test_parts_give_what_the_whole_gives(walk, metric):
    noisy = walk + 0.01 * torch.randn(
        walk.shape, generator=torch.Generator().manual_seed(1)
    )
    still = walk[:, :1].expand_as(walk)
    whole, parts = metric(), metric()
    whole.update(noisy, still)
    for person in range(2):
        parts.update(noisy[person : person + 1], still[person : person + 1])
    torch.testing.assert_close(whole.compute(), parts.compute())


def test_nothing_measured_is_no_number():
    assert StillJitter().compute().isnan()
