"""Reenactors from weights files."""

import pytest
import torch
from torch import nn

from human_capture.common.errors import InputError
from human_capture.common.weights import save_weights
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.identity_encoder import IdentityEncoder
from human_capture.reenact.networks.pose_encoder import PoseEncoder
from human_capture.reenact.networks.reenactor import Reenactor
from human_capture.reenact.reenactors import load_reenactor

NETWORKS = "human_capture.reenact.networks"
SMALL = {"identity": 6, "pose": 4, "size": 16, "width": 4, "most": 8}
DESCRIPTION = {
    "reenactor": {
        "class_path": f"{NETWORKS}.reenactor.Reenactor",
        "init_args": {
            "identity_encoder": {
                "class_path": f"{NETWORKS}.identity_encoder.IdentityEncoder",
                "init_args": {"identity": 6},
            },
            "pose_encoder": {
                "class_path": f"{NETWORKS}.pose_encoder.PoseEncoder",
                "init_args": {"pose": 4},
            },
            "generator": {
                "class_path": f"{NETWORKS}.generator.Generator",
                "init_args": SMALL,
            },
        },
    }
}


def test_what_was_written_draws_the_same(tmp_path):
    torch.manual_seed(0)
    written = Reenactor(IdentityEncoder(6), PoseEncoder(4), Generator(**SMALL)).eval()
    path = tmp_path / "small.safetensors"
    save_weights(path, written, DESCRIPTION, half=False)
    read = load_reenactor(path)
    assert not read.training and read.size == 16
    seed = torch.Generator().manual_seed(0)
    shots = torch.rand(1, 2, 3, 64, 64, generator=seed)
    with torch.inference_mode():
        torch.testing.assert_close(
            read(shots, shots[:, 0]).picture, written(shots, shots[:, 0]).picture
        )


def test_what_is_no_reenactor_is_one_sentence(tmp_path):
    path = tmp_path / "other.safetensors"
    save_weights(path, nn.Linear(2, 2), {"field": {"class_path": "x.Y"}})
    with pytest.raises(InputError, match="describes no reenactor"):
        load_reenactor(path)
    with pytest.raises(InputError, match="There are no weights 'nobody'"):
        load_reenactor("nobody")
    with pytest.raises(InputError, match="There is no weights file"):
        load_reenactor(tmp_path / "none.safetensors")
