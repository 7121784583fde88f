"""Checkpoints of the authors' code (github.com/shrubb/latent-pose-reenactment)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from human_capture.common.errors import InputError
from human_capture.reenact.networks.family import Networks, official_networks

_EMBEDDER = {r"(identity|pose)_encoder": r"\1_encoder.network"}
_GENERATOR = {
    r"constant": "decoder",
    r"decoder_blocks\.(\d+)\.block\.[34]": r"decoder.blocks.\1.first",
    r"decoder_blocks\.(\d+)\.block\.[78]": r"decoder.blocks.\1.second",
    r"decoder_blocks\.(\d+)\.skip\.1": r"decoder.blocks.\1.skip",
    r"decoder_blocks\.\d+": "decoder.last",
    r"affine_params_projector\.0": "projector.first",
    r"affine_params_projector\.2": "projector.second",
}
_DISCRIMINATOR = {
    r"down_block\.0": "stem.first",
    r"down_block\.2": "stem.second",
    r"skip\.0": "stem.skip",
    r"blocks\.(\d+)\.block\.2": r"blocks.\1.first",
    r"blocks\.(\d+)\.block\.5": r"blocks.\1.second",
    r"blocks\.(\d+)\.skip\.0": r"blocks.\1.skip",
}
_FINE_TUNED = "identity_embedding"
_POSE_HEAD = "pose_encoder.classifier.1.weight"


@dataclass(frozen=True)
class OfficialModel:
    """What a checkpoint of the authors' code holds.

    Attributes:
        networks: With the weights of the checkpoint.
        rows: What the discriminator compares a picture of each video with, already
            divided by the largest singular value of them all.
        identity: The descriptor of the person that the checkpoint was fine-tuned to, if
            it was.
    """

    networks: Networks
    rows: Float[Tensor, "label feature"]
    identity: Float[Tensor, " identity"] | None


def load_official(
    embedder: Mapping[str, Tensor],
    generator: Mapping[str, Tensor],
    discriminator: Mapping[str, Tensor],
) -> OfficialModel:
    """The networks of a checkpoint.

    Args:
        embedder: Tensors of both encoders, by the names of the checkpoint.
        generator: Those of the generator.
        discriminator: Those of the discriminator.

    Raises:
        InputError: Something is missing, or is of another network.
    """
    pose = embedder[_POSE_HEAD].shape[0] if _POSE_HEAD in embedder else 256
    with torch.device("meta"):  # the weights come from the checkpoint
        networks = official_networks(pose=pose)
    encoders = nn.ModuleDict(
        {
            "identity_encoder": networks.identity_encoder,
            "pose_encoder": networks.pose_encoder,
        }
    )
    own = {name: tensor for name, tensor in generator.items() if name != _FINE_TUNED}
    trunk = {
        name: tensor
        for name, tensor in discriminator.items()
        if not name.startswith("embed.")
    }
    _fill(encoders, _renamed(embedder, _EMBEDDER), "embedder")
    _fill(networks.generator, _renamed(own, _GENERATOR), "generator")
    _fill(networks.discriminator, _renamed(trunk, _DISCRIMINATOR), "discriminator")
    identity = generator.get(_FINE_TUNED)
    return OfficialModel(
        networks,
        _rows(discriminator),
        None if identity is None else identity[0].detach().clone(),
    )


def _rows(discriminator: Mapping[str, Tensor]) -> Tensor:
    names = [f"embed.weight_{name}" for name in ("orig", "u", "v")]
    if not all(name in discriminator for name in names):
        raise InputError(
            "The official discriminator lacks the embedding of its videos, "
            f"{names[0]!r}; give its state as it was saved."
        )
    matrix, u, v = (discriminator[name].detach() for name in names)
    return matrix / torch.dot(u, torch.mv(matrix, v))


def _renamed(
    tensors: Mapping[str, Tensor], patterns: Mapping[str, str]
) -> dict[str, Tensor]:
    return {_new_name(name, patterns): tensor for name, tensor in tensors.items()}


def _new_name(name: str, patterns: Mapping[str, str]) -> str:
    name = name.replace("weight_orig", "weight")
    for pattern, replacement in patterns.items():
        if match := re.match(rf"{pattern}(?=\.)", name):
            return match.expand(replacement) + name[match.end() :]
    return name


def _fill(module: nn.Module, tensors: Mapping[str, Tensor], part: str) -> None:
    own = module.state_dict()
    odd = sorted(own.keys() ^ tensors.keys())
    odd += [
        f"{name} ({tuple(tensor.shape)} instead of {tuple(own[name].shape)})"
        for name, tensor in tensors.items()
        if name in own and own[name].shape != tensor.shape
    ]
    if odd:
        raise InputError(
            f"The official {part} does not fit: {', '.join(odd[:3])} and "
            f"{max(len(odd) - 3, 0)} more differ; give a checkpoint of the released "
            "configuration."
        )
    copies = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    module.load_state_dict(copies, assign=True)
