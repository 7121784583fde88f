import itertools
import warnings

import numpy as np
import pytest
import torch
from scipy.optimize import least_squares

from human_capture.common.cameras import Cameras
from human_capture.common.rigid import so3_exp
from human_capture.common.rigs import dome, ring
from human_capture.pose3d.triangulation.linear import (
    relative_weights,
    triangulate,
    triangulate_pixels,
)


def people(count: int = 3, joints: int = 5, seed: int = 0) -> torch.Tensor:
    """Joints within a metre of (0, 0, 1), in float64."""
    generator = torch.Generator().manual_seed(seed)
    joints_ = torch.randn(count, joints, 3, generator=generator, dtype=torch.float64)
    return 0.4 * joints_ + torch.tensor([0.0, 0.0, 1.0])


def seen(points: torch.Tensor, cameras: Cameras, noise: float = 0.0) -> torch.Tensor:
    """Pixels of (batch, joint, 3) points in (view,) cameras, as (batch, view, …)."""
    pixels, _ = cameras.project(points[:, None])
    generator = torch.Generator().manual_seed(1)
    return pixels + noise * torch.randn(
        pixels.shape, generator=generator, dtype=pixels.dtype
    )


def random_weights(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(2)
    return 0.1 + torch.rand(shape, generator=generator, dtype=torch.float64)


def literal_dlt(pixels, projections, weights):
    """The homogeneous system of one joint, as the official code solves it."""
    rows = []
    for (u, v), projection, weight in zip(pixels, projections, weights, strict=True):
        rows.append(weight * (u * projection[2] - projection[0]))
        rows.append(weight * (v * projection[2] - projection[1]))
    solution = np.linalg.svd(np.asarray(rows))[2][-1]
    return solution[:3] / solution[3]


def literal_least_squares(rays, transforms, gains):
    """The inhomogeneous system of one joint by numpy's solver."""
    rows, right = [], []
    for (u, v), transform, gain in zip(rays, transforms, gains, strict=True):
        for value, row in ((u, transform[0]), (v, transform[1])):
            equation = gain * (value * transform[2] - row)
            rows.append(equation[:3])
            right.append(-equation[3])
    return np.linalg.lstsq(np.asarray(rows), np.asarray(right), rcond=None)[0]


@pytest.fixture
def cameras() -> Cameras:
    return ring(4).to(torch.float64)


def test_exact_measurements_give_the_homogeneous_svd_solution(cameras):
    points = people()
    pixels, weights = seen(points, cameras), random_weights(3, 4, 5)
    found = triangulate(pixels, cameras, weights).points
    projections = cameras.projection.numpy()
    for person, joint in itertools.product(range(3), range(5)):
        reference = literal_dlt(
            pixels[person, :, joint].numpy(),
            projections,
            weights[person, :, joint].numpy(),
        )
        assert np.abs(found[person, joint].numpy() - reference).max() < 1e-9
    assert (found - points).abs().max() < 1e-9


def test_noisy_measurements_agree_with_the_homogeneous_svd_within_the_noise(cameras):
    points = people()
    pixels, weights = seen(points, cameras, noise=1.0), random_weights(3, 4, 5)
    found = triangulate(pixels, cameras, weights, reweightings=0).points
    noise = (found - points).norm(dim=-1).mean()
    for person, joint in itertools.product(range(3), range(5)):
        reference = literal_dlt(
            pixels[person, :, joint].numpy(),
            cameras.projection.numpy(),
            weights[person, :, joint].numpy(),
        )
        gap = np.linalg.norm(found[person, joint].numpy() - reference)
        assert gap < 0.05 * noise


def test_plain_dlt_equals_a_literal_least_squares_loop(cameras):
    pixels, weights = seen(people(), cameras, noise=3.0), random_weights(3, 4, 5)
    found = triangulate(pixels, cameras, weights, reweightings=0).points
    rays = cameras.normalise(pixels)
    for person, joint in itertools.product(range(3), range(5)):
        reference = literal_least_squares(
            rays[person, :, joint].numpy(),
            cameras.world_to_camera[:, :3].numpy(),
            weights[person, :, joint].numpy(),
        )
        assert np.abs(found[person, joint].numpy() - reference).max() < 1e-8


def test_reweighting_divides_each_equation_by_the_depth_of_the_pass_before(cameras):
    pixels, weights = seen(people(), cameras, noise=3.0), random_weights(3, 4, 5)
    first = triangulate(pixels, cameras, weights, reweightings=0).points
    found = triangulate(pixels, cameras, weights, reweightings=1).points
    rays = cameras.normalise(pixels)
    depth = cameras.project(first[:, None])[1]
    for person, joint in itertools.product(range(3), range(5)):
        reference = literal_least_squares(
            rays[person, :, joint].numpy(),
            cameras.world_to_camera[:, :3].numpy(),
            (weights / depth)[person, :, joint].numpy(),
        )
        assert np.abs(found[person, joint].numpy() - reference).max() < 1e-8


def test_reweighted_points_are_nearly_maximum_likelihood():
    cameras = ring(3, radius=2.0).to(torch.float64)
    points = people(1, 6) + torch.tensor([0.5, 0.3, 0.0])  # unequal distances
    pixels = seen(points, cameras, noise=2.0)
    gaps = {0: [], 1: []}
    for reweightings, gap in gaps.items():
        found = triangulate(pixels, cameras, reweightings=reweightings).points[0]
        for joint, start in enumerate(found):

            def residual(point, joint=joint):
                world = torch.from_numpy(point)[None]
                return (cameras.project(world)[0] - pixels[0, :, [joint]]).flatten()

            best = least_squares(residual, start.numpy()).x
            gap.append(np.linalg.norm(start.numpy() - best))
    assert np.mean(gaps[1]) < 1e-4
    assert np.mean(gaps[1]) < 0.2 * np.mean(gaps[0])


def test_a_rigid_motion_of_the_world_moves_the_points_with_it(cameras):
    pixels, weights = seen(people(), cameras, noise=3.0), random_weights(3, 4, 5)
    motion = torch.eye(4, dtype=torch.float64)
    motion[:3, :3] = so3_exp(torch.tensor([0.4, -1.2, 2.0], dtype=torch.float64))
    motion[:3, 3] = torch.tensor([30.0, -7.0, 4.0])
    moved = Cameras(
        cameras.intrinsics, cameras.world_to_camera @ torch.linalg.inv(motion)
    )
    before = triangulate(pixels, cameras, weights)
    after = triangulate(pixels, moved, weights)
    expected = before.points @ motion[:3, :3].mT + motion[:3, 3]
    assert (after.points - expected).abs().max() < 1e-9
    turned = motion[:3, :3] @ before.covariance @ motion[:3, :3].mT
    assert torch.allclose(after.covariance, turned, rtol=1e-6, atol=1e-15)


def test_a_larger_world_gives_proportionally_larger_points(cameras):
    pixels = seen(people(), cameras, noise=3.0)
    transforms = cameras.world_to_camera.clone()
    transforms[..., :3, 3] *= 7
    large = triangulate(pixels, Cameras(cameras.intrinsics, transforms))
    small = triangulate(pixels, cameras)
    assert (large.points - 7 * small.points).abs().max() < 1e-9
    assert torch.allclose(large.covariance, 49 * small.covariance, rtol=1e-6)
    assert torch.allclose(large.condition, small.condition, rtol=1e-6)


def test_pixels_and_intrinsics_scaled_together_change_nothing(cameras):
    pixels = seen(people(), cameras, noise=3.0)
    same = triangulate(2 * pixels, cameras.resize(2.0)).points
    assert (same - triangulate(pixels, cameras).points).abs().max() < 1e-10


def test_order_of_views_does_not_matter(cameras):
    pixels, weights = seen(people(), cameras, noise=3.0), random_weights(3, 4, 5)
    order = [2, 0, 3, 1]
    one = triangulate(pixels, cameras, weights)
    other = triangulate(pixels[:, order], cameras[order], weights[:, order])
    assert (one.points - other.points).abs().max() < 1e-10


@pytest.mark.parametrize("how", ["nan", "invalid", "weightless"])
def test_a_view_that_sees_nothing_changes_nothing(cameras, how):
    pixels, weights = seen(people(), cameras, noise=3.0), random_weights(3, 4, 5)
    far = ring(1, radius=50.0).to(torch.float64)
    more = Cameras(
        torch.cat((cameras.intrinsics, far.intrinsics)),
        torch.cat((cameras.world_to_camera, far.world_to_camera)),
    )
    extra = torch.full_like(pixels[:, :1], torch.nan if how == "nan" else 123.0)
    valid = torch.ones(3, 5, 5, dtype=torch.bool)
    valid[:, 4] = how != "invalid"
    added = torch.full((3, 1, 5), 0.0 if how == "weightless" else 0.7).double()
    one = triangulate(pixels, cameras, weights)
    other = triangulate(
        torch.cat((pixels, extra), 1), more, torch.cat((weights, added), 1), valid
    )
    assert (one.points - other.points).abs().max() < 1e-9
    assert torch.allclose(one.covariance, other.covariance, rtol=1e-4)
    assert other.valid.all()


def test_only_ratios_of_weights_matter(cameras):
    pixels, weights = seen(people(), cameras, noise=3.0), random_weights(3, 4, 5)
    one = triangulate(pixels, cameras, weights).points
    tiny = triangulate(pixels, cameras, 1e-5 * weights).points
    assert (one - tiny).abs().max() < 1e-9


def test_vanished_weights_count_valid_views_equally():
    weights = torch.tensor([[0.0], [1e-12], [0.5]])
    valid = torch.tensor([[True], [True], [False]])
    assert relative_weights(weights, valid)[0][:, 0].tolist() == [1, 1, 0]


@pytest.mark.parametrize("views", [2, 3, 5, 31])
def test_any_number_of_views_works(views):
    cameras, points = dome(views).to(torch.float64), people()
    result = triangulate(seen(points, cameras), cameras)
    assert result.valid.all()
    assert (result.points - points).abs().max() < 1e-8


def test_cameras_of_every_batch_element_may_differ():
    rigs = [ring(4, start=angle).to(torch.float64) for angle in (0.0, 0.3, 1.0)]
    points = people()
    pixels = torch.cat([seen(points[[i]], rigs[i]) for i in range(3)])
    batched = Cameras(
        torch.stack([rig.intrinsics for rig in rigs]),
        torch.stack([rig.world_to_camera for rig in rigs]),
    )
    assert (triangulate(pixels, batched).points - points).abs().max() < 1e-9


def test_lens_distortion_is_undone(cameras):
    lens = torch.tensor([-0.2, 0.15, 1e-3, -2e-3, 0.0], dtype=torch.float64)
    bent = Cameras(cameras.intrinsics, cameras.world_to_camera, lens.expand(4, 5))
    points = people()
    assert (triangulate(seen(points, bent), bent).points - points).abs().max() < 1e-8


def test_float32_far_from_the_origin_is_as_good_as_float64(cameras):
    points = people() + torch.tensor([200.0, -300.0, 0.0])
    transforms = cameras.world_to_camera.clone()
    offset = torch.tensor([200.0, -300.0, 0.0], dtype=torch.float64)
    transforms[:, :3, 3] -= transforms[:, :3, :3] @ offset
    far = Cameras(cameras.intrinsics, transforms)
    pixels = seen(points, far)
    found = triangulate(pixels.float(), far).points
    assert found.dtype == torch.float32
    assert (found.double() - points).norm(dim=-1).max() < 3e-4  # pixels in float32


# what cannot be determined


def test_one_view_is_finite_and_said_to_be_undetermined(cameras):
    points = people()
    pixels = seen(points, cameras)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = triangulate(pixels[:, :1], cameras[:1])
    assert result.points.isfinite().all()
    assert not result.valid.any()
    assert result.condition.isinf().all()


def test_a_joint_that_one_view_sees_is_undetermined_and_the_others_are_not(cameras):
    points = people()
    pixels = seen(points, cameras)
    pixels[0, :3, 2] = torch.nan
    result = triangulate(pixels, cameras)
    expected = torch.ones(3, 5, dtype=torch.bool)
    expected[0, 2] = False
    assert torch.equal(result.valid, expected)
    assert result.points.isfinite().all()
    assert (result.points - points)[expected].abs().max() < 1e-9


def test_joints_that_nobody_sees_are_finite_and_undetermined(cameras):
    pixels = torch.full((2, 4, 5, 2), torch.nan)
    result = triangulate(pixels, cameras)
    assert result.points.isfinite().all()
    assert result.covariance.isfinite().all()
    assert result.condition.isinf().all()
    assert not result.valid.any()


def test_views_on_one_spot_are_finite_and_said_to_be_undetermined(cameras):
    points = people()
    same = cameras[[0, 0, 0]]
    for noise in (0.0, 1.0):
        result = triangulate(seen(points, same, noise), same)
        assert result.points.isfinite().all()
        assert result.condition.min() > 1e4
    assert not triangulate(seen(points, same), same).valid.any()


def test_a_wide_rig_is_better_conditioned_than_a_narrow_one():
    points = people()
    condition = []
    for angle in (1.5, 0.3, 0.01):
        pair = Cameras(
            torch.cat([ring(1, start=a).intrinsics for a in (0.0, angle)]),
            torch.cat([ring(1, start=a).world_to_camera for a in (0.0, angle)]),
        ).to(torch.float64)
        condition.append(triangulate(seen(points, pair), pair).condition.max())
    assert condition[0] < 20 < condition[1] < condition[2]


# gradients


def test_gradients_pass_gradcheck():
    cameras = ring(3).to(torch.float64)
    pixels = seen(people(1, 2), cameras, noise=3.0).requires_grad_()
    weights = random_weights(1, 3, 2).requires_grad_()

    def points(pixels, weights):
        return triangulate(pixels, cameras, weights, reweightings=0).points

    assert torch.autograd.gradcheck(points, (pixels, weights), atol=1e-7)


def test_gradients_of_cameras_pass_gradcheck():
    cameras = ring(3).to(torch.float64)
    pixels = seen(people(1, 2), cameras, noise=3.0)
    valid, weights = torch.ones(1, 3, 2, dtype=torch.bool), random_weights(1, 3, 2)

    def points(projection):
        return triangulate_pixels(pixels, projection, valid, weights, 0).points

    for projection in (cameras.projection, cameras.projection[None]):
        inputs = (projection.clone().requires_grad_(),)
        assert torch.autograd.gradcheck(points, inputs, atol=1e-6)


def test_gradients_equal_those_of_a_literal_torch_loop(cameras):
    pixels = seen(people(2, 3), cameras, noise=3.0)
    weights = random_weights(2, 4, 3)
    transforms = cameras.world_to_camera[:, :3]

    def loop(pixels, weights):
        rays = cameras.normalise(pixels)
        points = []
        for person, joint in itertools.product(range(2), range(3)):
            rows = []
            for view, transform in enumerate(transforms):
                for axis in range(2):
                    value = rays[person, view, joint, axis]
                    row = value * transform[2] - transform[axis]
                    rows.append(weights[person, view, joint] * row)
            a = torch.stack(rows)
            points.append(torch.linalg.lstsq(a[:, :3], -a[:, 3:]).solution[:, 0])
        return torch.stack(points).reshape(2, 3, 3)

    gradients = []
    for method in (
        loop,
        lambda p, w: triangulate(p, cameras, w, reweightings=0).points,
    ):
        inputs = (pixels.clone().requires_grad_(), weights.clone().requires_grad_())
        method(*inputs).square().sum().backward()
        gradients.append([value.grad for value in inputs])
    for literal, own in zip(*gradients, strict=True):
        assert torch.allclose(literal, own, rtol=1e-6, atol=1e-10)


def test_gradients_are_finite_where_joints_are_undetermined(cameras):
    pixels = seen(people(), cameras, noise=1.0).float()
    pixels[0] = torch.nan
    pixels[1, :3] = torch.nan
    pixels.requires_grad_()
    weights = torch.rand(3, 4, 5)
    weights[2, :, 0] = 0
    weights.requires_grad_()
    result = triangulate(pixels, cameras.to(torch.float32), weights)
    torch.where(result.valid[..., None], result.points, 0.0).sum().backward()
    assert pixels.grad.isfinite().all()
    assert weights.grad.isfinite().all()


# covariance


@pytest.mark.parametrize("reweightings", [0, 1])
def test_covariance_is_that_of_points_from_noisy_pixels(cameras, reweightings):
    point = people(1, 1, seed=3)
    pixels = seen(point, cameras).expand(20_000, -1, -1, -1)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(pixels.shape, generator=generator, dtype=torch.float64)
    found = triangulate(pixels + noise, cameras, reweightings=reweightings).points
    offset = (found - point)[:, 0]
    empirical = offset.mT @ offset / len(offset)
    predicted = triangulate(pixels[:1], cameras, reweightings=1).covariance[0, 0]
    if reweightings == 0:  # plain DLT is noisier than predicted, but not by much
        assert torch.trace(empirical) < 1.1 * torch.trace(predicted)
    else:
        whitened = torch.linalg.solve(predicted, empirical)
        assert (torch.linalg.eigvals(whitened).real - 1).abs().max() < 0.04


def test_covariance_follows_weights_as_inverse_deviations(cameras):
    point = people(1, 1, seed=3)
    deviation = torch.tensor([1.0, 2.0, 4.0, 1.0]).double()[:, None, None]
    pixels = seen(point, cameras).expand(20_000, -1, -1, -1)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(pixels.shape, generator=generator, dtype=torch.float64)
    weights = (1 / deviation[..., 0]).expand(20_000, 4, 1)
    result = triangulate(pixels + deviation * noise, cameras, weights)
    offset = (result.points - point)[:, 0]
    empirical = offset.mT @ offset / len(offset)
    whitened = torch.linalg.solve(result.covariance[:, 0].mean(0), empirical)
    assert (torch.linalg.eigvals(whitened).real - 1).abs().max() < 0.05
