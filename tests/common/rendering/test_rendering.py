import math

import pytest
import torch

from human_capture.common.rendering.compositing import composite, weights_from_alpha
from human_capture.common.rendering.rays import along, meets_sphere, sphere_bounds
from human_capture.common.rendering.sampling import (
    eikonal_points,
    inverse_transform,
    outside_depths,
    surface_depths,
    uniform_depths,
)
from human_capture.common.rendering.sdf import (
    alpha_from_sdf,
    annealed_cosine,
    section_lengths,
    section_weights,
)

RAYS = 12


@pytest.fixture
def rays():
    generator = torch.Generator().manual_seed(0)
    origins = torch.tensor([0.0, 0.0, -3.0]) + 0.1 * torch.randn(
        RAYS, 3, generator=generator
    )
    target = 0.5 * torch.randn(RAYS, 3, generator=generator)
    directions = torch.nn.functional.normalize(target - origins, dim=-1)
    return origins, directions


def sphere(points, radius=0.5):
    return points.norm(dim=-1) - radius


def rendered(depths, sharpness, origins, directions, anneal=1.0):
    """Weights of the sections of a ball, by the field in their middles."""
    lengths = section_lengths(depths, 2 / 64)
    points = along(origins, directions, depths + lengths / 2)
    normal = points / points.norm(dim=-1, keepdim=True).clamp_min(1e-9)
    slope = annealed_cosine((normal * directions[:, None]).sum(-1), anneal)
    alpha = alpha_from_sdf(sphere(points), slope, lengths, sharpness)
    return weights_from_alpha(alpha), points, lengths


def test_bounds_hold_what_lies_in_the_sphere(rays):
    near, far = sphere_bounds(*rays)
    torch.testing.assert_close(far - near, torch.full((RAYS,), 2.0))
    origins, directions = rays
    through = meets_sphere(*rays) > 0
    half = ((origins * directions).sum(-1) ** 2 - origins.square().sum(-1) + 1).sqrt()
    middle = (near + far) / 2
    for depth in (middle - half, middle + half):
        on = along(origins, directions, depth[:, None])[:, 0].norm(dim=-1)
        torch.testing.assert_close(on[through], torch.ones(int(through.sum())))
        assert ((depth >= near - 1e-5) & (depth <= far + 1e-5))[through].all()
    assert through.any()
    assert not through.all()


def test_weights_sum_to_at_most_one():
    alpha = torch.rand(50, 30, generator=torch.Generator().manual_seed(0))
    weights = weights_from_alpha(alpha)
    assert (weights >= 0).all()
    assert (weights.sum(-1) <= 1 + 1e-5).all()
    opaque = weights_from_alpha(torch.ones(1, 5))
    torch.testing.assert_close(
        opaque, torch.tensor([[1.0, 0, 0, 0, 0]]), atol=1e-6, rtol=0
    )


def test_weights_match_a_loop():
    alpha = torch.rand(7, 9, generator=torch.Generator().manual_seed(1)).double()
    expected = torch.zeros_like(alpha)
    for ray in range(7):
        passed = 1.0
        for sample in range(9):
            expected[ray, sample] = passed * alpha[ray, sample]
            passed *= 1 - alpha[ray, sample]
    torch.testing.assert_close(weights_from_alpha(alpha), expected, atol=1e-6, rtol=0)


def test_gradients_are_finite_where_sections_are_opaque_or_empty():
    alpha = torch.tensor([[0.0, 1.0, 1.0, 0.5]], requires_grad=True)
    composite(weights_from_alpha(alpha), torch.ones(1, 4, 3)).sum().backward()
    assert alpha.grad.isfinite().all()


def test_what_is_left_over_is_background():
    weights = torch.tensor([[0.2, 0.3]])
    values = torch.ones(1, 2, 3)
    found = composite(weights, values, torch.tensor([[0.0, 0.5, 1.0]]))
    torch.testing.assert_close(found, torch.tensor([[0.5, 0.75, 1.0]]))


@pytest.mark.parametrize("sharpness", [40.0, 200.0, 2000.0])
def test_weights_peak_on_the_surface(sharpness):
    """NeuS is unbiased: the expected depth of a plane is where the plane is."""
    depths = torch.linspace(0, 2, 4000)[None].double()
    lengths = section_lengths(depths, 2 / 4000)
    middle = depths + lengths / 2
    sdf = 0.8 * (1.0 - middle)  # a plane at depth 1, entered at an angle
    slope = torch.full_like(sdf, -0.8)
    weights = weights_from_alpha(alpha_from_sdf(sdf, slope, lengths, sharpness))
    peak = middle[0, weights[0].argmax()]
    assert abs(float(peak) - 1) < 2e-3
    assert float(weights.sum()) > 0.99


