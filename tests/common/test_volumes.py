import itertools
import math

import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.common.fusion import fuse
from human_capture.common.rigs import ring
from human_capture.common.volumes import (
    aggregate,
    cube_grid,
    soft_argmax_3d,
    unproject,
)

HOWS = ("sum", "total", "confidence", "softmax", "max")


def rig(batch: int = 2, views: int = 3, width: int = 12) -> Cameras:
    """Maps of width x width cells; cameras look a little past the volume."""
    cameras = ring(views, radius=3.0, target=(0.2, 0.0, 1.0), width=width)
    return cameras[None].map(lambda tensor: tensor.expand(batch, *tensor.shape[1:]))


def random_maps(batch=2, views=3, channels=4, rows=12, columns=12) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(batch, views, channels, rows, columns, generator=generator)


def volume_grid(batch: int = 2, side: float = 3.5, points: int = 6) -> torch.Tensor:
    """Larger than what the views see, and reaching behind the cameras."""
    centre = torch.tensor([[0.3, -0.1, 1.0]]).expand(batch, 3)
    return cube_grid(centre, side, points, torch.linspace(0.1, 0.9, batch))


def bilinear(image: torch.Tensor, x: float, y: float, zeros: bool) -> torch.Tensor:
    """One sample at integer-centred coordinates, pixel by pixel."""
    channels, rows, columns = image.shape
    if not zeros:
        x, y = min(max(x, 0), columns - 1), min(max(y, 0), rows - 1)
    total = torch.zeros(channels)
    for column, row in itertools.product(
        (math.floor(x), math.floor(x) + 1), (math.floor(y), math.floor(y) + 1)
    ):
        if 0 <= column < columns and 0 <= row < rows:
            weight = (1 - abs(x - column)) * (1 - abs(y - row))
            total += weight * image[:, row, column]
    return total


def literal_unprojection(maps, cameras, grid, official):
    """Voxel by voxel, view by view; with the authors' sampling if official."""
    batch, views, channels, rows, columns = maps.shape
    volumes = torch.zeros(batch, views, channels, *grid.shape[1:4])
    visible = torch.zeros(batch, views, *grid.shape[1:4], dtype=torch.bool)
    for b, v in itertools.product(range(batch), range(views)):
        projection = cameras.projection[b, v]
        for voxel in itertools.product(*map(range, grid.shape[1:4])):
            x, y, depth = (
                projection @ torch.cat((grid[b][voxel], torch.ones(1)))
            ).tolist()
            place = (b, v, slice(None), *voxel)
            if official:
                visible[b, v][voxel] = True
                if depth <= 0:
                    continue
                unit_x = 2 * (x / depth / rows - 0.5)  # x by the height, y by the width
                unit_y = 2 * (y / depth / columns - 0.5)
                x, y = (unit_x + 1) / 2 * (columns - 1), (unit_y + 1) / 2 * (rows - 1)
                volumes[place] = bilinear(maps[b, v], x, y, zeros=True)
            elif depth > 0 and 0 <= x / depth <= columns and 0 <= y / depth <= rows:
                visible[b, v][voxel] = True
                sample = bilinear(maps[b, v], x / depth - 0.5, y / depth - 0.5, False)
                volumes[place] = sample
    return volumes, visible


def literal_aggregation(volumes, visible, how, confidences, official):
    """One voxel and channel at a time, in plain Python."""
    batch, views, channels, *side = volumes.shape
    combined = torch.zeros(batch, channels, *side)
    for b, c in itertools.product(range(batch), range(channels)):
        for voxel in itertools.product(*map(range, side)):
            seeing = [v for v in range(views) if visible[b, v][voxel]]
            values = [volumes[b, v, c][voxel].item() for v in seeing]
            if not values:
                continue
            if how in ("sum", "total"):
                divided = how == "sum" and not official
                result = sum(values) / (len(values) if divided else 1)
            elif how == "max":
                result = max(values)
            elif how == "softmax":
                shares = [math.exp(value) for value in values]
                result = sum(s * x for s, x in zip(shares, values)) / sum(shares)  # noqa: B905
            else:
                shares = [confidences[b, v, c].item() for v in seeing]
                result = sum(s * x for s, x in zip(shares, values)) / sum(shares)  # noqa: B905
            combined[b, c][voxel] = result
    return combined


def test_grid_includes_both_end_planes_and_turns_about_the_vertical():
    centre = torch.tensor([[1.0, 2.0, 3.0]])
    grid = cube_grid(centre, 2.5, 64)
    assert grid.shape == (1, 64, 64, 64, 3)
    assert torch.allclose(grid[0, 0, 0, 0], centre[0] - 1.25)
    assert torch.allclose(grid[0, -1, -1, -1], centre[0] + 1.25)
    step = grid[0, 1, 0, 0] - grid[0, 0, 0, 0]
    assert torch.allclose(step, torch.tensor([2.5 / 63, 0, 0]), atol=1e-6)
    turned = cube_grid(centre, 2.5, 64, torch.tensor([math.pi / 2]))
    assert torch.allclose(
        turned[0, -1, 0, 0], centre[0] + torch.tensor([1.25, 1.25, -1.25])
    )


