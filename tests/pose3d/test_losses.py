import math

import pytest
import torch

from human_capture.common.volumes import cube_grid
from human_capture.pose3d.losses import (
    heatmap_cross_entropy,
    inside,
    robust_l1_cm,
    soft_mse_cm,
    volume_cross_entropy,
)

JOINT_LOSSES = (soft_mse_cm, robust_l1_cm)


def joints(seed: int = 0, spread: float = 0.3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return spread * torch.randn(3, 4, 3, generator=generator)


def test_soft_mse_equals_the_published_formula():
    """Per joint, in square centimetres, with (20 cm)² as the threshold (eq. 7)."""
    predicted, target = joints(0), joints(1)
    total = 0.0
    large = 0
    for one, other in zip(predicted.flatten(0, 1), target.flatten(0, 1), strict=True):
        error = sum((100 * (a - b)) ** 2 for a, b in zip(one, other, strict=True)) / 3
        if error > 400:
            error = error**0.1 * 400**0.9
            large += 1
        total += float(error)
    assert 2 < large < 11
    assert soft_mse_cm(predicted, target).item() == pytest.approx(total / 12, rel=1e-4)


def test_robust_l1_is_the_mean_absolute_error_in_centimetres_when_small():
    predicted, target = joints(0, 0.02), joints(1, 0.02)
    expected = 100 * (predicted - target).abs().mean()
    assert torch.isclose(robust_l1_cm(predicted, target), expected)


def test_robust_l1_grows_by_the_power_of_a_fifth_beyond_its_threshold():
    target = torch.zeros(1, 1, 3)
    one, two = (robust_l1_cm(torch.full_like(target, d), target) for d in (0.4, 0.8))
    assert one.item() == pytest.approx(20 * 2**0.2, rel=1e-4)
    assert (two / one).item() == pytest.approx(2**0.2, rel=1e-4)


@pytest.mark.parametrize("loss", JOINT_LOSSES)
def test_losses_are_continuous_at_the_threshold_and_zero_at_the_truth(loss):
    target = torch.zeros(1, 1, 3)
    below, above = (loss(target + d, target).item() for d in (0.19999, 0.20001))
    assert below == pytest.approx(above, rel=1e-3)
    assert loss(target, target) == 0


@pytest.mark.parametrize("loss", JOINT_LOSSES)
def test_invalid_joints_neither_count_nor_pull(loss):
    predicted, target = joints(0).requires_grad_(), joints(1)
    valid = torch.rand(3, 4, generator=torch.Generator().manual_seed(0)) > 0.4
    masked = loss(predicted, target, valid)
    only = loss(predicted[valid][None], target[valid][None])
    assert torch.isclose(masked, only)
    gradient = torch.autograd.grad(masked, predicted)[0]
    assert (gradient[~valid] == 0).all()
    assert (gradient[valid] != 0).all()
    assert loss(predicted, target, valid & False) == 0


@pytest.mark.parametrize("loss", JOINT_LOSSES)
def test_gradients_are_finite_at_and_far_from_the_truth(loss):
    target = torch.zeros(1, 3, 3)
    predicted = torch.tensor([[[0.0] * 3, [0.2] * 3, [1e6] * 3]]).requires_grad_()
    gradient = torch.autograd.grad(loss(predicted, target), predicted)[0]
    assert gradient.isfinite().all()


def literal_cross_entropy(heatmap, keypoint, sigma):
    """Softmax, Gaussian and their cross-entropy, cell by cell."""
    values = heatmap.tolist()
    normaliser = math.log(sum(math.exp(v) for row in values for v in row))
    weights, logs = [], []
    for j, row in enumerate(values):
        for i, value in enumerate(row):
            dx, dy = i + 0.5 - keypoint[0], j + 0.5 - keypoint[1]
            weights.append(math.exp(-(dx * dx + dy * dy) / (2 * sigma**2)))
            logs.append(value - normaliser)
    return -sum(w * v for w, v in zip(weights, logs, strict=True)) / sum(weights)


def test_heatmap_cross_entropy_equals_a_sum_over_cells():
    generator = torch.Generator().manual_seed(0)
    heatmaps = torch.randn(2, 3, 6, 8, generator=generator)
    keypoints = torch.rand(2, 3, 2, generator=generator) * torch.tensor([8.0, 6.0])
    expected = [
        literal_cross_entropy(heatmaps[s, j], keypoints[s, j].tolist(), 1.3)
        for s in range(2)
        for j in range(3)
    ]
    found = heatmap_cross_entropy(heatmaps, keypoints, sigma=1.3).item()
    assert found == pytest.approx(sum(expected) / 6, rel=1e-4)


def test_joints_outside_the_map_do_not_count():
    heatmaps = torch.randn(1, 2, 6, 8, generator=torch.Generator().manual_seed(0))
    keypoints = torch.tensor([[[3.0, 4.0], [-40.0, 2.0]]])
    one = heatmap_cross_entropy(heatmaps, keypoints)
    other = heatmap_cross_entropy(heatmaps[:, :1], keypoints[:, :1])
    assert torch.isclose(one, other)
    nobody = heatmap_cross_entropy(heatmaps, keypoints - 100)
    assert nobody == 0


def test_inside_excludes_the_border_and_nan():
    points = torch.tensor([[1.0, 1.0], [0.0, 1.0], [8.0, 1.0], [7.9, 5.9], [1.0, 6.0]])
    assert inside(points, 6, 8).tolist() == [True, False, False, True, False]
    assert not inside(torch.full((1, 2), torch.nan), 6, 8).any()


@pytest.mark.parametrize("origin", [0.0, 300.0])
def test_volume_cross_entropy_reads_the_nearest_voxel(origin):
    generator = torch.Generator().manual_seed(0)
    centre = torch.tensor([[origin, 0.2, 1.0]]).expand(2, 3)
    grid = cube_grid(centre, 2.0, 6, torch.tensor([0.3, 1.0]))
    log_volume = torch.randn(2, 3, 6**3, generator=generator).log_softmax(-1)
    target = centre[:, None] + 0.6 * torch.randn(2, 3, 3, generator=generator)
    expected = 0.0
    for sample in range(2):
        places = grid[sample].reshape(-1, 3).double()
        for joint in range(3):
            distance = (places - target[sample, joint].double()).norm(dim=-1)
            expected -= log_volume[sample, joint, int(distance.argmin())].item()
    found = volume_cross_entropy(log_volume, grid, target).item()
    assert found == pytest.approx(expected / 6, rel=1e-5)
    valid = torch.tensor([[True, False, False], [False, False, False]])
    only = volume_cross_entropy(log_volume[:1, :1], grid[:1], target[:1, :1])
    assert torch.isclose(volume_cross_entropy(log_volume, grid, target, valid), only)