def test_surfaces_behind_others_do_not_show():
    origins, directions = torch.tensor([[0.0, 0, -3]]), torch.tensor([[0.0, 0, 1]])
    depths = uniform_depths(*sphere_bounds(origins, directions), 512)
    weights, points, _ = rendered(depths, 1000.0, origins, directions)
    expected = (weights[..., None] * points).sum(-2)
    torch.testing.assert_close(
        expected, torch.tensor([[0.0, 0, -0.5]]), atol=5e-3, rtol=0
    )
    assert weights[points[..., 2] > 0].sum() < 1e-3


def test_alpha_does_not_depend_on_the_scale_of_the_scene():
    sdf = torch.linspace(0.3, -0.3, 20)[None]
    slope, lengths = torch.full_like(sdf, -0.7), torch.full_like(sdf, 0.03)
    first = alpha_from_sdf(sdf, slope, lengths, 50.0)
    second = alpha_from_sdf(10 * sdf, slope, 10 * lengths, 5.0)
    torch.testing.assert_close(first, second, atol=1e-5, rtol=1e-4)


def test_rays_that_go_away_from_the_surface_are_not_stopped():
    sdf = torch.linspace(0.01, 0.4, 20)[None]
    rising = annealed_cosine(torch.full_like(sdf, 0.9), 1.0)
    alpha = alpha_from_sdf(sdf, rising, torch.full_like(sdf, 0.02), 100.0)
    assert alpha.max() < 1e-4


def test_the_inside_is_opaque():
    """So a camera within the body sees the body, whatever the slope."""
    sdf = torch.full((1, 3), -0.5)
    alpha = alpha_from_sdf(sdf, 0 * sdf, torch.full_like(sdf, 0.02), 100.0)
    assert alpha.min() > 0.99


def test_annealing_ends_at_the_slope_and_never_rises():
    cosine = torch.linspace(-1, 1, 21)
    torch.testing.assert_close(annealed_cosine(cosine, 1.0), cosine.clamp_max(0))
    torch.testing.assert_close(annealed_cosine(cosine, 0.0), (cosine - 1) / 2)
    assert (annealed_cosine(cosine, 0.3) <= 0).all()


def test_gradients_of_alpha_are_finite_when_the_surface_is_very_sharp():
    sdf = torch.linspace(1, -1, 40, requires_grad=True)
    slope = torch.full_like(sdf, -1.0).requires_grad_()
    alpha = alpha_from_sdf(sdf, slope, torch.full_like(sdf, 0.05), 1e6)
    weights_from_alpha(alpha).sum().backward()
    assert sdf.grad.isfinite().all()
    assert slope.grad.isfinite().all()


def test_quantiles_match_those_of_the_density():
    edges = torch.tensor([[0.0, 1.0, 2.0, 4.0]])
    weights = torch.tensor([[1.0, 0.0, 3.0]])
    found = inverse_transform(edges, weights, 8)
    quantiles = (torch.arange(8) + 0.5) / 8
    expected = torch.where(
        quantiles < 0.25, quantiles * 4, 2 + 2 * (quantiles - 0.25) / 0.75
    )
    torch.testing.assert_close(found[0], expected, atol=2e-3, rtol=0)


def test_quantiles_shift_with_the_edges():
    generator = torch.Generator().manual_seed(0)
    edges = torch.rand(5, 9, generator=generator).sort(-1).values.double()
    weights = torch.rand(5, 8, generator=generator).double()
    torch.testing.assert_close(
        inverse_transform(edges + 3, weights, 16),
        inverse_transform(edges, weights, 16) + 3,
    )


def test_uniform_depths_are_shifted_by_at_most_half_a_step(rays):
    near, far = sphere_bounds(*rays)
    still = uniform_depths(near, far, 64)
    moved = uniform_depths(near, far, 64, torch.Generator().manual_seed(0)) - still
    torch.testing.assert_close(moved, moved[:, :1].expand_as(moved), atol=1e-5, rtol=0)
    assert moved.abs().max() <= 1 / 64 + 1e-6
    assert moved[:, 0].std() > 0