@pytest.mark.parametrize("official", [False, True])
@pytest.mark.parametrize("size", [(12, 12), (9, 12)])
def test_unprojection_equals_a_literal_loop_over_voxels(official, size):
    maps, cameras, grid = random_maps(rows=size[0]), rig(), volume_grid()
    volumes, visible = unproject(maps, cameras, grid, official)
    expected, seen = literal_unprojection(maps, cameras, grid, official)
    assert torch.equal(visible, seen)
    assert 0.1 < visible.float().mean() < 0.95 or official
    assert ((volumes - expected) * seen[:, :, None]).abs().max() < 1e-4


def test_a_feature_appears_where_the_camera_projects_it():
    """Cell centres lie at +0.5: a map of its own coordinates comes back exactly."""
    cameras, grid = rig(1, 1, 16), volume_grid(1, 0.8)
    x = torch.arange(16) + 0.5
    maps = torch.stack((x.expand(16, 16), x[:, None].expand(16, 16)))[None, None]
    volumes, visible = unproject(maps, cameras, grid)
    pixels, _ = cameras.project(grid.flatten(1, 3)[:, None])
    inside = ((pixels > 0.5) & (pixels < 15.5)).all(-1)[0, 0]
    found = volumes[0, 0].flatten(1).mT
    assert inside.float().mean() > 0.5
    assert torch.allclose(found[inside], pixels[0, 0][inside], atol=1e-4)
    assert visible[0, 0].flatten()[inside].all()


def test_the_official_convention_drifts_by_up_to_a_cell():
    cameras, grid = rig(1, 1, 96), volume_grid(1, 1.5, 16)
    x = torch.arange(96) + 0.5
    maps = x.expand(1, 1, 1, 96, 96)
    pixels, _ = cameras.project(grid.flatten(1, 3)[:, None])
    inside = ((pixels > 1) & (pixels < 95)).all(-1)[0, 0]
    official = unproject(maps, cameras, grid, official=True)[0].flatten()[inside]
    drift = official - pixels[0, 0, :, 0][inside]
    expected = 0.5 - pixels[0, 0, :, 0][inside] / 96
    assert torch.allclose(drift, expected, atol=1e-3)
    assert drift.max() - drift.min() > 0.5


@pytest.mark.parametrize("official", [False, True])
@pytest.mark.parametrize("how", HOWS)
def test_aggregation_equals_plain_python(how, official):
    volumes, visible = unproject(random_maps(), rig(), volume_grid(), official)
    confidences = torch.rand(2, 3, 4) + 0.1
    found = aggregate(volumes, visible, how, confidences, official)
    expected = literal_aggregation(volumes, visible, how, confidences, official)
    assert torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("official", [False, True])
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("chunk", [2**16, 100])
def test_fusion_equals_unprojection_then_aggregation(monkeypatch, how, official, chunk):
    monkeypatch.setattr("human_capture.common.fusion._CHUNK", chunk)
    maps = random_maps(rows=9).requires_grad_()
    confidences = (torch.rand(2, 3, 4) + 0.1).requires_grad_()
    cameras, grid = rig(), volume_grid()
    present = torch.tensor([[True, True, True], [True, False, True]])
    volumes, visible = unproject(maps, cameras, grid, official)
    visible = visible & present[:, :, None, None, None]
    expected = aggregate(volumes, visible, how, confidences, official)
    found = fuse(maps, cameras, grid, how, confidences, present, official)
    assert torch.allclose(found, expected, atol=1e-5)
    weight = torch.randn_like(expected)
    inputs = (maps, confidences) if how == "confidence" else (maps,)
    wanted = torch.autograd.grad((weight * expected).sum(), inputs)
    gradients = torch.autograd.grad((weight * found).sum(), inputs)
    for own, reference in zip(gradients, wanted, strict=True):
        assert own.abs().max() > 0.1
        assert torch.allclose(own, reference, atol=1e-4)


def test_fusion_passes_gradients_to_a_moving_grid():
    grid = volume_grid().requires_grad_()
    fuse(random_maps(), rig(), grid, "softmax").sum().backward()
    assert grid.grad.abs().max() > 0


def test_fusion_of_half_precision_maps_places_samples_in_full_precision():
    maps, cameras, grid = random_maps(), rig(), volume_grid()
    exact = fuse(maps, cameras, grid, "softmax")
    for sampled in (
        fuse(maps.bfloat16(), cameras, grid, "softmax"),
        aggregate(*unproject(maps.bfloat16(), cameras, grid), "softmax"),
    ):
        assert (sampled - exact).abs().max() < 0.03


