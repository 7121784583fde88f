"""The avatar's pose from the driver's."""

import pytest
import torch

from human_capture.common.one_euro import OneEuro, relative_speed
from human_capture.reenact.driving.transfer import PoseTransfer

OWN = torch.tensor([1.0, 2.0, -1.0])
POSES = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))


def run(transfer):
    return torch.stack([transfer(pose, n / 25) for n, pose in enumerate(POSES)])


def test_absolute_driving_takes_the_drivers_pose():
    torch.testing.assert_close(run(PoseTransfer(OWN)), POSES)


@pytest.mark.parametrize("relative", [False, True])
def test_without_strength_the_avatar_keeps_its_own_pose(relative):
    kept = run(PoseTransfer(OWN, relative, strength=0.0))
    assert torch.equal(kept, OWN.expand(6, 3))


def test_half_the_strength_is_half_way():
    torch.testing.assert_close(run(PoseTransfer(OWN, strength=0.5)), (OWN + POSES) / 2)


def test_relative_driving_starts_from_the_own_pose_and_moves_as_the_driver():
    moved = run(PoseTransfer(OWN, relative=True, strength=2.0))
    assert torch.equal(moved[0], OWN)
    torch.testing.assert_close(moved.diff(dim=0), 2 * POSES.diff(dim=0))


def test_relative_driving_may_start_from_another_frame():
    moved = run(PoseTransfer(OWN, relative=True, neutral=POSES[3]))
    torch.testing.assert_close(moved, OWN + POSES - POSES[3])


def test_the_drivers_descriptors_are_smoothed():
    smooth = OneEuro(1.5, 4.0, relative_speed)
    expected = [smooth(pose, n / 25) for n, pose in enumerate(POSES)]
    smooth.reset()
    seen = run(PoseTransfer(OWN, smooth=smooth))
    torch.testing.assert_close(seen, torch.stack(expected))
