import pytest
import torch

from human_capture.common.detectors.models import find_network
from human_capture.common.detectors.parameters import read_convolutions
from human_capture.common.errors import InputError


def test_convolutions_have_the_layout_of_torch():
    first, depthwise, *_ = read_convolutions(find_network("pose_landmark_full.tflite"))
    assert first.weight.shape == (24, 3, 3, 3)
    assert depthwise.weight.shape == (24, 1, 3, 3)
    for convolution in (first, depthwise):
        assert convolution.bias.shape == (24,)
        assert convolution.weight.dtype == torch.float32
        assert convolution.weight.is_contiguous()


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_convolutions(tmp_path / "net.tflite")


def test_damaged_files_are_one_sentence(tmp_path):
    whole = find_network("pose_landmark_full.tflite").read_bytes()
    file = tmp_path / "net.tflite"
    for content in (b"", b"not a network at all", whole[:5000], whole[:200_000]):
        file.write_bytes(content)
        with pytest.raises(InputError, match=r"not a \.tflite network"):
            read_convolutions(file)