@pytest.mark.parametrize("how", HOWS)
def test_a_view_that_sees_nothing_does_not_dilute_the_volume(how):
    maps, cameras, grid = random_maps(), rig(), volume_grid()
    confidences = torch.rand(2, 3, 4) + 0.1
    away = cameras.world_to_camera[:, :1].clone()
    away[..., :3, :3] = -away[..., :3, :3]  # the whole scene lies behind it
    away[..., :3, 3] = -away[..., :3, 3]
    more = Cameras(
        cameras.intrinsics[:, [0, 1, 2, 0]],
        torch.cat((cameras.world_to_camera, away), 1),
    )
    extra = torch.cat((maps, 100 + maps[:, :1]), 1)
    added = torch.cat((confidences, torch.ones(2, 1, 4)), 1)
    one = fuse(maps, cameras, grid, how, confidences)
    inside = fuse(maps, cameras, grid, "total").abs().sum(1, keepdim=True) > 0
    other = fuse(extra, more, grid, how, added)
    front = unproject(extra, more, grid)[1][:, 3:]  # the corner beyond that camera
    unseen = inside & ~front
    assert unseen.float().mean() > 0.3
    assert torch.allclose(one * unseen, other * unseen, atol=1e-5)


@pytest.mark.parametrize("how", HOWS)
def test_missing_views_and_their_order_do_not_matter(how):
    maps, cameras, grid = random_maps(), rig(), volume_grid()
    confidences = torch.rand(2, 3, 4) + 0.1
    order = [2, 0, 1]
    one = fuse(maps, cameras, grid, how, confidences)
    other = fuse(maps[:, order], cameras[:, order], grid, how, confidences[:, order])
    assert torch.allclose(one, other, atol=1e-5)
    present = torch.tensor([[True, True, False]] * 2)
    two = fuse(maps[:, :2], cameras[:, :2], grid, how, confidences[:, :2])
    masked = fuse(maps, cameras, grid, how, confidences, present)
    assert torch.allclose(two, masked, atol=1e-5)


@pytest.mark.parametrize("how", HOWS)
def test_voxels_that_nobody_sees_are_zero_and_gradients_finite(how):
    maps = random_maps().requires_grad_()
    confidences = torch.zeros(2, 3, 4, requires_grad=True)
    present = torch.zeros(2, 3, dtype=torch.bool)
    for confidence in (confidences, confidences + 1):
        volume = fuse(maps, rig(), volume_grid(), how, confidence, present)
        assert (volume == 0).all()
        volumes, visible = unproject(maps, rig(), volume_grid())
        with torch.autograd.detect_anomaly(check_nan=True):
            nothing = aggregate(volumes, visible & False, how, confidence)
            (nothing.sum() + volume.sum()).backward()
        assert (nothing == 0).all()
        assert maps.grad.isfinite().all()


def test_confidence_needs_confidences():
    with pytest.raises(ValueError, match="needs confidences"):
        fuse(random_maps(), rig(), volume_grid(), "confidence")


def literal_expectation(logits, grid):
    probability = (logits - logits.max()).exp()
    probability = probability / probability.sum()
    mean = torch.zeros(3, dtype=logits.dtype)
    second = torch.zeros(3, 3, dtype=logits.dtype)
    for voxel in itertools.product(*map(range, logits.shape)):
        mean += probability[voxel] * grid[voxel]
    for voxel in itertools.product(*map(range, logits.shape)):
        offset = grid[voxel] - mean
        second += probability[voxel] * offset[:, None] * offset[None]
    return mean, second, probability.log().flatten()


def test_soft_argmax_equals_a_literal_sum_over_voxels():
    grid = volume_grid(2, 2.5, 5) + torch.tensor([20.0, -30.0, 0.0])
    logits = 3 * torch.randn(2, 2, 5, 5, 5, generator=torch.Generator().manual_seed(1))
    mean, covariance, log_probability = soft_argmax_3d(logits, grid)
    for b, j in itertools.product(range(2), range(2)):
        expected = literal_expectation(logits[b, j].double(), grid[b].double())
        assert torch.allclose(mean[b, j].double(), expected[0], atol=1e-5)
        assert torch.allclose(covariance[b, j].double(), expected[1], atol=1e-5)
        assert torch.allclose(log_probability[b, j].double(), expected[2], atol=1e-5)


def test_a_peak_is_its_voxel_and_certain():
    grid = volume_grid(1, 2.5, 8)
    logits = torch.zeros(1, 1, 8, 8, 8)
    logits[0, 0, 3, 5, 6] = 100
    mean, covariance, _ = soft_argmax_3d(logits, grid)
    assert torch.allclose(mean[0, 0], grid[0, 3, 5, 6], atol=1e-5)
    assert covariance.abs().max() < 1e-4


def test_soft_argmax_gradients_pass_gradcheck():
    grid = volume_grid(1, 2.5, 3)
    logits = torch.randn(1, 2, 3, 3, 3, requires_grad=True)
    mean = soft_argmax_3d(logits, grid)[0]
    gradient = torch.autograd.grad(mean.square().sum(), logits)[0]
    with torch.no_grad():
        step = torch.zeros_like(logits)
        step[0, 1, 0, 2, 1] = 1e-2
        ahead, behind = (
            soft_argmax_3d(logits + sign * step, grid)[0].square().sum()
            for sign in (1, -1)
        )
    assert gradient[0, 1, 0, 2, 1].item() == pytest.approx(
        (ahead - behind).item() / 2e-2, abs=1e-3
    )
