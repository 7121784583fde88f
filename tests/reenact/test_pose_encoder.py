import pytest
import torch
from torch import nn

from human_capture.reenact.networks.pose_encoder import PoseEncoder, large_pose_encoder


def parameters(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_official_encoder_has_the_published_parameters_and_dropout():
    with torch.device("meta"):
        encoder = PoseEncoder()
    assert parameters(encoder) == 2_551_808
    assert [m.p for m in encoder.modules() if isinstance(m, nn.Dropout)] == [0.2]


def test_large_encoder_is_as_large_as_that_of_the_identity():
    with torch.device("meta"):
        assert parameters(large_pose_encoder(512)) == 24_028_992


@pytest.mark.parametrize("pose", [16, 64])
def test_descriptor_has_the_asked_size(pose):
    with torch.no_grad():
        assert PoseEncoder(pose).eval()(torch.rand(2, 3, 64, 64)).shape == (2, pose)
