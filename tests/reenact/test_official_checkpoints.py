"""Checkpoints of the authors as weights of this package."""

import argparse
import json
from pathlib import Path

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.official_checkpoints import (
    ConvertOptions,
    convert,
    read_checkpoint,
)
from human_capture.reenact.reenactors import load_discriminator, load_reenactor

NAMES = json.loads((Path(__file__).parent / "official_names.json").read_text())


def random_tensors(part):
    torch.manual_seed(0)
    shapes = dict(NAMES[part])
    if part == "discriminator":
        shapes |= {"embed.weight_orig": [5, 512], "embed.weight_u": [5]}
    return {
        name: torch.tensor(5)
        if name.endswith("num_batches_tracked")
        else 0.05 * torch.rand(shape)
        for name, shape in shapes.items()
    }


@pytest.mark.slow
def test_a_converted_checkpoint_draws(tmp_path):
    path = tmp_path / "model_00000001.pth"
    parts = {part: random_tensors(part) for part in NAMES}
    torch.save({**parts, "args": argparse.Namespace(lr=5e-5)}, path)
    convert(ConvertOptions(str(path), str(tmp_path / "official.safetensors")))
    reenactor = load_reenactor(tmp_path / "official.safetensors")
    assert reenactor.size == 256
    with torch.no_grad():
        drawn = reenactor(torch.rand(1, 1, 3, 256, 256), torch.rand(1, 3, 256, 256))
    assert drawn.picture.shape == (1, 3, 256, 256) and drawn.picture.isfinite().all()
    assert load_discriminator(tmp_path / "official.safetensors").linear.in_features


class Foreign:
    """Somebody's own class."""


def test_what_is_no_checkpoint_is_told_and_never_run(tmp_path):
    path = tmp_path / "model.pth"
    with pytest.raises(InputError, match="There is no checkpoint"):
        read_checkpoint(path)
    torch.save({"embedder": Foreign()}, path)
    with pytest.raises(InputError, match="cannot be read as a checkpoint of tensors"):
        read_checkpoint(path)
    torch.save({"embedder": {}}, path)
    with pytest.raises(InputError, match="it should hold embedder, generator"):
        read_checkpoint(path)
