import pytest

from human_capture.common.schedules import Schedule


def test_the_learning_rate_rises_then_falls_to_its_last_share():
    schedule = Schedule(warmup=10, last=0.1)
    assert schedule.factor(0, 0.0) == pytest.approx(0.1)
    assert schedule.factor(9, 0.0) == 1
    assert schedule.factor(100, 0.5) == pytest.approx(0.55)
    assert schedule.factor(200, 1.0) == pytest.approx(0.1)


def test_steps_multiply():
    schedule = Schedule(0, last=1.0, falls=(0.5, 0.75), fall=0.1)
    factors = [schedule.factor(50, share) for share in (0.0, 0.49, 0.5, 0.8, 1.0)]
    assert factors == pytest.approx([1, 1, 0.1, 0.01, 0.01])