def reference_surface_depths(field, origins, directions, depths, more, rounds):
    """As the published code goes about it, a ray and a section at a time."""
    result = []
    for origin, direction, start in zip(origins, directions, depths, strict=True):
        z = start.tolist()
        for step in range(rounds):
            points = [origin + direction * d for d in z]
            sdf = [float(field(p[None])) for p in points]
            sharpness, before, passed, weights = 64 * 2**step, 0.0, 1.0, []
            for k in range(len(z) - 1):
                length = z[k + 1] - z[k]
                slope = (sdf[k + 1] - sdf[k]) / (length + 1e-5)
                used, before = min(slope, before), slope
                near = points[k].norm() < 1 or points[k + 1].norm() < 1
                used = max(min(used, 0.0), -1000.0) if near else 0.0
                middle = (sdf[k] + sdf[k + 1]) / 2
                one, two = (
                    1 / (1 + math.exp(-sharpness * (middle + s * used * length / 2)))
                    for s in (-1, 1)
                )
                alpha = min(max((one - two + 1e-5) / (one + 1e-5), 0), 1)
                weights.append(alpha * passed + 1e-5)
                passed *= 1 - alpha + 1e-7
            total, sums = sum(weights), [0.0]
            for weight in weights:
                sums.append(sums[-1] + weight / total)
            added, count = [], more // rounds
            for k in range(count):
                wanted = (k + 0.5) / count
                i = max(j for j in range(len(sums) - 1) if sums[j] <= wanted)
                width = sums[i + 1] - sums[i]
                part = (wanted - sums[i]) / (1.0 if width < 1e-5 else width)
                added.append(z[i] + part * (z[i + 1] - z[i]))
            z = sorted(z + added)
        result.append(z)
    return torch.tensor(result)


def test_hierarchical_sampling_matches_a_loop(rays):
    origins, directions = (x[:4].double() for x in rays)
    depths = uniform_depths(*sphere_bounds(origins, directions), 16)
    found = surface_depths(sphere, origins, directions, depths, 8, rounds=2)
    expected = reference_surface_depths(sphere, origins, directions, depths, 8, 2)
    torch.testing.assert_close(found, expected.double(), atol=1e-5, rtol=1e-5)


def test_hierarchical_sampling_gathers_about_the_surface(rays):
    hit = meets_sphere(*rays) > 0.6
    origins, directions = (x[hit] for x in rays)
    assert len(origins) > 2
    near, far = sphere_bounds(origins, directions)
    depths = uniform_depths(near, far, 64)
    found = surface_depths(sphere, origins, directions, depths, 64)
    assert found.shape == (len(origins), 128)
    assert (found.diff(dim=-1) >= 0).all()
    first = (near + far) / 2 - (
        0.25 - (origins.square().sum(-1) - (origins * directions).sum(-1) ** 2)
    ).sqrt()
    close = ((found - first[:, None]).abs() < 0.05).sum(-1)
    assert (close > 50).all()


def test_every_sample_is_evaluated_once_but_the_last_ones(rays):
    calls = []

    def counted(points):
        calls.append(points.shape[-2])
        return sphere(points)

    depths = uniform_depths(*sphere_bounds(*rays), 64)
    surface_depths(counted, *rays, depths, 64)
    assert calls == [64, 16, 16, 16]


def test_a_count_that_does_not_divide_is_refused(rays):
    depths = uniform_depths(*sphere_bounds(*rays), 8)
    with pytest.raises(ValueError, match="cannot be divided"):
        surface_depths(sphere, *rays, depths, 10)


def test_surfaces_outside_the_sphere_attract_no_samples():
    depths = torch.linspace(0, 8, 30)[None]
    wall = (4.0 - depths).clamp_min(0.02)  # in front of which the ray ends
    outside, within = (
        section_weights(depths, wall, torch.full_like(depths, side), 16.0)
        for side in (-1.0, 1.0)
    )
    assert outside.max() < 1e-3 < 0.1 < within.max()


def test_outside_depths_ascend_from_the_far_bound():
    far = torch.tensor([1.0, 4.0])
    for generator in (None, torch.Generator().manual_seed(0)):
        depths = outside_depths(far, 32, generator)
        assert (depths.diff(dim=-1) > 0).all()
        assert (depths > far[:, None]).all()
        assert depths.max() > 100
    inverse = 1 / (outside_depths(far, 32) - 1 / 64)
    steps = inverse.diff(dim=-1)
    torch.testing.assert_close(steps, steps[:, :1].expand_as(steps), atol=1e-5, rtol=0)


def test_eikonal_points_are_everywhere_and_near_the_surface(rays):
    origins, directions = rays
    depths = uniform_depths(*sphere_bounds(*rays), 64)
    weights, points, _ = rendered(depths, 200.0, origins, directions)
    found = eikonal_points(points, weights, 6, torch.Generator().manual_seed(0))
    assert found.shape == (RAYS, 18, 3)
    ball, near, among = found.split(6, dim=1)
    assert ball.norm(dim=-1).max() <= 1
    assert 0.6 < ball.norm(dim=-1).mean() < 0.9  # three quarters for a full ball
    hit = weights.sum(-1) > 0.99
    surface = (weights[..., None] * points).sum(-2)[hit]
    assert (near[hit] - surface[:, None]).abs().max() < 0.056
    apart = torch.cdist(among, points).amin(-1)
    assert apart.max() < 1e-3
