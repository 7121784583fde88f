import warnings

import pytest
import torch
from torch import nn

from human_capture.common.cameras import Cameras
from human_capture.pose3d.networks.backbone import ImageFeatures
from human_capture.pose3d.networks.confidence import ConfidenceHead
from human_capture.pose3d.triangulation.algebraic import AlgebraicTriangulation
from human_capture.pose3d.triangulation.evidence import see
from human_capture.pose3d.triangulation.linear import triangulate


class Fixed(ConfidenceHead):
    """Given confidences, the same for every joint."""

    def __init__(self, *views: float) -> None:
        super().__init__()
        self.views = nn.Parameter(torch.tensor(views))

    def forward(self, image: ImageFeatures) -> torch.Tensor:
        batch = len(image.heatmaps) // len(self.views)
        return self.views.repeat(batch)[:, None].expand(-1, image.heatmaps.shape[1])


def test_joints_are_found_to_the_precision_of_the_maps(scene):
    estimate = AlgebraicTriangulation(scene.backbone)(scene.images, scene.cameras)
    assert (estimate.points - scene.joints).norm(dim=-1).max() < 0.01
    assert estimate.valid.all()
    assert estimate.condition.max() < 20


def test_result_is_the_weighted_triangulation_of_soft_argmaxima(scene):
    head = Fixed(0.2, 0.9, 0.5, 0.7)
    estimate = AlgebraicTriangulation(scene.backbone, head)(scene.images, scene.cameras)
    weights = head.views[None, :, None].expand(2, 4, 5)
    expected = triangulate(
        see(scene.backbone, scene.images).keypoints, scene.cameras, weights
    )
    assert torch.allclose(estimate.points, expected.points)
    assert torch.equal(estimate.view_confidence, weights)


def test_a_distrusted_view_can_be_wrong(scene):
    scene.shift(view=2, pixels=9.0)
    trusting = AlgebraicTriangulation(scene.backbone)
    wary = AlgebraicTriangulation(scene.backbone, Fixed(1.0, 1.0, 1e-3, 1.0))
    for method, bounds in ((trusting, (0.03, 1.0)), (wary, (0.0, 0.01))):
        error = (method(scene.images, scene.cameras).points - scene.joints).norm(dim=-1)
        assert bounds[0] < error.max() < bounds[1]


def test_missing_views_are_left_out(scene):
    scene.shift(view=2, pixels=9.0)
    valid = torch.tensor([[True, True, False, True]] * 2)
    method = AlgebraicTriangulation(scene.backbone)
    estimate = method(scene.images, scene.cameras, valid)
    assert (estimate.points - scene.joints).norm(dim=-1).max() < 0.01
    assert (estimate.view_confidence[:, 2] == 0).all()


@pytest.mark.parametrize("case", ["one view", "one spot", "no confidence", "none"])
def test_undetermined_joints_are_finite_uncertain_and_silent(scene, case):
    method = AlgebraicTriangulation(scene.backbone)
    cameras, valid = scene.cameras, torch.ones(2, 4, dtype=torch.bool)
    if case == "one view":
        valid[:, 1:] = False
    if case == "none":
        valid[:] = False
    if case == "one spot":
        cameras = cameras[:, [0, 0, 0, 0]]
        scene.backbone.keypoints = (
            scene.keypoints[:, [0, 0, 0, 0]].flatten(0, 1).contiguous()
        )
    if case == "no confidence":
        method = AlgebraicTriangulation(scene.backbone, Fixed(0.0, 0.0, 0.0, 0.0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimate = method(scene.images, cameras, valid)
        scene.backbone.scale.grad = None
        torch.where(estimate.valid[..., None], estimate.points, 0).sum().backward()
    assert estimate.points.isfinite().all()
    assert estimate.confidence.isfinite().all()
    assert scene.backbone.scale.grad.isfinite()
    if case == "no confidence":  # all views count equally then
        assert (estimate.points - scene.joints).norm(dim=-1).max() < 0.01
    else:
        assert not estimate.valid.any()
        assert (estimate.confidence == 0).all()


def test_disagreeing_views_have_a_larger_covariance(scene):
    method = AlgebraicTriangulation(scene.backbone)
    agreeing = method(scene.images, scene.cameras)
    scene.shift(view=1, pixels=6.0)
    disagreeing = method(scene.images, scene.cameras)
    larger = disagreeing.covariance.diagonal(dim1=-2, dim2=-1).sum(-1)
    assert (larger > 2 * agreeing.covariance.diagonal(dim1=-2, dim2=-1).sum(-1)).all()
    assert (disagreeing.confidence < agreeing.confidence).all()


def test_order_of_views_does_not_matter(scene):
    method = AlgebraicTriangulation(scene.backbone)
    one = method(scene.images, scene.cameras).points
    order = [2, 0, 3, 1]
    scene.backbone.keypoints = scene.keypoints[:, order].flatten(0, 1)
    other = method(scene.images[:, order], scene.cameras[:, order]).points
    assert torch.allclose(one, other, atol=1e-5)


def test_gradients_reach_backbone_and_confidences(scene):
    head = Fixed(0.2, 0.9, 0.5, 0.7)
    scene.shift(view=1, pixels=3.0)
    estimate = AlgebraicTriangulation(scene.backbone, head)(scene.images, scene.cameras)
    (estimate.points - scene.joints).square().sum().backward()
    for parameter in (scene.backbone.scale, head.views):
        assert parameter.grad.isfinite().all()
        assert parameter.grad.abs().max() > 0


def test_lens_distortion_of_the_cameras_is_respected(scene):
    lens = torch.tensor([-0.2, 0.1, 1e-3, 1e-3, 0.0]).expand(2, 4, 5)
    cameras = Cameras(scene.cameras.intrinsics, scene.cameras.world_to_camera, lens)
    scene.backbone.keypoints = cameras.project(scene.joints[:, None])[0].flatten(0, 1)
    estimate = AlgebraicTriangulation(scene.backbone)(scene.images, cameras)
    assert (estimate.points - scene.joints).norm(dim=-1).max() < 0.01
