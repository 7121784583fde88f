"""``reenact export``: the pose encoder and the generator as ONNX files."""

from __future__ import annotations

import importlib.util
import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from rich.console import Console
from torch import Tensor, nn

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path
from human_capture.common.progress import plain_warnings
from human_capture.reenact.avatar import Avatar, is_avatar
from human_capture.reenact.networks.decoder import Drawn
from human_capture.reenact.networks.folding import fold
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.pose_encoder import PoseEncoder
from human_capture.reenact.reenactors import load_reenactor

_POSE_ENCODER, _GENERATOR = "pose_encoder.onnx", "generator.onnx"


@dataclass(frozen=True)
class ExportOptions:
    """Pose encoder and generator as ONNX files.

    Args:
        weights: A name of weights that come with the package, a .safetensors file, or
            the folder of an avatar, whose identity is written as identity.npy.
        output: Folder for the files.
    """

    weights: str = "heads"
    output: str = "onnx"


def export(options: ExportOptions) -> None:
    """Write the files and say what goes in and out.

    Args:
        options: Of the command.

    Raises:
        InputError: The packages that write the format are not installed, or there are
            no such weights; nothing is written then.
    """
    _require_writers()
    folder = Path(options.output)
    identity = "identity"
    if is_avatar(options.weights):
        avatar = Avatar.load(options.weights)
        reenactor = avatar.reenactor
        _write_identity(avatar, folder / "identity.npy")
        identity = "identity.npy"
    else:
        reenactor = load_reenactor(options.weights)
    with plain_warnings():
        export_onnx(reenactor.pose_encoder, reenactor.generator, folder, reenactor.size)
    Console().print(
        f"{folder / 'pose_encoder.onnx'}: images of {reenactor.size} pixels to pose; "
        f"{folder / 'generator.onnx'}: {identity} and pose to colour and mask.",
        soft_wrap=True,
        highlight=False,
    )


def _write_identity(avatar: Avatar, path: Path) -> None:
    content = io.BytesIO()
    np.save(content, avatar.identity[None].numpy())
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.getvalue())


def export_onnx(
    pose_encoder: PoseEncoder, generator: Generator, path: str | Path, size: int
) -> None:
    """Write ``pose_encoder.onnx`` and ``generator.onnx`` for any number of frames.

    The first turns ``images`` (RGB between 0 and 1) into ``pose``; the second
    ``identity`` and ``pose`` into ``colour`` and ``mask``.

    Args:
        path: The folder.
        size: Width and height of the images in pixels.

    Raises:
        InputError: The packages that write the format are not installed.
    """
    _require_writers()
    images = torch.rand(2, 3, size, size)
    identity, pose = torch.rand(2, generator.identity), torch.rand(2, generator.pose)
    folder = Path(path)
    _write(fold(pose_encoder), {"images": images}, ["pose"], folder / _POSE_ENCODER)
    _write(
        _Drawing(fold(generator)),
        {"identity": identity, "pose": pose},
        ["colour", "mask"],
        folder / _GENERATOR,
    )


def _require_writers() -> None:
    """Make sure that the packages that write the format are installed."""
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxscript")):
        raise InputError(
            "Writing ONNX files needs the packages onnx and onnxscript; run `pip "
            "install onnx onnxscript`."
        )


class _Drawing(nn.Module):
    """A generator that answers with a tuple, as the format wants it."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.generator = generator

    def forward(
        self,
        identity: Float[Tensor, "batch identity"],
        pose: Float[Tensor, "batch pose"],
    ) -> tuple[
        Float[Tensor, "batch 3 height width"], Float[Tensor, "batch 1 height width"]
    ]:
        drawn: Drawn = self.generator(identity, pose)
        return drawn.colour, drawn.mask


def _write(
    network: nn.Module, inputs: dict[str, Tensor], outputs: list[str], path: Path
) -> None:
    frames = torch.export.Dim("frames")
    with atomic_path(path) as temporary, warnings.catch_warnings():
        # Both inputs of the generator have the same number of frames, as they should.
        warnings.filterwarnings("ignore", message=".*shares the same shape constraints")
        torch.onnx.export(
            network.cpu().float().eval(),
            tuple(inputs.values()),
            temporary,
            input_names=list(inputs),
            output_names=outputs,
            dynamic_shapes=tuple({0: frames} for _ in inputs),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
