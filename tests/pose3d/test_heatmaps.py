import math

import pytest
import torch

from human_capture.pose3d.heatmaps import argmax, gaussian, soft_argmax


def logits(rows: int = 7, columns: int = 9, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 3 * torch.randn(2, 3, rows, columns, generator=generator)


def literal_expectation(
    values: torch.Tensor, temperature: float
) -> tuple[float, float]:
    """Sum over cells in plain Python; centres at +0.5."""
    rows = [[temperature * v for v in row] for row in values.tolist()]
    largest = max(map(max, rows))
    x = y = total = 0.0
    for j, row in enumerate(rows):
        for i, value in enumerate(row):
            weight = math.exp(value - largest)
            x, y, total = x + weight * (i + 0.5), y + weight * (j + 0.5), total + weight
    return x / total, y / total


@pytest.mark.parametrize("temperature", [0.3, 1.0, 100.0])
def test_soft_argmax_equals_a_sum_over_cells(temperature):
    maps = logits()
    points, probability = soft_argmax(maps, temperature)
    for sample in range(2):
        for joint in range(3):
            expected = literal_expectation(maps[sample, joint], temperature)
            found = points[sample, joint].tolist()
            assert found == pytest.approx(expected, abs=1e-4)
    total = probability.sum((-2, -1))
    assert torch.allclose(total, torch.ones_like(total))


def test_soft_argmax_moves_with_the_picture():
    maps = torch.full((1, 1, 20, 20), -30.0)
    maps[..., 5:9, 4:8] = logits(4, 4)[:1, :1]
    moved = maps.roll((3, 6), (-2, -1))
    offset = soft_argmax(moved)[0] - soft_argmax(maps)[0]
    assert torch.allclose(offset, torch.tensor([6.0, 3.0]), atol=1e-4)


def test_a_constant_changes_nothing_and_huge_values_are_finite():
    maps = logits()
    one, other = soft_argmax(maps)[0], soft_argmax(maps + 1e4)[0]
    assert torch.allclose(one, other, atol=0.02)  # float32 keeps 3 digits there
    assert soft_argmax(1e30 * maps)[0].isfinite().all()


def test_mirrored_maps_give_mirrored_points():
    maps = logits()
    flipped = soft_argmax(maps.flip(-1))[0]
    expected = torch.tensor([9.0, 0.0]) + soft_argmax(maps)[0] * torch.tensor(
        [-1.0, 1.0]
    )
    assert torch.allclose(flipped, expected, atol=1e-4)


def test_half_precision_maps_are_summed_in_full_precision():
    maps = logits(64, 64).bfloat16()
    exact = soft_argmax(maps.float())[0]
    assert torch.equal(soft_argmax(maps)[0], exact)


def test_soft_argmax_gradients_are_right_and_finite():
    maps = logits().requires_grad_()
    points, probability = soft_argmax(maps)
    gradient = torch.autograd.grad(points[0, 1, 0], maps)[0]
    centres = torch.arange(9) + 0.5
    expected = probability[0, 1] * (centres - points[0, 1, 0])
    assert torch.allclose(gradient[0, 1], expected, atol=1e-5)
    assert gradient[1].abs().max() == 0


def test_argmax_is_the_centre_of_the_largest_cell():
    maps = logits()
    found = argmax(maps, refine=False)
    for sample in range(2):
        for joint in range(3):
            best = int(maps[sample, joint].argmax())
            expected = [best % 9 + 0.5, best // 9 + 0.5]
            assert found[sample, joint].tolist() == expected


@pytest.mark.parametrize("place", [(4.2, 3.4), (4.5, 3.5), (5.9, 2.1)])
def test_refined_argmax_of_a_log_gaussian_is_exact(place):
    x, y = torch.arange(9) + 0.5, torch.arange(7) + 0.5
    maps = -((x[None] - place[0]) ** 2 + (y[:, None] - place[1]) ** 2)
    assert argmax(maps[None])[0].tolist() == pytest.approx(place, abs=1e-4)


@pytest.mark.parametrize("cell", [(0, 0), (0, 8), (6, 0), (6, 8), (0, 4), (3, 0)])
def test_refinement_stays_put_at_borders(cell):
    maps = torch.zeros(1, 7, 9)
    maps[0, *cell] = 1.0
    maps[0, min(cell[0] + 1, 6), cell[1]] += 0.5
    found = argmax(maps)[0].tolist()
    for value, index, length in ((found[0], cell[1], 9), (found[1], cell[0], 7)):
        assert abs(value - index - 0.5) <= 0.5
        if index in (0, length - 1):
            assert value == index + 0.5


def test_flat_maps_are_finite():
    assert argmax(torch.zeros(2, 7, 9)).isfinite().all()
    assert soft_argmax(torch.zeros(2, 7, 9))[0][0].tolist() == pytest.approx([4.5, 3.5])


def test_gaussians_have_their_mean_and_deviation():
    place = torch.tensor([[20.3, 15.8]])
    bump = gaussian(place, 32, 40, sigma=2.0)[0]
    assert bump.sum().item() == pytest.approx(1)
    x, y = torch.arange(40) + 0.5, torch.arange(32) + 0.5
    mean = torch.stack(((bump * x).sum(), (bump * y[:, None]).sum()))
    assert torch.allclose(mean, place[0], atol=1e-3)
    assert (bump * (x - mean[0]) ** 2).sum().sqrt().item() == pytest.approx(2, rel=1e-3)


def test_gaussians_far_outside_are_zero():
    bump = gaussian(torch.tensor([[-500.0, 3.0]]), 8, 8)
    assert bump.isfinite().all()
    assert bump.sum() < 1e-6


def test_soft_argmax_undoes_gaussians():
    places = 4 + 8 * torch.rand(5, 2, generator=torch.Generator().manual_seed(0))
    maps = (gaussian(places, 16, 16, 0.8) + 1e-12).log()
    assert torch.allclose(soft_argmax(maps)[0], places, atol=0.01)
