"""``reenact convert``: the authors' checkpoints as weights files of this package."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch.serialization import safe_globals

from human_capture.common.errors import InputError
from human_capture.common.weights import save_weights
from human_capture.reenact.networks.official import OfficialModel, load_official
from human_capture.reenact.networks.reenactor import Reenactor

PARTS = ("embedder", "generator", "discriminator")


@dataclass(frozen=True)
class ConvertOptions:
    """A checkpoint of github.com/shrubb/latent-pose-reenactment in, weights out.

    Args:
        checkpoint: Its file, such as model_01234567.pth. Nothing in it is run.
        output: The .safetensors file to write; the discriminator's is written beside
            it.
    """

    checkpoint: str = ""
    output: str = "official.safetensors"


def convert(options: ConvertOptions) -> None:
    """Read the checkpoint and write both files."""
    model = load_official(**read_checkpoint(options.checkpoint))
    path = Path(options.output)
    if path.suffix != ".safetensors":
        raise InputError(f"{options.output!r} should end in .safetensors.")
    save_official(model, path)
    Console().print(f"{path.resolve()}: give it to --weights.", soft_wrap=True)


def read_checkpoint(path: str | Path) -> dict[str, dict[str, torch.Tensor]]:
    """The tensors of the three networks of a checkpoint.

    The authors pickle their command line beside them, as a plain namespace; that and
    tensors are all that is read.

    Args:
        path: The file.

    Raises:
        InputError: There is no such file, it holds other things, or a network lacks.
    """
    if not Path(path).is_file():
        raise InputError(f"There is no checkpoint {str(path)!r}.")
    try:
        with safe_globals([argparse.Namespace]):
            loaded: Any = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a wrong file makes of the reader
        raise InputError(
            f"{str(path)!r} cannot be read as a checkpoint of tensors: {error}"
        ) from error
    if not isinstance(loaded, dict) or not all(part in loaded for part in PARTS):
        raise InputError(
            f"{str(path)!r} is no checkpoint of the authors: it should hold "
            f"{', '.join(PARTS)}."
        )
    return {part: dict(loaded[part]) for part in PARTS}


def save_official(model: OfficialModel, path: Path) -> None:
    """Write a model so that all commands take it.

    Args:
        model: From :func:`load_official`.
        path: Of the weights; the discriminator's name ends in ``_discriminator``.
    """
    networks = model.networks
    sizes = {"identity": networks.generator.identity, "pose": networks.generator.pose}
    described = {
        "identity_encoder": _described("identity_encoder.IdentityEncoder"),
        "pose_encoder": _described("pose_encoder.PoseEncoder", pose=sizes["pose"]),
        "generator": _described("generator.Generator", **sizes),
    }
    reenactor = Reenactor(
        networks.identity_encoder, networks.pose_encoder, networks.generator
    )
    origin = {"note": "converted from a checkpoint of the authors"}
    save_weights(
        path,
        reenactor,
        {"reenactor": _described("reenactor.Reenactor", **described), **origin},
    )
    save_weights(
        path.with_name(f"{path.stem}_discriminator.safetensors"),
        networks.discriminator,
        {"discriminator": _described("discriminator.Discriminator"), **origin},
    )


def _described(name: str, **arguments: Any) -> dict[str, Any]:
    path = f"human_capture.reenact.networks.{name}"
    return {"class_path": path, "init_args": arguments}
