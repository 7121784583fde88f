import pytest
import torch

from human_capture.pose3d.networks.compact import CompactBackbone


@pytest.mark.parametrize("size", [(64, 64), (128, 96)])
def test_maps_have_a_quarter_of_the_image(size):
    network = CompactBackbone(7).eval()
    features = network(torch.rand(2, 3, *size))
    rows, columns = size[0] // 4, size[1] // 4
    assert features.heatmaps.shape == (2, 7, rows, columns)
    assert features.features.shape == (2, network.feature_channels, rows, columns)
    assert features.deep.shape[:2] == (2, network.deep_channels)
    assert features.heatmaps.dtype == torch.float32


def test_gradients_reach_every_parameter():
    network = CompactBackbone(7)
    network(torch.rand(2, 3, 64, 64)).heatmaps.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0, name


def test_maps_follow_the_picture():
    torch.manual_seed(0)
    network = CompactBackbone(7).eval()
    images = torch.full((1, 3, 192, 192), 0.4)
    images[..., 64:96, 64:96] = torch.rand(3, 32, 32)
    maps = network(images).heatmaps
    moved = network(images.roll((32, 32), (-2, -1))).heatmaps
    expected = maps.roll((8, 8), (-2, -1))
    assert torch.allclose(
        moved[..., 16:40, 16:40], expected[..., 16:40, 16:40], atol=1e-4
    )


def test_half_precision_gives_full_precision_maps():
    network = CompactBackbone(7).eval()
    with torch.autocast("cpu", torch.bfloat16):
        assert network(torch.rand(1, 3, 64, 64)).heatmaps.dtype == torch.float32
