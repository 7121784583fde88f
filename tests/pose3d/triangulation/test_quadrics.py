import pytest
import torch

from human_capture.common.rigs import ring
from human_capture.pose3d.triangulation.implicit import Solved, points_with_gradient
from human_capture.pose3d.triangulation.linear import triangulate
from human_capture.pose3d.triangulation.quadrics import (
    least_squares,
    minimum,
    quadric_basis,
    quadric_factors,
)


def scene(batch=(2, 3), views=3, joints=4):
    generator = torch.Generator().manual_seed(0)
    shape = (*batch, views, joints)
    pixels = 1000 * torch.rand(*shape, 2, generator=generator, dtype=torch.float64)
    gain = torch.rand(shape, generator=generator, dtype=torch.float64)
    return pixels, gain, ring(views).to(torch.float64).projection


def test_a_form_gives_the_squared_error_of_any_point():
    pixels, gain, projection = scene()
    forms = quadric_basis(projection).mT @ quadric_factors(pixels, gain)
    form = forms[1, 2, 0, :, 3].reshape(4, 4)
    point = torch.tensor([0.3, -0.2, 1.4, 1.0], dtype=torch.float64)
    first, second, third = projection[0] @ point
    u, v = pixels[1, 2, 0, 3]
    error = gain[1, 2, 0, 3] ** 2 * (
        (u * third - first) ** 2 + (v * third - second) ** 2
    )
    assert torch.isclose(point @ form @ point, error, rtol=1e-9)


def test_the_minimum_is_stationary_and_its_covariance_the_inverse():
    pixels, gain, projection = scene(batch=())
    factors = quadric_factors(pixels, gain).flatten(-3, -2)
    forms = quadric_basis(projection).flatten(-3, -2).mT @ factors
    found = minimum(forms)
    for joint in range(4):
        form = forms[:, joint].reshape(4, 4)
        normal, right = form[:3, :3], -form[:3, 3]
        assert torch.allclose(normal @ found.points[:, joint], right, rtol=1e-6)
        identity = normal @ found.covariance[..., joint]
        assert torch.allclose(identity, torch.eye(3).double(), atol=1e-6)
        condition = normal.norm() * torch.linalg.inv(normal).norm()
        assert torch.isclose(found.condition[joint], condition, rtol=1e-6)


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
@pytest.mark.parametrize("shared", [True, False])
def test_compiled_loops_equal_tensor_operations(batch, shared):
    pixels, gain, projection = scene(batch)
    gain[..., 0, 1] = 0
    if not shared:
        scale = torch.rand(*batch, 1, 1, 1).double() + 0.5
        projection = projection * torch.cat((scale, scale, torch.ones_like(scale)), -2)
    found = least_squares(pixels, gain, projection)
    factors = quadric_factors(pixels, gain).flatten(-3, -2)
    expected = minimum(quadric_basis(projection).flatten(-3, -2).mT @ factors)
    assert torch.allclose(found.points, expected.points, rtol=1e-7)
    assert torch.allclose(found.covariance, expected.covariance, rtol=1e-6)
    assert torch.allclose(found.condition, expected.condition, rtol=1e-6)


@pytest.mark.parametrize("batch", [(), (2,), (2, 3)])
def test_compiled_gradients_equal_those_of_tensor_operations(batch):
    """Cameras that want gradients take the path of tensor operations."""
    pixels, gain, projection = scene(batch)
    found = least_squares(pixels, gain, projection)
    points = found.points.mT.contiguous()
    solved = Solved(pixels, gain, torch.ones_like(gain), points, found.covariance)
    gradients = []
    for moving in (True, False):
        leaves = pixels.clone().requires_grad_(), gain.clone().requires_grad_()
        cameras = projection.clone().requires_grad_(moving)
        result = points_with_gradient(solved, *leaves, cameras)
        result.square().sum().backward()
        gradients.append([leaf.grad for leaf in leaves])
    for one, other in zip(*gradients, strict=True):
        assert one.abs().max() > 0
        assert torch.allclose(one, other, rtol=1e-9)


def test_only_wanted_gradients_are_given():
    cameras = ring(3)
    pixels, weights = 500 * torch.rand(2, 3, 4, 2), torch.rand(2, 3, 4)
    for wanted in (pixels, weights):
        pixels.requires_grad_(wanted is pixels)
        weights.requires_grad_(wanted is weights)
        pixels.grad = weights.grad = None
        triangulate(pixels, cameras, weights).points.sum().backward()
        assert wanted.grad is not None
        assert (pixels.grad is None) != (weights.grad is None)


def test_forms_without_any_view_are_finite():
    found = minimum(torch.zeros(16, 2, dtype=torch.float64))
    assert found.points.isfinite().all()
    assert found.covariance.isfinite().all()
    pixels, gain, projection = scene()
    assert least_squares(pixels, 0 * gain, projection).points.isfinite().all()
