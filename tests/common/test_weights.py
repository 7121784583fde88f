import json
import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from human_capture.common.errors import InputError
from human_capture.common.weights import (
    load_matching,
    load_weights,
    read_description,
    read_weights,
    save_weights,
)


def network(width: int = 4, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(3, width), nn.BatchNorm1d(width), nn.Linear(width, 2)
    )


@pytest.mark.parametrize("half", [True, False])
def test_what_is_saved_comes_back(tmp_path, half):
    description = {"joints": 17, "trained": {"steps": 3, "mpjpe_mm": 28.5}}
    source, target = network(seed=1), network(seed=2)
    source(torch.randn(8, 3))  # moves the running statistics
    save_weights(tmp_path / "w.safetensors", source, description, half)
    assert load_weights(target, tmp_path / "w.safetensors") == description
    for name, tensor in source.state_dict().items():
        loaded = target.state_dict()[name]
        assert loaded.dtype == tensor.dtype
        expected = tensor.half() if half and tensor.is_floating_point() else tensor
        assert torch.equal(loaded, expected.to(tensor.dtype))


def test_half_precision_halves_the_file(tmp_path):
    module = nn.Linear(300, 300)
    for half in (True, False):
        save_weights(tmp_path / f"{half}.safetensors", module, {}, half)
    sizes = [path.stat().st_size for path in sorted(tmp_path.iterdir())]
    assert sizes[1] < 0.52 * sizes[0]  # "True" comes after "False"


def test_numbers_too_large_for_half_precision_stay_exact(tmp_path):
    module = nn.BatchNorm1d(2)
    module.running_var.copy_(torch.tensor([1e6, 2.0]))
    save_weights(tmp_path / "w.safetensors", module, {})
    other = nn.BatchNorm1d(2)
    load_weights(other, tmp_path / "w.safetensors")
    assert other.running_var.tolist() == [1e6, 2.0]


def test_shared_parameters_survive(tmp_path):
    module = network()
    module[2] = nn.Linear(4, 4)
    module.append(nn.Linear(4, 4))
    module[3].weight = module[2].weight
    save_weights(tmp_path / "w.safetensors", module, {}, half=False)
    tensors = read_weights(tmp_path / "w.safetensors").tensors
    assert torch.equal(tensors["2.weight"], tensors["3.weight"])


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="There is no weights file"):
        read_weights(tmp_path / "none.safetensors")


class Bomb:
    """Unpickling this fails the test."""

    def __reduce__(self):
        return pytest.fail, ("a stranger's file was unpickled",)


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".pth", ".pkl", ".safetensors"])
def test_pickled_checkpoints_are_refused_and_never_opened(tmp_path, suffix):
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match=r"pickled|damaged") as caught:
        load_weights(network(), path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage", "description"])
def test_a_damaged_file_is_one_sentence_with_its_name(tmp_path, damage):
    path = tmp_path / "w.safetensors"
    save_weights(path, network(), {})
    whole = path.read_bytes()
    if damage == "description":
        save_file({"a": torch.zeros(1)}, path, {"description": "{not json"})
    else:
        path.write_bytes(
            {"truncated": whole[:-20], "empty": b"", "garbage": b"x" * 500}[damage]
        )
    with pytest.raises(InputError, match=r"w\.safetensors' is damaged") as caught:
        load_weights(network(), path)
    assert "\n" not in str(caught.value)


def test_weights_of_another_network_are_one_sentence(tmp_path):
    path = tmp_path / "w.safetensors"
    save_weights(path, network(width=5), {})
    module = network()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    with pytest.raises(InputError, match=r"another network.*\(5, 3\) in the file") as e:
        load_weights(module, path)
    assert "\n" not in str(e.value)
    for name, tensor in module.state_dict().items():
        assert torch.equal(tensor, before[name])
    with pytest.raises(InputError, match="another network"):
        load_weights(nn.Sequential(module, nn.Linear(2, 2)), path)


def test_files_of_others_have_an_empty_description(tmp_path):
    save_file(network().state_dict(), tmp_path / "w.safetensors")
    assert read_weights(tmp_path / "w.safetensors").description == {}


def test_matching_parameters_are_taken_and_the_others_named(tmp_path):
    path = tmp_path / "w.safetensors"
    source = network(seed=1)
    save_weights(path, source, {}, half=False)
    target = network(seed=2)
    target[2] = nn.Linear(4, 7)
    kept = target[2].weight.clone()
    assert load_matching(target, path) == ["2.bias", "2.weight"]
    assert torch.equal(target[0].weight, source[0].weight)
    assert torch.equal(target[2].weight, kept)


def test_nothing_matching_is_an_error(tmp_path):
    save_weights(tmp_path / "w.safetensors", network(), {})
    with pytest.raises(InputError, match="fit nothing"):
        load_matching(nn.Conv2d(3, 3, 3), tmp_path / "w.safetensors")


def test_a_failed_save_keeps_the_old_file(tmp_path):
    path = tmp_path / "w.safetensors"
    save_weights(path, network(), {"version": 1})
    with pytest.raises(TypeError):
        save_weights(path, network(), {"version": object()})
    assert read_weights(path).description == {"version": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["w.safetensors"]


def test_a_full_disk_is_one_sentence_and_keeps_the_old_file(tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / "w.safetensors"
    save_weights(path, network(), {"version": 1})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(InputError, match="Cannot write"):
            save_weights(path, network(), {"version": 2})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert read_weights(path).description == {"version": 1}
    assert len(list(tmp_path.iterdir())) == 1


def test_the_description_can_be_read_without_this_package(tmp_path):
    path = tmp_path / "w.safetensors"
    save_weights(path, network(), {"joints": 17})
    content = path.read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert json.loads(header["__metadata__"]["description"]) == {"joints": 17}


def test_a_description_is_read_without_the_tensors(tmp_path, monkeypatch):
    path, description = tmp_path / "w.safetensors", {"joints": 17}
    save_weights(path, network(), description)
    assert read_description(path) == description == read_weights(path).description
    data = path.read_bytes()
    path.write_bytes(data[:20])
    with pytest.raises(InputError, match="damaged or not a safetensors file"):
        read_description(path)
    with pytest.raises(InputError, match="There is no weights file"):
        read_description(tmp_path / "none.safetensors")
