import pytest
import torch

from human_capture.pose3d.networks.confidence import PooledConfidence
from human_capture.pose3d.networks.pose_resnet import PoseResNet


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("joints", "expected"), [(17, 68_635_473), (19, 68_635_987)])
def test_resnet_152_has_the_published_number_of_parameters(joints, expected):
    with torch.device("meta"):
        assert parameters(PoseResNet(joints)) == expected


@pytest.mark.parametrize(("outputs", "expected"), [(17, 79_521_890), (32, 79_525_745)])
def test_confidence_heads_bring_it_to_the_published_number(outputs, expected):
    with torch.device("meta"):
        both = parameters(PoseResNet(17)) + parameters(PooledConfidence(2048, outputs))
    assert both == expected


def test_official_shapes():
    with torch.device("meta"):
        network = PoseResNet(17)
        features = network(torch.zeros(2, 3, 384, 384))
    assert features.heatmaps.shape == (2, 17, 96, 96)
    assert features.features.shape == (2, 256, 96, 96)
    assert features.deep.shape == (2, 2048, 12, 12)
    assert (network.feature_channels, network.deep_channels) == (256, 2048)


@pytest.mark.parametrize("size", [(64, 64), (64, 96)])
def test_maps_have_a_quarter_of_the_image(size):
    network = PoseResNet(5, depth=18).eval()
    features = network(torch.rand(1, 3, *size))
    assert features.heatmaps.shape == (1, 5, size[0] // 4, size[1] // 4)
    assert features.deep.shape[1] == network.deep_channels == 512


def test_bgr_swaps_the_channels_and_nothing_else():
    torch.manual_seed(0)
    network = PoseResNet(5, depth=18).eval()
    images = torch.rand(1, 3, 64, 64)
    ours = network(images).heatmaps
    network.bgr = True
    assert not torch.allclose(network(images).heatmaps, ours)
    assert torch.equal(network(images.flip(1)).heatmaps, ours)


def test_images_are_normalised_by_the_usual_statistics():
    network = PoseResNet(5, depth=18).eval()
    seen = []
    network.conv1.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    image = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1).expand(1, 3, 64, 64)
    network(image + 0.1)
    expected = 0.1 / torch.tensor([0.229, 0.224, 0.225])
    assert torch.allclose(seen[0][0, :, 5, 5], expected, atol=1e-5)


def test_statistics_are_not_part_of_the_weights():
    names = PoseResNet(5, depth=18).state_dict().keys()
    assert not {"mean", "std"} & set(names)
    assert {"final_layer.weight", "deconv_layers.0.weight"} <= set(names)


def test_gradients_reach_every_parameter():
    network = PoseResNet(5, depth=18)
    network(torch.rand(2, 3, 64, 64)).heatmaps.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0, name
