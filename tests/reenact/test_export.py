"""ONNX files of what drives."""

import importlib.util

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.weights import save_weights
from human_capture.reenact.avatar import Avatar
from human_capture.reenact.export import ExportOptions, export, export_onnx
from human_capture.reenact.networks.compact import compact_networks
from human_capture.reenact.reenactors import load_reenactor

SIZE = 16


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    networks = compact_networks(SIZE, identity=6, pose=4, width=4, most=8)
    with torch.no_grad():  # statistics and singular vectors that differ from the start
        pose = networks.pose_encoder(torch.rand(4, 3, SIZE, SIZE))
        networks.generator(torch.rand(4, 6), pose)
    return networks


def test_files_draw_what_the_networks_draw_for_any_number_of_frames(small, tmp_path):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    export_onnx(small.pose_encoder, small.generator, tmp_path, SIZE)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["generator.onnx", "pose_encoder.onnx"]
    encoder, generator = (runtime.InferenceSession(tmp_path / n) for n in names[::-1])
    for frames in (1, 5):
        images, identity = torch.rand(frames, 3, SIZE, SIZE), torch.rand(frames, 6)
        (pose,) = encoder.run(None, {"images": images.numpy()})
        given = {"identity": identity.numpy(), "pose": pose}
        colour, mask = generator.run(["colour", "mask"], given)
        with torch.no_grad():
            expected_pose = small.pose_encoder.eval()(images)
            expected = small.generator.eval()(identity, expected_pose)
        np.testing.assert_allclose(pose, expected_pose, atol=1e-4)
        np.testing.assert_allclose(colour, expected.colour, atol=1e-4)
        np.testing.assert_allclose(mask, expected.mask, atol=1e-4)


def test_a_missing_package_is_named(small, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install onnx onnxscript"):
        export_onnx(small.pose_encoder, small.generator, tmp_path, SIZE)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def own(tmp_path, networks, descriptions):
    """Weights that somebody has trained."""
    described = {"reenactor": descriptions(SIZE)["reenactor"]}
    save_weights(tmp_path / "own.safetensors", networks()[0], described, half=False)
    return tmp_path / "own.safetensors"


@pytest.fixture
def written(monkeypatch):
    """What would be written as ONNX files."""
    files = []
    monkeypatch.setattr(
        "human_capture.reenact.export.export_onnx",
        lambda pose_encoder, generator, folder, size: files.append((folder, size)),
    )
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    return files


def test_weights_of_ones_own_are_no_avatar(own, written, tmp_path, capsys):
    export(ExportOptions(str(own), str(tmp_path / "onnx")))
    assert written == [(tmp_path / "onnx", SIZE)]
    assert "identity and pose to colour and mask" in capsys.readouterr().out
    assert not (tmp_path / "onnx" / "identity.npy").exists()


def test_nothing_is_written_where_a_package_is_missing(own, tmp_path, monkeypatch):
    pictures = torch.randint(0, 256, (2, 3, SIZE, SIZE), dtype=torch.uint8)
    Avatar.of(load_reenactor(own), pictures, own).save(tmp_path / "ada")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install onnx onnxscript"):
        export(ExportOptions(str(tmp_path / "ada"), str(tmp_path / "onnx")))
    assert not (tmp_path / "onnx").exists()


@pytest.mark.slow
def test_an_avatar_is_drawn_by_another_runtime(tmp_path, networks, descriptions):
    onnxruntime = pytest.importorskip("onnxruntime")
    weights = tmp_path / "heads.safetensors"
    described = {"reenactor": descriptions(16)["reenactor"]}
    save_weights(weights, networks()[0], described, half=False)
    pictures = torch.randint(0, 256, (2, 3, 16, 16), dtype=torch.uint8)
    reenactor = load_reenactor(weights)
    Avatar.of(reenactor, pictures, weights).save(tmp_path / "ada")
    export(ExportOptions(str(tmp_path / "ada"), str(tmp_path / "onnx")))
    see, draw = (
        onnxruntime.InferenceSession(tmp_path / "onnx" / f"{name}.onnx")
        for name in ("pose_encoder", "generator")
    )
    frame = np.random.default_rng(0).random((1, 3, 16, 16), np.float32)
    (pose,) = see.run(None, {"images": frame})
    identity = np.load(tmp_path / "onnx" / "identity.npy")
    colour, mask = draw.run(None, {"identity": identity, "pose": pose})
    with torch.no_grad():
        wanted = reenactor.draw(
            torch.from_numpy(identity), reenactor.pose(torch.from_numpy(frame))
        )
    np.testing.assert_allclose(colour * mask, wanted.picture.numpy(), atol=1e-4)
