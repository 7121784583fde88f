import math

import pytest
import torch

from human_capture.common.rigid import so3_exp
from human_capture.common.volumes import cube_grid
from human_capture.pose3d.networks.confidence import HeatmapConfidence
from human_capture.pose3d.networks.v2v import V2V
from human_capture.pose3d.triangulation.fine_grid import FineGrid
from human_capture.pose3d.triangulation.volumetric import VolumetricTriangulation


def network(inputs: int) -> V2V:
    return V2V(inputs, 5, 4, 3, 1, widths=(4, 8), middle=False, final_layers=0)


def method_of(backbone, aggregation="softmax", **options) -> VolumetricTriangulation:
    """A method whose volume network says nothing yet: heat maps alone decide."""
    torch.manual_seed(0)
    confidence = None
    if aggregation == "confidence":
        confidence = HeatmapConfidence(backbone.deep_channels, 5, 3, 8)
    settings = {"side": 1.8, "points": 32, "root": (0,), "prior": 1.0, **options}
    inputs = 3 if settings["prior"] is None else 8
    return VolumetricTriangulation(
        backbone,
        network(inputs),
        channels=3,
        aggregation=aggregation,
        confidence=confidence,
        **settings,
    ).eval()


def test_heat_maps_alone_find_the_joints_to_a_fraction_of_a_voxel(scene):
    estimate = method_of(scene.backbone)(scene.images, scene.cameras)
    assert (estimate.points - scene.joints).norm(dim=-1).max() < 0.03  # voxel: 0.058
    assert estimate.valid.all()
    assert estimate.confidence.min() > 0.3


def test_a_fine_grid_finds_them_closer(scene):
    errors = [
        (method_of(scene.backbone, points=16, fine=fine)(scene.images, scene.cameras))
        for fine in (None, FineGrid(0.4, 16))
    ]
    coarse, fine = ((e.points - scene.joints).norm(dim=-1).mean() for e in errors)
    assert fine < 0.012
    assert fine < 0.5 * coarse


def test_a_fine_grid_reads_what_the_network_says_in_turned_volumes(scene):
    """Without heat maps, the network's own field decides, wherever it is sampled."""
    centre, angle = torch.zeros(2, 3) + 0.3, torch.tensor([0.0, 0.8])
    volume = cube_grid(centre, 2.0, 32, angle)
    target = centre[:, None] + torch.tensor([[0.31, -0.2, 0.4], [-0.5, 0.1, 0.2]])
    away = (volume[:, None] - target[:, :, None, None, None]).square().sum(-1)
    fine = FineGrid(0.8, 24)
    around = fine.around(target + 0.03)
    said = fine.interpolate(-away / (2 * 0.05**2), volume, around)
    points, covariance = fine.locate(said, around)
    torch.testing.assert_close(points, target, atol=4e-3, rtol=0)
    sigma = covariance.diagonal(dim1=-2, dim2=-1).sqrt()
    torch.testing.assert_close(sigma, torch.full_like(sigma, 0.05), atol=6e-3, rtol=0)


def test_a_fine_grid_needs_the_heat_maps(scene):
    with pytest.raises(ValueError, match="needs the heat maps"):
        method_of(scene.backbone, prior=None, fine=FineGrid())


def test_centre_is_the_triangulated_root(scene):
    method = method_of(scene.backbone, root=(0, 1))
    estimate = method(scene.images, scene.cameras)
    centre = estimate.grid.flatten(1, 3).mean(1)
    expected = scene.joints[:, :2].mean(1)
    assert (centre - expected).norm(dim=-1).max() < 0.01


def test_moving_or_turning_the_volume_hardly_moves_the_joints(scene):
    method = method_of(scene.backbone)
    still = method(scene.images, scene.cameras).points
    centre = scene.joints[:, 0] + torch.tensor([0.06, -0.04, 0.05])
    angle = torch.tensor([0.4, 2.0])
    moved = method(scene.images, scene.cameras, centre=centre, angle=angle)
    assert (moved.points - still).norm(dim=-1).max() < 0.02
    assert not torch.allclose(moved.grid, method(scene.images, scene.cameras).grid)


def test_turning_the_world_about_the_vertical_turns_the_joints(scene):
    method = method_of(scene.backbone)
    angle = torch.tensor([0.7, 0.7])
    motion = torch.eye(4)
    motion[:3, :3] = so3_exp(torch.tensor([0.0, 0.0, 0.7]))
    motion[:3, 3] = torch.tensor([3.0, -2.0, 0.5])
    cameras = type(scene.cameras)(
        scene.cameras.intrinsics,
        scene.cameras.world_to_camera @ torch.linalg.inv(motion),
    )
    before = method(scene.images, scene.cameras).points
    after = method(scene.images, cameras, angle=angle).points
    expected = before @ motion[:3, :3].mT + motion[:3, 3]
    assert (after - expected).abs().max() < 1e-3


