import math
from dataclasses import replace

import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.common.keypoints import HUMAN36M
from human_capture.common.rigs import ring
from human_capture.pose3d.augmentation import (
    Augmentation,
    drop_views,
    mirror,
    similarity,
    warp,
)
from human_capture.pose3d.corruption import CalibrationNoise, ImageNoise, Occlusion
from human_capture.pose3d.views import Views

SIZE = 96


def dot(size: int, keypoint: torch.Tensor) -> torch.Tensor:
    """A bright blob whose centre is a key point."""
    centres = torch.arange(size) + 0.5
    dx, dy = centres[None] - keypoint[0], centres[:, None] - keypoint[1]
    return (-(dx.square() + dy.square()) / 8).exp()


def batch(count: int = 3, views: int = 4) -> Views:
    """People whose first joint is a blob in the green channel."""
    generator = torch.Generator().manual_seed(0)
    joints = 0.25 * torch.randn(count, 17, 3, generator=generator)
    joints = joints + torch.tensor([0.0, 0.0, 1.0])
    joints[:, 0] = torch.tensor([0.1, 0.05, 1.1])
    cameras = ring(views, width=SIZE, focal_over_width=1.2)
    cameras = cameras[None].map(lambda t: t.expand(count, *t.shape[1:]).clone())
    keypoints, _ = cameras.project(joints[:, None])
    images = torch.zeros(count, views, 3, SIZE, SIZE)
    for person in range(count):
        for view in range(views):
            images[person, view, 1] = dot(SIZE, keypoints[person, view, 0])
    valid = torch.ones(count, views, dtype=torch.bool)
    return Views(
        images, cameras, keypoints, joints, valid, torch.zeros(count, dtype=torch.long)
    )


def reprojection_error(views: Views) -> float:
    found, depth = views.cameras.project(views.joints[:, None])
    assert (depth > 0).all()
    return (found - views.keypoints).abs().max().item()


def blob_error(views: Views, joint: int = 0) -> float:
    """Distance in pixels between the blob and the key point it was drawn at."""
    images = (views.images[:, :, 1] - 0.02).clamp_min(0)
    centres = torch.arange(images.shape[-1]) + 0.5
    total = images.sum((-2, -1))
    x = (images.sum(-2) * centres).sum(-1) / total
    y = (images.sum(-1) * centres).sum(-1) / total
    return (torch.stack((x, y), -1) - views.keypoints[:, :, joint]).abs().max().item()


def clean(**options) -> Augmentation:
    """Geometry only."""
    settings = {
        "size": 80,
        "flip": 0.0,
        "fewest_views": 0,
        "occlusion": Occlusion(0.0),
        "noise": ImageNoise(0.0),
        **options,
    }
    return Augmentation(**settings)


@pytest.mark.parametrize("flip", [0.0, 0.5, 1.0])
def test_truth_and_cameras_follow_rotation_scale_shift_and_mirror(flip):
    views = batch()
    assert reprojection_error(views) < 1e-4
    for seed in range(5):
        augmented = clean(flip=flip)(views, torch.Generator().manual_seed(seed))
        assert reprojection_error(augmented) < 1e-3
        assert augmented.images.shape[-2:] == (80, 80)
        if not flip:
            assert torch.equal(augmented.joints, views.joints)


def test_pixels_follow_too():
    views = batch()
    augmentation = clean(rotation_deg=20.0, shift=0.03, size=SIZE)
    augmented = augmentation(views, torch.Generator().manual_seed(1))
    assert (augmented.keypoints - views.keypoints).abs().max() > 3
    assert blob_error(augmented) < 0.3


def test_mirrored_scenes_are_consistent_and_swap_sides():
    views = batch()
    mirrored = mirror(views, torch.tensor([True, False, True]), HUMAN36M)
    assert reprojection_error(mirrored) < 1e-3
    assert blob_error(mirrored, joint=HUMAN36M.flip[0]) > 1  # scene 1 is not mirrored
    only = mirror(views, torch.ones(3, dtype=torch.bool), HUMAN36M)
    assert blob_error(only, joint=HUMAN36M.flip[0]) < 0.1
    left, right = HUMAN36M.index("left_wrist"), HUMAN36M.index("right_wrist")
    flip = torch.tensor([-1.0, 1.0, 1.0])
    assert torch.equal(mirrored.joints[0, left], views.joints[0, right] * flip)
    assert torch.equal(mirrored.joints[1], views.joints[1])
    determinant = torch.linalg.det(mirrored.cameras.rotation)
    assert torch.allclose(determinant, torch.ones_like(determinant), atol=1e-5)


