import pytest
import torch

from human_capture.multineus.losses import (
    colour_loss,
    eikonal_loss,
    mask_loss,
    masked_colour_loss,
)


@pytest.fixture
def images():
    generator = torch.Generator().manual_seed(0)
    first, second = torch.rand(2, 4, 10, 3, generator=generator)
    return first, second, torch.rand(4, 10, generator=generator)


def test_colour_losses_match_loops(images):
    first, second, mask = images
    total = plain = 0.0
    for i in range(4):
        for j in range(10):
            for k in range(3):
                apart = abs(float(first[i, j, k] - second[i, j, k]))
                plain += apart / 120
                total += apart * float(mask[i, j])
    assert float(colour_loss(first, second)) == pytest.approx(plain, rel=1e-5)
    weighted = colour_loss(first, second, mask)
    assert float(weighted) == pytest.approx(total / 120, rel=1e-5)
    masked = masked_colour_loss(first, second, mask)
    assert float(masked) == pytest.approx(total / float(mask.sum()), rel=1e-4)


def test_a_mask_of_nothing_costs_nothing(images):
    first, second, mask = images
    assert float(masked_colour_loss(first, second, 0 * mask)) == 0


def test_the_mask_loss_is_least_at_the_mask_and_finite_everywhere():
    mask = torch.tensor([0.0, 0.3, 1.0])
    best = mask_loss(mask, mask)
    for other in (torch.zeros(3), torch.ones(3), torch.full((3,), 0.5)):
        assert best < mask_loss(other, mask) < 10


def test_unit_gradients_cost_nothing_and_far_points_do_not_count():
    points = torch.tensor([[0.0, 0, 0], [0, 0, 5]])
    gradient = torch.tensor([[0.0, 1, 0], [9, 9, 9]])
    assert float(eikonal_loss(gradient, points)) == 0
    assert float(eikonal_loss(3 * gradient, points)) == pytest.approx(4, rel=1e-3)
