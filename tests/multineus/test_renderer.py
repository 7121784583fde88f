import pytest
import torch

from human_capture.multineus.renderer import Renderer

SOME = torch.tensor([2, 0])


@pytest.fixture(params=[False, True], ids=["black", "background"])
def field(request, small):
    return small(background=request.param)


def rendered(field, rays, **options):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        field.deviation.variance.fill_(0.6)  # a sharp surface
    return Renderer(even=32, near_surface=32, outside=8)(
        field.of(SOME), *rays(), generator=generator, **options
    )


def test_shapes_and_bounds(field, rays):
    found = rendered(field, rays)
    assert found.colour.shape == (2, 20, 3)
    assert found.points.shape == (2, 20, 64, 3)
    assert ((found.opacity >= 0) & (found.opacity <= 1 + 1e-4)).all()
    assert found.gradient.isfinite().all()


def test_rays_through_the_sphere_stop_on_it(small, rays):
    field = small()
    found = rendered(field, rays)
    stopped = found.opacity > 0.95
    assert 0.3 < stopped.float().mean() < 1
    distance = field.of(SOME).distance(found.surface)
    assert distance[stopped].abs().max() < 0.03
    _, directions = rays()
    assert ((found.normal * directions).sum(-1)[stopped] < 0).all()


def test_objects_are_rendered_as_they_are_alone(field, rays):
    origins, directions = rays()
    renderer = Renderer(even=32, near_surface=32, outside=8)
    together = renderer(field.of(SOME), origins, directions)
    alone = renderer(field.of(SOME[1:]), origins[1:], directions[1:])
    torch.testing.assert_close(
        alone.colour[0], together.colour[1], atol=1e-4, rtol=1e-4
    )


def test_derivatives_reach_everything_that_the_objects_have(field, rays):
    found = rendered(field, rays)
    loss = found.colour.mean() + (found.gradient.norm(dim=-1) - 1).square().mean()
    loss.backward()
    for name, parameter in field.named_parameters():
        if name.startswith("background.1"):
            assert parameter.grad is None, name
        if parameter.grad is not None:
            assert parameter.grad.isfinite().all(), name
    for layer in (field.sdf.layers[0], field.colour.layers[0]):
        assert layer.coefficients[2].grad.abs().sum() > 0
        assert layer.coefficients[1].grad is None
    assert field.deviation.variance.grad.abs() > 0


def test_what_is_not_stopped_is_the_background(small, rays):
    black, around = small(), small(background=True)
    for field in (black, around):
        origins, directions = rays()
        away = torch.nn.functional.normalize(directions + 3, dim=-1)
        found = Renderer(even=16, near_surface=0, outside=8)(
            field.of(SOME), origins, away
        )
        if field is black:
            assert found.colour.max() < 1e-2
        else:
            assert found.colour.abs().max() > 1e-2