def test_mirroring_twice_is_nothing():
    views, every = batch(), torch.ones(3, dtype=torch.bool)
    twice = mirror(mirror(views, every, HUMAN36M), every, HUMAN36M)
    assert torch.equal(twice.joints, views.joints)
    assert torch.allclose(twice.keypoints, views.keypoints, atol=1e-4)
    assert torch.equal(twice.images, views.images)


def test_distorted_cameras_cannot_be_mirrored_or_turned():
    views = batch()
    lens = torch.full((3, 4, 5), 0.01)
    cameras = views.cameras
    bent = replace(
        views, cameras=Cameras(cameras.intrinsics, cameras.world_to_camera, lens)
    )
    with pytest.raises(ValueError, match="distortion"):
        mirror(bent, torch.ones(3, dtype=torch.bool), HUMAN36M)
    with pytest.raises(ValueError, match="distortion"):
        clean()(bent, torch.Generator().manual_seed(0))


def test_identity_map_keeps_the_images():
    views = batch()
    same = warp(views, torch.eye(3).expand(3, 4, 3, 3), SIZE)
    assert torch.allclose(same.images, views.images, atol=1e-5)
    assert torch.allclose(same.keypoints, views.keypoints)


def test_similarity_puts_the_old_centre_where_it_is_told_and_turns_clockwise():
    centre = torch.tensor([40.0, 30.0])
    affine = similarity(torch.tensor(math.pi / 2), torch.tensor(2.0), centre, 48.0)
    middle = affine @ torch.tensor([48.0, 48.0, 1.0])
    assert torch.allclose(middle[:2], centre, atol=1e-4)
    right = affine @ torch.tensor([49.0, 48.0, 1.0])
    assert torch.allclose(right[:2] - centre, torch.tensor([0.0, 2.0]), atol=1e-4)


def test_same_seed_gives_the_same_batch_and_another_seed_another():
    augmentation = Augmentation(calibration=CalibrationNoise())
    one, same, other = (
        augmentation(batch(), torch.Generator().manual_seed(seed)) for seed in (3, 3, 4)
    )
    assert torch.equal(one.images, same.images)
    assert torch.equal(one.valid, same.valid)
    assert torch.equal(one.cameras.world_to_camera, same.cameras.world_to_camera)
    assert torch.equal(one.joints, same.joints)
    assert not torch.equal(one.images, other.images)


def test_the_batch_that_comes_in_is_left_alone():
    views = batch()
    copy = views.map(torch.clone)
    Augmentation(calibration=CalibrationNoise())(views, torch.Generator())
    assert torch.equal(views.images, copy.images)
    assert torch.equal(views.joints, copy.joints)
    assert torch.equal(views.cameras.intrinsics, copy.cameras.intrinsics)


def test_calibration_noise_moves_cameras_but_not_truth():
    clean_, noisy = (
        clean(calibration=noise)(batch(), torch.Generator().manual_seed(0))
        for noise in (None, CalibrationNoise())
    )
    assert torch.equal(clean_.keypoints, noisy.keypoints)
    assert reprojection_error(clean_) < 1e-3 < 0.05 < reprojection_error(noisy)


def test_dropped_views_leave_every_allowed_number():
    views = batch(400, 5)
    kept = drop_views(views, 2, torch.Generator().manual_seed(0)).valid.sum(1)
    counts = kept.bincount(minlength=6)
    assert counts[:2].sum() == 0
    assert (counts[2:] > 60).all()  # 100 each expected


def test_views_that_are_missing_already_do_not_count_as_kept():
    views = batch(200, 5)
    valid = views.valid.clone()
    valid[:, :2] = False
    dropped = drop_views(replace(views, valid=valid), 2, torch.Generator())
    assert not dropped.valid[:, :2].any()
    assert dropped.valid.sum(1).min() == 2
    assert dropped.valid.sum(1).max() == 3


@pytest.mark.parametrize("fewest", [0, 4, 9])
def test_nothing_is_dropped_where_nothing_may_be(fewest):
    assert drop_views(batch(), fewest, torch.Generator()).valid.all()
