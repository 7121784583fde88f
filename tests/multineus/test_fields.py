import math

import pytest
import torch

from human_capture.multineus.fields.background import BackgroundField
from human_capture.multineus.fields.encoding import code_length, encode, pull_back
from human_capture.multineus.fields.scene import PersonalLayers, SceneField, placed

ALL = torch.arange(3)


def points(objects=3, count=40, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(objects, count, 3, generator=generator)


def by_autograd(network, x, weights):
    """Gradient as NeuS takes it: with a graph of its own, differentiated again."""
    x = x.detach().requires_grad_()
    sdf = network.distance(x, weights)
    return torch.autograd.grad(sdf.sum(), x, create_graph=True)[0]


def test_the_order_of_the_encoding_is_that_of_neus():
    x = torch.tensor([[0.1, 0.2, 0.3]])
    found = encode(x, 2)
    expected = torch.cat((x, x.sin(), x.cos(), (2 * x).sin(), (2 * x).cos()), -1)
    torch.testing.assert_close(found, expected)
    assert found.shape[-1] == code_length(3, 2)


def test_the_encoding_is_pulled_back_as_autograd_does():
    x = torch.randn(9, 3, dtype=torch.double, requires_grad=True)
    code = encode(x, 6)
    seed = torch.randn_like(code)
    (expected,) = torch.autograd.grad(code, x, seed)
    torch.testing.assert_close(pull_back(seed, code), expected)


@pytest.mark.parametrize("kind", ["independent", "low_rank"])
@pytest.mark.parametrize("placement", ["none", "first_half", "last_half", "all"])
def test_the_written_gradient_is_that_of_autograd(small, kind, placement):
    field = small(kind=kind, sdf=placement).double()
    x = points().double()
    weights = field.sdf.weights(ALL)
    found = field.sdf(x, weights)
    expected = by_autograd(field.sdf, x, weights)
    # torch takes the softplus for linear from 20 on, where it is by 2e-9 off
    torch.testing.assert_close(found.gradient, expected, atol=1e-8, rtol=1e-8)
    torch.testing.assert_close(found.sdf, field.sdf.distance(x, weights))


def test_its_derivatives_are_those_of_autograd(small):
    """What training needs: derivatives of the gradient by the weights."""
    field = small().double()
    x, parameters = points().double(), list(field.sdf.parameters())
    weights = field.sdf.weights(ALL)
    derivatives = []
    for gradient in (
        field.sdf(x, weights).gradient,
        by_autograd(field.sdf, x, field.sdf.weights(ALL)),
    ):
        loss = (gradient.norm(dim=-1) - 1).square().mean()
        derivatives.append(torch.autograd.grad(loss, parameters, allow_unused=True))
    for ours, theirs in zip(*derivatives, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            torch.testing.assert_close(ours, theirs, atol=1e-9, rtol=1e-6)


def test_the_gradient_agrees_in_single_precision(small):
    field = small()
    weights = field.sdf.weights(ALL)
    found = field.sdf(points(), weights).gradient
    expected = by_autograd(field.sdf, points(), weights)
    torch.testing.assert_close(found, expected, atol=2e-6, rtol=1e-5)


def test_half_precision_is_close(small):
    field = small()
    weights = field.sdf.weights(ALL)
    exact = field.sdf(points(), weights)
    with torch.autocast("cpu", torch.bfloat16):
        half = field.sdf(points(), weights)
    assert half.sdf.dtype == half.gradient.dtype == torch.float32
    assert (half.sdf - exact.sdf).abs().max() < 0.03
    apart = torch.cosine_similarity(half.gradient, exact.gradient, dim=-1)
    assert apart.mean() > 0.999


@pytest.mark.parametrize("kind", ["independent", "low_rank"])
def test_every_object_begins_as_something_like_a_sphere(kind):
    torch.manual_seed(0)
    field = SceneField(2, PersonalLayers(kind, rank=200))
    x = torch.nn.functional.normalize(points(2, 200), dim=-1)
    weights = field.sdf.weights(torch.arange(2))
    inside, on, outside = (field.sdf(r * x, weights) for r in (0.05, 0.5, 1.0))
    assert (inside.sdf < 0).all()
    assert (outside.sdf > 0).all()
    assert on.sdf.abs().mean() < 0.25
    outwards = torch.cosine_similarity(outside.gradient, x, dim=-1)
    assert outwards.mean() > 0.9


def test_objects_are_what_they_are_alone(small):
    field = small()
    x = points()
    together = field.sdf(x, field.sdf.weights(ALL))
    for number in range(3):
        alone = field.sdf(x[number : number + 1], field.sdf.weights(ALL[[number]]))
        torch.testing.assert_close(alone.sdf[0], together.sdf[number])
        torch.testing.assert_close(
            alone.gradient[0], together.gradient[number], atol=1e-5, rtol=1e-4
        )


@pytest.mark.parametrize(
    ("placement", "expected"),
    [
        ("none", set()), ("first_half", {0, 1, 2, 3}), ("last_half", {5, 6, 7, 8}),
        ("every_second", {0, 2, 4, 6, 8}), ("all", set(range(9))),
    ],
)  # fmt: skip
def test_placements(placement, expected):
    assert placed(placement, 9) == expected


def test_sizes_are_those_of_the_published_model():
    """103 people; 6 layers personal (fact sheet of the official repository)."""
    with torch.device("meta"):
        independent = SceneField(103, PersonalLayers("independent"))
        low_rank = SceneField(103, PersonalLayers("low_rank", rank=1000))
    own = independent.sdf.layers, independent.colour.layers
    one = [
        sum(p.numel() for layer in layers for p in layer.personal(0)) for layers in own
    ]
    assert one == [197_593, 133_120]
    total = sum(p.numel() for p in independent.parameters())
    assert total - 103 * sum(one) == 461_573
    basis = sum(
        layer.basis.numel()
        for layers in (low_rank.sdf.layers, low_rank.colour.layers)
        for layer in layers
        if hasattr(layer, "basis")
    )
    assert basis == 1000 * sum(one)
    coefficients = [
        p
        for layers in (low_rank.sdf.layers, low_rank.colour.layers)
        for layer in layers
        for p in layer.personal(5)
    ]
    assert sum(p.numel() for p in coefficients) == 6000


def test_colours_depend_on_the_view_only_if_asked_to(small):
    field = small()
    x, weights = points(), field.sdf.weights(ALL)
    surface, own = field.sdf(x, weights), field.colour.weights(ALL)
    first, second = (
        field.colour(
            x, torch.nn.functional.normalize(points(seed=s), dim=-1), surface, own
        )
        for s in (1, 2)
    )
    assert torch.equal(first, second)
    assert ((first > 0) & (first < 1)).all()


def test_the_sharpness_begins_at_that_of_neus(small):
    assert float(small().deviation()) == pytest.approx(math.exp(3), rel=1e-5)


def test_the_background_has_the_size_of_that_of_neus():
    torch.manual_seed(0)
    field = BackgroundField(width=16)
    x = torch.nn.functional.normalize(points(1)[0], dim=-1)
    density, colour = field(x, x)
    assert density.shape == (40,)
    assert colour.shape == (40, 3)
    assert (density >= 0).all()
    assert not torch.allclose(field(3 * x, x)[0], density)
    total = sum(p.numel() for p in BackgroundField().parameters())
    assert total == 84 * 256 + 256 + 6 * (256 * 256 + 256) + 340 * 256 + 256 + (
        257 + 65_792 + 283 * 128 + 128 + 387
    )


@pytest.mark.parametrize("kind", ["independent", "low_rank"])
def test_a_newcomer_is_the_mean_and_shares_what_is_shared(small, kind):
    field = small(kind=kind, background=True)
    alone = field.newcomer()
    assert alone.objects == 1
    assert len(alone.background) == 0
    assert field.objects == len(field.background) == 3
    for ours, theirs in zip(alone.sdf.layers, field.sdf.layers, strict=True):
        expected = theirs(ALL).weight.mean(0)
        torch.testing.assert_close(ours(ALL[:1]).weight[0], expected)
    assert alone.sdf.layers[5] is field.sdf.layers[5]
    assert alone.deviation is field.deviation
    shared = {id(p) for p in field.parameters()}
    new = [p for p in alone.parameters() if id(p) not in shared]
    assert {id(p) for p in new} == {id(p) for p in alone.personal(0)}
    assert all(p.requires_grad for p in new)


def test_a_newcomer_learns_without_changing_the_others(small):
    field = small()
    before = field.sdf.distance(points(), field.sdf.weights(ALL)).detach()
    alone = field.newcomer()
    optimizer = torch.optim.Adam(alone.personal(0), lr=0.01)
    alone.sdf.distance(points(1), alone.sdf.weights(ALL[:1])).sum().backward()
    optimizer.step()
    after = field.sdf.distance(points(), field.sdf.weights(ALL))
    torch.testing.assert_close(after, before)
    mean = field.newcomer().sdf.weights(ALL[:1])[0].weight
    assert not torch.equal(alone.sdf.weights(ALL[:1])[0].weight, mean)


def test_what_is_personal_of_a_field(small):
    field = small(background=True)
    own, others = field.personal(0), field.personal(1)
    assert len(own) == len(others) > 6
    assert not {id(p) for p in own} & {id(p) for p in others}
