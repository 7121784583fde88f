"""Devices that compute are found, others are refused in a sentence."""

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.processors import find_device


def test_a_device_is_found_by_its_name():
    assert find_device("cpu") == torch.device("cpu")
    assert find_device(torch.device("cpu")) == torch.device("cpu")


@pytest.mark.parametrize(("gpu", "fastest"), [(True, "cuda"), (False, "cpu")])
def test_the_fastest_is_a_gpu_where_there_is_one(monkeypatch, gpu, fastest):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    assert find_device() == torch.device(fastest)


# unknown, not there, not there as a module, without numbers, nothing
@pytest.mark.parametrize("name", ["gpu", "cuda:99", "hpu", "meta", ""])
def test_what_does_not_compute_is_one_sentence(name):
    with pytest.raises(InputError, match=rf"^There is no device '{name}' here; .*cpu"):
        find_device(name)
