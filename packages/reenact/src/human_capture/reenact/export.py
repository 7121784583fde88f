"""The pose encoder and the generator as ONNX files, for other runtimes."""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path
from human_capture.reenact.networks.decoder import Drawn
from human_capture.reenact.networks.folding import fold
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.pose_encoder import PoseEncoder

_POSE_ENCODER, _GENERATOR = "pose_encoder.onnx", "generator.onnx"


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
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxscript")):
        raise InputError(
            "Writing ONNX files needs the packages onnx and onnxscript; run `pip "
            "install onnx onnxscript`."
        )
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
