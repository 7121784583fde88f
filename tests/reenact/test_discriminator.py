import torch
from torch.nn.functional import avg_pool2d, conv2d

from human_capture.reenact.networks.discriminator import Discriminator, score


def reference(discriminator, pictures, rows):
    """The authors' order: a block's first ReLU is in place and reaches its skip."""

    def conv(layer, x):
        return conv2d(
            x, layer.normalised(), layer.bias, padding=layer.weight.shape[-1] // 2
        )

    stem = discriminator.stem
    x = avg_pool2d(conv(stem.second, conv(stem.first, pictures).relu()), 2)
    x = x + avg_pool2d(conv(stem.skip, pictures), 2)
    features = [x]
    for block in discriminator.blocks:
        x.relu_()
        y = conv(block.second, conv(block.first, x).relu())
        skipped = x if block.skip is None else conv(block.skip, x)
        if block is not discriminator.blocks[-1]:
            y, skipped = avg_pool2d(y, 2), avg_pool2d(skipped, 2)
        x = y + skipped
        features.append(x)
    v = x.relu().flatten(2).sum(2)
    linear = discriminator.linear
    return (v * rows).sum(1) + (v @ linear.normalised().T + linear.bias)[:, 0], features


def small() -> Discriminator:
    torch.manual_seed(0)
    return Discriminator(feature=16, size=32, width=4, most=16)


def test_matches_the_reference():
    discriminator = small().eval()
    pictures, rows = torch.rand(3, 3, 32, 32), torch.randn(3, 16)
    with torch.no_grad():
        judged = discriminator(pictures)
        expected, features = reference(discriminator, pictures, rows)
    torch.testing.assert_close(score(judged, rows), expected, rtol=1e-4, atol=1e-5)
    for ours, theirs in zip(judged.features, features, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)
    assert all(maps.min() == 0 for maps in judged.features[:-1])
    assert judged.features[-1].min() < 0


def test_official_trunk_has_the_published_parameters():
    with torch.device("meta"):
        discriminator = Discriminator()
    count = sum(parameter.numel() for parameter in discriminator.parameters())
    assert count == 19_543_233


def test_official_maps_are_seven():
    narrow = Discriminator(width=4, most=32, feature=32)
    judged = narrow(torch.rand(1, 3, 256, 256))
    assert [tuple(maps.shape[1:]) for maps in judged.features] == [
        (4, 128, 128),
        (8, 64, 64),
        (16, 32, 32),
        (32, 16, 16),
        (32, 8, 8),
        (32, 4, 4),
        (32, 4, 4),
    ]
    assert judged.embedding.shape == (1, 32) and judged.bias.shape == (1,)


def test_pictures_may_have_more_channels():
    judged = Discriminator(8, 16, 4, 8, inputs=6)(torch.rand(2, 6, 16, 16))
    assert judged.embedding.shape == (2, 8)


def test_gradients_reach_pictures_and_every_parameter():
    discriminator = small()
    pictures = torch.rand(2, 3, 32, 32, requires_grad=True)
    for _ in range(2):  # both passes come before one backward, as in training
        judged = discriminator(pictures)
    score(judged, torch.randn(2, 16)).sum().backward()
    assert pictures.grad.abs().sum() > 0
    assert all(p.grad.isfinite().all() for p in discriminator.parameters())


def test_half_precision_gives_full_precision_scores():
    discriminator = small().eval()
    pictures, rows = torch.rand(2, 3, 32, 32), torch.randn(2, 16)
    with torch.autocast("cpu", torch.bfloat16):
        rounded = score(discriminator(pictures), rows)
    assert rounded.dtype == torch.float32
    exact = score(discriminator(pictures), rows)
    torch.testing.assert_close(rounded, exact, rtol=0.05, atol=0.05)
