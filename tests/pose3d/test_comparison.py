import json

import pytest
import torch

from human_capture.common.rigs import ring
from human_capture.pose3d.comparison import CONDITIONS, Condition, SceneErrors
from human_capture.pose3d.comparison_report import (
    Comparison,
    camera_curve,
    markdown,
    write_comparison,
)
from human_capture.pose3d.corruption import CalibrationNoise, Occlusion
from human_capture.pose3d.views import Views

SETTINGS = [
    (condition, method, count)
    for condition in ("clean", "occluded")
    for method in ("RANSAC", "algebraic")
    for count in (2, 4)
]


@pytest.fixture
def comparison():
    generator = torch.Generator().manual_seed(0)
    errors = 10 + torch.rand(30, len(SETTINGS), 2, generator=generator)
    errors[:, 1] = errors[:, 0] - 3  # RANSAC: four cameras are 3 mm better than two
    return Comparison(SETTINGS, errors)


def views(scenes: int = 2) -> Views:
    cameras = ring(8, width=64).map(lambda t: t.expand(scenes, *t.shape).clone())
    joints = torch.rand(scenes, 17, 3)
    return Views(
        torch.rand(scenes, 8, 3, 64, 64),
        cameras,
        cameras.project(joints[:, None])[0],
        joints,
        torch.ones(scenes, 8, dtype=torch.bool),
        torch.zeros(scenes, dtype=torch.long),
    )


def test_a_mean_is_the_mean_over_scenes(comparison):
    absolute, relative = comparison.mean("occluded", "RANSAC", 4)
    column = SETTINGS.index(("occluded", "RANSAC", 4))
    assert absolute == pytest.approx(comparison.errors[:, column, 0].mean().item())
    assert relative == pytest.approx(comparison.errors[:, column, 1].mean().item())


def test_a_constant_difference_has_no_spread(comparison):
    pair = ("clean", "RANSAC", 2), ("clean", "RANSAC", 4)
    assert comparison.difference(*pair) == pytest.approx((3, 3, 3), abs=1e-4)


def test_the_interval_of_equal_methods_holds_zero(comparison):
    _, low, high = comparison.difference(
        ("clean", "algebraic", 2), ("occluded", "algebraic", 2)
    )
    assert low < 0 < high


def test_the_report_holds_every_setting(comparison, tmp_path):
    write_comparison(comparison, tmp_path)
    rows = json.loads((tmp_path / "comparison.json").read_text())["rows"]
    assert len(rows) == len(SETTINGS)
    assert len(markdown(comparison).splitlines()) == 2 + 4
    assert (tmp_path / "comparison.svg").read_text() == camera_curve(comparison)


def test_errors_of_parts_are_those_of_the_whole():
    errors = torch.rand(5, 4, 2)
    metric = SceneErrors()
    metric.update(errors[:2])
    metric.update(errors[2:])
    torch.testing.assert_close(metric.compute(), errors)


def test_the_clean_condition_changes_nothing():
    batch = views()
    assert CONDITIONS["clean"](batch, 0) is batch


def test_conditions_change_what_they_say_and_repeat_with_the_seed():
    batch = views()
    condition = Condition(Occlusion(1.0), CalibrationNoise())
    first, again, other = condition(batch, 1), condition(batch, 1), condition(batch, 2)
    torch.testing.assert_close(first.images, again.images)
    torch.testing.assert_close(
        first.cameras.world_to_camera, again.cameras.world_to_camera
    )
    assert (first.images != other.images).any()
    hidden = (first.images != batch.images).any(2).float().mean((-2, -1))
    assert ((hidden > 0.2) & (hidden < 0.45)).all()
    torch.testing.assert_close(first.joints, batch.joints)
    assert (first.cameras.centre != batch.cameras.centre).any()
