import importlib.util

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.export import export_onnx
from human_capture.reenact.networks.compact import compact_networks

SIZE = 16


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    networks = compact_networks(SIZE, identity=6, pose=4, width=4, most=8)
    with torch.no_grad():  # statistics and singular vectors that differ from the start
        pose = networks.pose_encoder(torch.rand(4, 3, SIZE, SIZE))
        networks.generator(torch.rand(4, 6), pose)
    return networks


def test_files_draw_what_the_networks_draw_for_any_number_of_frames(networks, tmp_path):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    export_onnx(networks.pose_encoder, networks.generator, tmp_path, SIZE)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["generator.onnx", "pose_encoder.onnx"]
    encoder, generator = (runtime.InferenceSession(tmp_path / n) for n in names[::-1])
    for frames in (1, 5):
        images, identity = torch.rand(frames, 3, SIZE, SIZE), torch.rand(frames, 6)
        (pose,) = encoder.run(None, {"images": images.numpy()})
        given = {"identity": identity.numpy(), "pose": pose}
        colour, mask = generator.run(["colour", "mask"], given)
        with torch.no_grad():
            expected_pose = networks.pose_encoder.eval()(images)
            expected = networks.generator.eval()(identity, expected_pose)
        np.testing.assert_allclose(pose, expected_pose, atol=1e-4)
        np.testing.assert_allclose(colour, expected.colour, atol=1e-4)
        np.testing.assert_allclose(mask, expected.mask, atol=1e-4)


def test_a_missing_package_is_named(networks, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="pip install onnx onnxscript"):
        export_onnx(networks.pose_encoder, networks.generator, tmp_path, SIZE)
    assert not list(tmp_path.iterdir())
