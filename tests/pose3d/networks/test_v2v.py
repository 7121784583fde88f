import pytest
import torch

from human_capture.pose3d.networks.v2v import V2V, Residual3d


def compact(**options) -> V2V:
    settings = {"stem": 4, "stem_kernel": 3, "stem_blocks": 1, "widths": (4, 8, 8)}
    return V2V(3, 5, **{**settings, **options})


def test_the_official_size_has_the_published_number_of_parameters():
    with torch.device("meta"):
        network = V2V(32, 17)
    assert sum(p.numel() for p in network.parameters()) == 11_944_353


def test_the_official_shape():
    with torch.device("meta"):
        assert V2V()(torch.zeros(1, 32, 64, 64, 64)).shape == (1, 17, 64, 64, 64)


def test_the_official_layers():
    """Five poolings, skips added, the widths of the fact sheet."""
    with torch.device("meta"):
        network = V2V()
    assert len(network.encoders) == len(network.skips) == len(network.decoders) == 5
    outputs = [encoder.branch[0].out_channels for encoder in network.encoders]
    assert outputs == [64, 128, 128, 128, 128]
    skips = [skip.branch[0].in_channels for skip in network.skips]
    assert skips == [32, 64, 128, 128, 128]
    ups = [up[0].out_channels for up in network.upsamplers]
    assert ups == [32, 64, 128, 128, 128]
    assert network.front[0].kernel_size == (7, 7, 7)


@pytest.mark.parametrize("options", [{}, {"middle": False, "final_layers": 0}])
def test_volumes_keep_their_size_and_gradients_reach_every_parameter(options):
    network = compact(**options)
    logits = network(torch.randn(2, 3, 8, 8, 8))
    assert logits.shape == (2, 5, 8, 8, 8)
    logits.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.isfinite().all(), name


def test_skips_are_added():
    network = compact().eval()
    volume = torch.randn(1, 3, 8, 8, 8)
    before = network(volume)
    for parameter in network.skips[0].parameters():
        parameter.data.zero_()
    assert not torch.allclose(network(volume), before)


def test_biases_start_at_zero():
    biases = [p for n, p in compact().named_parameters() if n.endswith("output.bias")]
    assert biases
    assert all((bias == 0).all() for bias in biases)


def test_both_memory_layouts_give_the_same():
    network = compact().eval()
    volume = torch.randn(1, 3, 8, 8, 8)
    other = network(volume.contiguous(memory_format=torch.channels_last_3d))
    assert torch.allclose(network(volume), other, atol=1e-5)


def test_a_block_without_branch_is_its_rectified_shortcut():
    block = Residual3d(4, 4).eval()
    torch.nn.init.zeros_(block.branch[-1].weight)
    volume = torch.randn(1, 4, 3, 3, 3)
    assert torch.equal(block(volume), volume.relu())
