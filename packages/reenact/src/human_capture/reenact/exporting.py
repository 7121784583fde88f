"""``reenact export``: what drives, for other runtimes than PyTorch."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from human_capture.common.files import atomic_path
from human_capture.common.progress import plain_warnings
from human_capture.reenact.avatar import Avatar, is_avatar
from human_capture.reenact.export import export_onnx
from human_capture.reenact.reenactors import load_reenactor


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
    """Write the files and say what goes in and out."""
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
