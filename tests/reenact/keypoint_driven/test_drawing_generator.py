import pytest
import torch
from torch.nn.functional import avg_pool2d, conv2d, instance_norm, interpolate

from human_capture.common.errors import InputError
from human_capture.reenact.networks.keypoint_driven.drawing_generator import (
    DrawingGenerator,
)


def small() -> DrawingGenerator:
    torch.manual_seed(0)
    return DrawingGenerator(6, 32, 4, 16, halvings=3, same=2)


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_official_generator_has_the_published_parameters():
    with torch.device("meta"):
        generator = DrawingGenerator()
    assert parameters(generator.projector) == 6_697_728
    assert parameters(generator) == 37_909_443


def reference(generator, identity, drawings):
    """The authors' order of layers, taken apart."""

    def conv(layer, x):
        padding = layer.weight.shape[-1] // 2
        return conv2d(x, layer.normalised(), layer.bias, padding=padding)

    def norm(layer, x):
        return instance_norm(x, weight=layer.weight, bias=layer.bias, eps=1e-4)

    def styled(x, styles):
        channels = x.shape[1]
        bias, weight = styles[:, :channels], styles[:, channels : 2 * channels]
        x = instance_norm(x, eps=1e-4) * weight[..., None, None] + bias[..., None, None]
        return x.relu(), styles[:, 2 * channels :]

    stem = generator.stem
    x = avg_pool2d(conv(stem.second, conv(stem.first, drawings).relu()), 2)
    x = x + avg_pool2d(conv(stem.skip, drawings), 2)
    for block in generator.down:
        y = conv(block.first, norm(block.first_norm, x).relu())
        y = conv(block.second, norm(block.second_norm, y).relu())
        x = avg_pool2d(y, 2) + avg_pool2d(conv(block.skip, x), 2)
    projector = generator.projector
    styles = identity @ projector.normalised().T + projector.bias
    for block in generator.up:
        y, styles = styled(x, styles)
        y = interpolate(y, scale_factor=2) if block.up else y
        y, styles = styled(conv(block.first, y), styles)
        x = interpolate(x, scale_factor=2) if block.up else x
        x = x if block.skip is None else conv(block.skip, x)
        x = conv(block.second, y) + x
    x, styles = styled(x, styles)
    assert styles.shape[1] == 0
    return 0.75 * conv(generator.last, x).tanh() + 0.5


@torch.no_grad()
def test_matches_the_reference():
    generator = small().eval()
    identity, drawings = torch.randn(2, 6), torch.rand(2, 3, 32, 32)
    drawn = generator(identity, drawings)
    expected = reference(generator, identity, drawings)
    torch.testing.assert_close(drawn.picture, expected, rtol=1e-3, atol=1e-4)
    assert drawn.mask.shape == (2, 1, 32, 32) and drawn.mask.eq(1).all()


def test_gradients_reach_the_identity_and_every_parameter():
    generator = small()
    identity = torch.randn(2, 6, requires_grad=True)
    drawn = generator(identity, torch.rand(2, 3, 32, 32))
    drawn.picture.square().mean().backward()
    assert identity.grad.abs().sum() > 0
    assert all(p.grad.isfinite().all() for p in generator.parameters())


@pytest.mark.parametrize("halvings", [0, 4])
def test_a_size_that_cannot_be_halved_so_often_is_answered(halvings):
    with pytest.raises(InputError, match="1 to 3"):
        DrawingGenerator(6, 32, 4, 8, halvings=halvings)
