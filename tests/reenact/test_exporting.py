"""The command that writes ONNX files."""

import numpy as np
import pytest
import torch

from human_capture.common.weights import save_weights
from human_capture.reenact.avatar import Avatar
from human_capture.reenact.exporting import ExportOptions, export
from human_capture.reenact.reenactors import load_reenactor


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