@pytest.mark.parametrize("aggregation", ["sum", "confidence", "softmax", "max"])
def test_missing_views_equal_absent_views(scene, aggregation):
    method = method_of(scene.backbone, aggregation)
    torch.nn.init.normal_(method.volume_network.output.weight)
    valid = torch.tensor([[True, True, True, False]] * 2)
    masked = method(scene.images, scene.cameras, valid)
    keypoints = scene.keypoints
    scene.backbone.keypoints = keypoints[:, :3].flatten(0, 1)
    absent = method(scene.images[:, :3], scene.cameras[:, :3])
    assert torch.allclose(masked.points, absent.points, atol=1e-4)


def test_order_of_views_does_not_matter(scene):
    method = method_of(scene.backbone)
    torch.nn.init.normal_(method.volume_network.output.weight)
    one = method(scene.images, scene.cameras).points
    order = [2, 0, 3, 1]
    scene.backbone.keypoints = scene.keypoints[:, order].flatten(0, 1)
    other = method(scene.images[:, order], scene.cameras[:, order]).points
    assert torch.allclose(one, other, atol=1e-4)


def test_one_view_works_when_the_centre_is_given(scene):
    keypoints = scene.keypoints[:, :1]
    scene.backbone.keypoints = keypoints.flatten(0, 1)
    method = method_of(scene.backbone)
    cameras = scene.cameras[:, :1]
    estimate = method(scene.images[:, :1], cameras, centre=scene.joints[:, 0])
    assert estimate.points.isfinite().all()
    found, _ = cameras.project(estimate.points[:, None])
    assert (found - keypoints).abs().max() < 2.5  # along the ray it is open
    full = torch.linalg.eigvalsh(estimate.covariance)
    assert (full[..., 2] > 4 * full[..., 1]).all()


@pytest.mark.parametrize("views", [0, 1])
def test_too_few_views_to_find_a_centre_are_finite(scene, views):
    valid = torch.zeros(2, 4, dtype=torch.bool)
    valid[:, :views] = True
    estimate = method_of(scene.backbone)(scene.images, scene.cameras, valid)
    assert estimate.points.isfinite().all()
    assert not estimate.valid.any() or views


@pytest.mark.parametrize("aggregation", ["sum", "confidence", "softmax"])
def test_gradients_reach_everything_that_is_trained(scene, aggregation):
    method = method_of(scene.backbone, aggregation)
    torch.nn.init.normal_(method.volume_network.output.weight, std=0.1)
    method.train()
    estimate = method(scene.images, scene.cameras, centre=scene.joints[:, 0])
    (estimate.points - scene.joints).square().sum().backward()
    for name, parameter in method.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
    assert method.process_features.weight.grad.abs().max() > 0


def test_volumes_without_heat_maps_have_no_prior(scene):
    method = method_of(scene.backbone, prior=None)
    assert method.sharpness is None
    estimate = method(scene.images, scene.cameras)
    assert estimate.log_volume.shape == (2, 5, 32**3)
    total = estimate.log_volume.exp().sum(-1)
    assert torch.allclose(total, torch.ones_like(total), atol=1e-4)


def test_official_sampling_is_a_switch(scene):
    ours = method_of(scene.backbone, prior=None)
    torch.nn.init.normal_(ours.volume_network.output.weight)
    centre = scene.joints[:, 0]
    one = ours(scene.images, scene.cameras, centre=centre).points
    ours.official = True
    other = ours(scene.images, scene.cameras, centre=centre).points
    assert (one - other).abs().max() > 1e-4


def test_a_confidence_head_goes_with_its_aggregation_only(scene):
    with pytest.raises(ValueError, match="confidence"):
        VolumetricTriangulation(scene.backbone, network(3), 3, aggregation="confidence")
    head = HeatmapConfidence(6, 5, 3)
    with pytest.raises(ValueError, match="confidence"):
        VolumetricTriangulation(scene.backbone, network(3), 3, confidence=head)


def test_a_full_turn_is_no_turn(scene):
    method = method_of(scene.backbone)
    turn = torch.full((2,), 2 * math.pi)
    centre = scene.joints[:, 0]
    one = method(scene.images, scene.cameras, centre=centre).points
    other = method(scene.images, scene.cameras, centre=centre, angle=turn).points
    assert torch.allclose(one, other, atol=1e-4)
