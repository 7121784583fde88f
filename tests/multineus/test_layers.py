import copy

import pytest
import torch

from human_capture.multineus.initialisation import kaiming
from human_capture.multineus.layers import (
    IndependentLinear,
    LowRankLinear,
    SharedLinear,
)

KINDS = {
    "shared": lambda: SharedLinear(7, 5, kaiming),
    "weight norm": lambda: SharedLinear(7, 5, kaiming, weight_norm=True),
    "independent": lambda: IndependentLinear(7, 5, kaiming, 4),
    "low rank": lambda: LowRankLinear(7, 5, kaiming, 4, rank=3),
}


@pytest.fixture(params=KINDS)
def layer(request):
    torch.manual_seed(0)
    return KINDS[request.param]()


def test_outputs_match_a_loop(layer):
    objects = torch.tensor([2, 0])
    x = torch.randn(2, 6, 7)
    weights = layer(objects)
    found, back = weights(x), weights.pull_back(found_gradient := torch.randn(2, 6, 5))
    for index, number in enumerate(objects.tolist()):
        alone = layer(torch.tensor([number]))
        matrix, bias = alone.weight[0], alone.bias[0]
        torch.testing.assert_close(found[index], x[index] @ matrix.T + bias)
        torch.testing.assert_close(back[index], found_gradient[index] @ matrix)


def test_low_rank_weights_are_combinations_of_the_basis():
    layer = LowRankLinear(7, 5, kaiming, 4, rank=3)
    found = layer(torch.tensor([1]))
    weight = sum(
        c * row[:35].view(5, 7)
        for c, row in zip(layer.coefficients[1], layer.basis, strict=True)
    )
    bias = sum(
        c * row[35:] for c, row in zip(layer.coefficients[1], layer.basis, strict=True)
    )
    torch.testing.assert_close(found.weight[0], weight)
    torch.testing.assert_close(found.bias[0], bias)


@pytest.mark.parametrize("rank", [10, 100])
def test_low_rank_weights_have_the_variance_of_ordinary_ones(rank):
    torch.manual_seed(0)
    low = LowRankLinear(64, 64, kaiming, 50, rank)(torch.arange(50)).weight.var()
    ordinary = SharedLinear(64, 64, kaiming)(torch.arange(1)).weight.var()
    assert 0.8 < float(low / ordinary) < 1.25


@pytest.mark.parametrize("kind", ["independent", "low rank"])
def test_a_step_leaves_other_objects_alone(kind):
    layer = KINDS[kind]()
    before = copy.deepcopy(layer)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1)
    for objects in (torch.tensor([0, 1, 2, 3]), torch.tensor([2])):  # moments fill up
        optimizer.zero_grad()
        layer(objects).weight.square().sum().backward()
        optimizer.step()
        if len(objects) == 4:
            before = copy.deepcopy(layer)
    for number in range(4):
        same = all(
            torch.equal(one, two)
            for one, two in zip(
                before.personal(number), layer.personal(number), strict=True
            )
        )
        assert same == (number != 2)


def test_a_blend_is_a_combination_of_weights(layer):
    shares = torch.tensor([0.5, -0.2, 0.7, 0.0])
    everyone = layer(torch.arange(4))
    for blend in (layer.blend(shares), layer.newcomer(shares)(torch.tensor([0]))):
        weight = torch.einsum("n,nji->ji", shares, everyone.weight)
        torch.testing.assert_close(blend.weight[0], weight)
        bias = torch.einsum("n,nj->j", shares, everyone.bias)
        torch.testing.assert_close(blend.bias[0], bias)


def test_a_newcomer_shares_the_basis_and_nothing_else():
    layer = KINDS["low rank"]()
    alone = layer.newcomer(torch.full((4,), 0.25))
    assert alone.basis is layer.basis
    with torch.no_grad():
        alone.coefficients[0].zero_()
    assert all(own.abs().max() > 0 for own in layer.coefficients)
    assert len(layer.coefficients) == 4


def test_weight_norm_is_that_of_torch():
    torch.manual_seed(0)
    ours = SharedLinear(7, 5, kaiming, weight_norm=True)
    theirs = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(7, 5))
    with torch.no_grad():
        theirs.parametrizations.weight.original1.copy_(ours.weight)
        theirs.parametrizations.weight.original0.copy_(2 * ours.length)
        theirs.bias.copy_(ours.bias)
        ours.length.mul_(2)
    x = torch.randn(1, 6, 7)
    torch.testing.assert_close(ours(torch.tensor([0]))(x), theirs(x))
