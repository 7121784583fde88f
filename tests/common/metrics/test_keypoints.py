import pytest
import torch

from human_capture.common.keypoints import COCO17, HUMAN36M
from human_capture.common.metrics import MPJPE, PCK, joint_errors
from human_capture.common.rigid import so3_exp


def poses(count: int = 6, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 17, 3, generator=generator)


def test_absolute_error_of_a_shift_is_its_length():
    metric = MPJPE(HUMAN36M)
    metric.update(poses() + torch.tensor([0.03, 0.04, 0.0]), poses())
    assert metric.compute().item() == pytest.approx(50, abs=1e-3)


def test_root_relative_error_ignores_shifts_and_keeps_the_root_in_the_mean():
    target = poses()
    predicted = target + 1.0
    predicted[:, 0] += torch.tensor([0.17, 0.0, 0.0])
    metric = MPJPE(HUMAN36M, "root")
    metric.update(predicted, target)
    assert metric.compute().item() == pytest.approx(170 / 17, abs=1e-2)


def test_scale_alignment_ignores_scale_and_shift_only():
    target = poses()
    assert joint_errors(2.5 * target + 1, target, COCO17, "scale").max() < 1e-5
    turned = target @ so3_exp(torch.tensor([0.0, 0.0, 0.5])).mT
    assert joint_errors(turned, target, COCO17, "scale").mean() > 0.1


def test_procrustes_ignores_similarities_and_no_reflection():
    target = poses()
    turned = 1.7 * target @ so3_exp(torch.tensor([0.3, -1.0, 0.5])).mT - 2
    assert joint_errors(turned, target, HUMAN36M, "procrustes").max() < 1e-4
    mirrored = target * torch.tensor([-1.0, 1.0, 1.0])
    assert joint_errors(mirrored, target, HUMAN36M, "procrustes").mean() > 0.1


def test_procrustes_is_the_minimum_over_similarities():
    target, predicted = poses(1), poses(1, seed=1)
    best = joint_errors(predicted, target, HUMAN36M, "procrustes").square().sum()
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        rotation = so3_exp(torch.randn(3, generator=generator))
        scale = torch.rand(1, generator=generator) * 2
        moved = scale * (predicted - predicted.mean(1)) @ rotation.mT + target.mean(1)
        assert (moved - target).square().sum() >= best - 1e-5


def test_invalid_joints_do_not_count():
    target = poses()
    valid = torch.rand(6, 17, generator=torch.Generator().manual_seed(3)) > 0.3
    predicted = torch.where(valid[..., None], target, target + 100)
    metric = MPJPE(HUMAN36M)
    metric.update(predicted, target, valid)
    assert metric.compute().item() == 0


def test_per_action_and_per_joint_are_the_plain_means():
    target, predicted = poses(), poses(seed=5)
    action = torch.tensor([0, 1, 1, 2, 0, 1])
    metric = MPJPE(HUMAN36M, actions=4)
    for part in (slice(0, 2), slice(2, 6)):
        metric.update(predicted[part], target[part], action=action[part])
    errors = 1000 * (predicted - target).norm(dim=-1)
    for number in range(3):
        expected = errors[action == number].mean().item()
        assert metric.per_action()[number].item() == pytest.approx(expected, rel=1e-5)
    assert metric.per_action()[3].isnan()
    torch.testing.assert_close(metric.per_joint(), errors.mean(0))


def test_pck_counts_joints_within_the_threshold():
    target = poses()
    predicted = target.clone()
    predicted[:, :5] += torch.tensor([0.2, 0.0, 0.0])
    metric = PCK(HUMAN36M, threshold_mm=150.0, alignment="absolute")
    metric.update(predicted, target)
    assert metric.compute().item() == pytest.approx(12 / 17, abs=1e-6)


def test_sums_of_two_processes_give_the_whole():
    target, predicted = poses(), poses(seed=5)
    whole, left, right = (MPJPE(HUMAN36M, "root") for _ in range(3))
    whole.update(predicted, target)
    left.update(predicted[:1], target[:1])
    right.update(predicted[1:], target[1:])
    total = left.total + right.total
    assert (total.sum() / (left.count + right.count).sum()).item() == pytest.approx(
        whole.compute().item(), rel=1e-6
    )
