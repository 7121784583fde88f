import torch
from torch.nn.functional import avg_pool2d, conv2d

from human_capture.reenact.networks.discriminator import Discriminator
from human_capture.reenact.networks.keypoint_driven.embedder import Embedder


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_official_embedder_has_the_published_parameters():
    with torch.device("meta"):
        embedder = Embedder(inputs=6)
    assert parameters(embedder) == 14_825_024


def test_official_discriminator_has_the_published_parameters():
    with torch.device("meta"):
        discriminator = Discriminator(inputs=6)
    assert parameters(discriminator) + 512 == 19_545_665  # and the row of one label


def reference(embedder, pictures):
    """The authors' order: a block's first ReLU is in place and reaches its skip."""

    def conv(layer, x):
        padding = layer.weight.shape[-1] // 2
        return conv2d(x, layer.normalised(), layer.bias, padding=padding)

    stem = embedder.stem
    x = avg_pool2d(conv(stem.second, conv(stem.first, pictures).relu()), 2)
    x = x + avg_pool2d(conv(stem.skip, pictures), 2)
    for block in embedder.blocks:
        x = x.relu()
        y = avg_pool2d(conv(block.second, conv(block.first, x).relu()), 2)
        x = y + avg_pool2d(conv(block.skip, x), 2)
    return x.relu().flatten(2).sum(2)


@torch.no_grad()
def test_matches_the_reference():
    torch.manual_seed(0)
    embedder = Embedder(10, 32, 4, 8, inputs=6).eval()
    pictures = torch.rand(2, 3, 6, 32, 32)
    found = embedder(pictures)
    assert found.shape == (2, 3, 10)
    expected = reference(embedder, pictures.flatten(0, 1)).reshape(2, 3, 10)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_gradients_reach_pictures_and_every_parameter():
    torch.manual_seed(0)
    embedder = Embedder(6, 16, 4, 8)
    pictures = torch.rand(2, 3, 16, 16, requires_grad=True)
    embedder(pictures).square().sum().backward()
    assert pictures.grad.abs().sum() > 0
    assert all(p.grad.isfinite().all() for p in embedder.parameters())
