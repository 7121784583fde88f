import warnings

import torch

from human_capture.pose3d.triangulation.algebraic import AlgebraicTriangulation
from human_capture.pose3d.triangulation.ransac import RansacTriangulation


def test_one_wrong_view_of_four_is_ignored(scene):
    scene.shift(view=1, pixels=14.0)
    robust = RansacTriangulation(scene.backbone)(scene.images, scene.cameras)
    plain = AlgebraicTriangulation(scene.backbone)(scene.images, scene.cameras)
    assert (robust.points - scene.joints).norm(dim=-1).max() < 0.015
    assert (plain.points - scene.joints).norm(dim=-1).min() > 0.03
    expected = torch.ones(2, 4, 5)
    expected[:, 1] = 0
    assert torch.equal(robust.view_confidence, expected)


def test_threshold_is_a_share_of_the_image_width(scene):
    scene.shift(view=1, pixels=8.0)  # reprojection error beyond 5, below 20 pixels
    strict = RansacTriangulation(scene.backbone, threshold=5 / 64)
    loose = RansacTriangulation(scene.backbone, threshold=30 / 64)
    for method, counts in ((strict, 0.0), (loose, 1.0)):
        confidence = method(scene.images, scene.cameras).view_confidence
        assert (confidence[:, 1] == counts).all()


def test_missing_views_are_left_out(scene):
    scene.shift(view=2, pixels=14.0)
    valid = torch.tensor([[True, True, False, True]] * 2)
    estimate = RansacTriangulation(scene.backbone)(scene.images, scene.cameras, valid)
    assert (estimate.points - scene.joints).norm(dim=-1).max() < 0.015


def test_one_view_is_finite_and_said_to_be_undetermined(scene):
    valid = torch.tensor([[True, False, False, False]] * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        method = RansacTriangulation(scene.backbone)
        estimate = method(scene.images, scene.cameras, valid)
    assert estimate.points.isfinite().all()
    assert not estimate.valid.any()
    assert (estimate.confidence == 0).all()
