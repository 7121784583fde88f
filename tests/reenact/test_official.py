import json
from pathlib import Path

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.networks.official import load_official

NAMES = json.loads((Path(__file__).parent / "official_names.json").read_text())
ROWS = 50  # instead of the fixture's 98,000


def random_checkpoint(part):
    torch.manual_seed(0)
    shapes = dict(NAMES[part])
    if part == "discriminator":
        shapes |= {"embed.weight_orig": [ROWS, 512], "embed.weight_u": [ROWS]}
    return {
        name: torch.tensor(5)
        if name.endswith("num_batches_tracked")
        else torch.rand(shape)
        for name, shape in shapes.items()
    }


@pytest.fixture(scope="module")
def checkpoint():
    return {part: random_checkpoint(part) for part in NAMES}


@pytest.fixture(scope="module")
def model(checkpoint):
    return load_official(**checkpoint)


def test_every_tensor_is_used_once_and_every_parameter_is_filled(checkpoint, model):
    networks = model.networks
    ours = {
        "embedder": [networks.identity_encoder, networks.pose_encoder],
        "generator": [networks.generator],
        "discriminator": [networks.discriminator],
    }
    for part, modules in ours.items():
        filled = [t for m in modules for t in m.state_dict().values()]
        given = [
            tensor
            for name, tensor in checkpoint[part].items()
            if not name.startswith("embed.")
        ]
        assert len(filled) == len(given)
        sums = sorted(tensor.double().sum().item() for tensor in filled)
        assert sums == sorted(tensor.double().sum().item() for tensor in given)
        assert all(p.requires_grad for m in modules for p in m.parameters())


def test_named_tensors_go_where_they_belong(checkpoint, model):
    generator, discriminator = checkpoint["generator"], checkpoint["discriminator"]
    decoder, trunk = model.networks.generator.decoder, model.networks.discriminator
    places = [
        (decoder.blocks[0].first, generator, "decoder_blocks.0.block.3"),
        (decoder.blocks[1].second, generator, "decoder_blocks.1.block.7"),
        (decoder.blocks[4].first, generator, "decoder_blocks.4.block.4"),
        (decoder.blocks[4].second, generator, "decoder_blocks.4.block.8"),
        (decoder.blocks[7].skip, generator, "decoder_blocks.7.skip.1"),
        (decoder.last, generator, "decoder_blocks.10"),
        (trunk.stem.second, discriminator, "down_block.2"),
        (trunk.stem.skip, discriminator, "skip.0"),
        (trunk.blocks[3].first, discriminator, "blocks.3.block.2"),
        (trunk.blocks[3].second, discriminator, "blocks.3.block.5"),
        (trunk.linear, discriminator, "linear"),
    ]
    for layer, tensors, name in places:
        assert torch.equal(layer.weight, tensors[f"{name}.weight_orig"])
        assert torch.equal(layer.weight_u, tensors[f"{name}.weight_u"])
        assert torch.equal(layer.weight_v, tensors[f"{name}.weight_v"])
    assert torch.equal(decoder.constant, generator["constant.constant"])


def test_rows_are_divided_by_the_largest_singular_value(checkpoint, model):
    tensors = checkpoint["discriminator"]
    sigma = tensors["embed.weight_u"] @ tensors["embed.weight_orig"]
    sigma = sigma @ tensors["embed.weight_v"]
    expected = tensors["embed.weight_orig"] / sigma
    assert NAMES["discriminator"]["embed.weight_orig"] == [98_000, 512]
    torch.testing.assert_close(model.rows, expected)
    assert model.identity is None


def test_the_person_of_a_fine_tuned_checkpoint_is_found(checkpoint):
    identity = torch.rand(1, 512)
    tuned = checkpoint["generator"] | {"identity_embedding": identity}
    model = load_official(**checkpoint | {"generator": tuned})
    assert torch.equal(model.identity, identity[0])


def test_a_smaller_pose_descriptor_is_recognised(checkpoint):
    embedder, generator = checkpoint["embedder"], checkpoint["generator"]
    small = {
        "pose_encoder.classifier.1.weight": torch.rand(64, 1280),
        "pose_encoder.classifier.1.bias": torch.rand(64),
    }
    projector = {
        "affine_params_projector.0.weight_orig": torch.rand(576, 576),
        "affine_params_projector.0.weight_u": torch.rand(576),
        "affine_params_projector.0.weight_v": torch.rand(576),
        "affine_params_projector.0.bias": torch.rand(576),
        "affine_params_projector.2.weight_orig": torch.rand(13_056, 576),
        "affine_params_projector.2.weight_v": torch.rand(576),
    }
    model = load_official(
        embedder | small, generator | projector, checkpoint["discriminator"]
    )
    assert model.networks.pose_encoder.pose == model.networks.generator.pose == 64


@pytest.mark.parametrize("part", list(NAMES))
def test_a_missing_tensor_is_named(checkpoint, part):
    broken = dict(checkpoint[part])
    broken.pop(next(iter(broken)))
    with pytest.raises(InputError, match=f"official {part} does not fit"):
        load_official(**checkpoint | {part: broken})


def test_a_missing_embedding_is_named(checkpoint):
    broken = dict(checkpoint["discriminator"])
    del broken["embed.weight_orig"]
    with pytest.raises(InputError, match=r"embed\.weight_orig"):
        load_official(**checkpoint | {"discriminator": broken})
