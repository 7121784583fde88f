"""Weights as safetensors with a JSON description; nothing is ever unpickled.

One file holds the tensors and, in its header, a JSON object that says what they are:
the network's configuration, how it was trained, what it scored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path


@dataclass(frozen=True)
class Weights:
    """What a weights file holds.

    Attributes:
        tensors: By parameter name, in the precision of the file.
        description: The JSON object of the header.
    """

    tensors: dict[str, Tensor]
    description: dict[str, Any]


def save_weights(
    path: str | Path,
    module: nn.Module,
    description: dict[str, Any],
    half: bool = True,
) -> None:
    """Write a module's parameters and buffers.

    Args:
        path: Ends in ``.safetensors``.
        module: Whose ``state_dict`` is written.
        description: Anything JSON can hold; kept in the header.
        half: Store floating-point tensors as float16, where that can hold them.
    """
    tensors = {
        name: _stored(tensor, half) for name, tensor in module.state_dict().items()
    }
    with atomic_path(path) as temporary:
        header = {"description": json.dumps(description)}
        temporary.write_bytes(save(tensors, header))  # tells a full disk by its errno


def _stored(tensor: Tensor, half: bool) -> Tensor:
    """A copy for the file; safetensors refuses tensors that share memory."""
    tensor = tensor.detach().cpu().contiguous().clone()
    small = tensor.half()
    exact = not half or not tensor.is_floating_point() or not small.isfinite().all()
    return tensor if exact else small


def read_weights(path: str | Path) -> Weights:
    """Read a weights file.

    Raises:
        InputError: The file is missing, is a pickled checkpoint, or is damaged.
    """
    with _opened(Path(path)) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        return Weights(tensors, _description(file))


def read_description(path: str | Path) -> dict[str, Any]:
    """What a weights file says of itself; its tensors are not read.

    Raises:
        InputError: As of :func:`read_weights`.
    """
    with _opened(Path(path)) as file:
        return _description(file)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    if not path.is_file():
        raise InputError(f"There is no weights file {str(path)!r}.")
    if path.suffix in (".ckpt", ".pt", ".pth", ".pkl"):
        raise InputError(
            f"{str(path)!r} looks like a pickled checkpoint; give the .safetensors "
            "file beside it."
        )
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, ValueError, OSError) as error:
        raise InputError(
            f"The weights file {str(path)!r} is damaged or not a safetensors file "
            f"({error}); fetch or train it again."
        ) from error


def _description(file: Any) -> dict[str, Any]:
    header = file.metadata() or {}
    description: dict[str, Any] = json.loads(header.get("description", "{}"))
    return description


def load_weights(module: nn.Module, path: str | Path) -> dict[str, Any]:
    """Fill a module from a weights file and return the file's description.

    Raises:
        InputError: Names or shapes do not fit; the message names the first that
            differ.
    """
    weights = read_weights(path)
    own = module.state_dict()
    odd = sorted(own.keys() ^ weights.tensors.keys())
    odd += [
        f"{name} ({tuple(tensor.shape)} in the file, {tuple(own[name].shape)} here)"
        for name, tensor in weights.tensors.items()
        if name in own and own[name].shape != tensor.shape
    ]
    if odd:
        raise InputError(
            f"The weights in {str(path)!r} belong to another network: "
            f"{', '.join(odd[:3])} and {max(len(odd) - 3, 0)} more differ."
        )
    tensors = weights.tensors.items()
    module.load_state_dict({name: value.to(own[name].dtype) for name, value in tensors})
    return weights.description


def load_matching(module: nn.Module, path: str | Path) -> list[str]:
    """Fill what a module shares with a weights file; returns the names left alone.

    Raises:
        InputError: Nothing fits.
    """
    weights = read_weights(path)
    own = module.state_dict()
    fitting = {
        name: tensor.to(own[name].dtype)
        for name, tensor in weights.tensors.items()
        if name in own and own[name].shape == tensor.shape
    }
    if not fitting:
        raise InputError(f"The weights in {str(path)!r} fit nothing in this network.")
    module.load_state_dict(fitting, strict=False)
    return sorted(own.keys() - fitting.keys())
