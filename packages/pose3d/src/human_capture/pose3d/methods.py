"""Triangulation methods from weights files, those of the package and anybody's own.

A weights file describes the network it belongs to as class paths and arguments, so it
is all that is needed. Only classes of this project are ever built from one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import nn

from human_capture.common.detectors.models import find_network
from human_capture.common.errors import InputError
from human_capture.common.weights import (
    load_matching,
    load_weights,
    read_weights,
    save_weights,
)
from human_capture.pose3d.networks.blazepose import BlazePoseBackbone
from human_capture.pose3d.triangulation import Method

PUBLISHED = Path(__file__).parent / "weights"


def published() -> list[str]:
    """Names of the weights that come with the package."""
    return sorted(path.stem for path in PUBLISHED.glob("*.safetensors"))


def load_method(weights: str | Path) -> Method:
    """A method, ready to be called, in evaluation mode.

    Args:
        weights: One of :func:`published`, or the path of a ``.safetensors`` file.

    Raises:
        InputError: There is no such file, or it describes no method of this project.
    """
    path = PUBLISHED / f"{weights}.safetensors"
    if not path.is_file():
        path = Path(weights)
    if not path.is_file() and not path.suffix:
        names = ", ".join(published())
        raise InputError(
            f"There are no weights {str(weights)!r}; the package has {names}, or give "
            "the path of a .safetensors file."
        )
    description = read_weights(path).description
    method = _build(description.get("method"), path)
    load_weights(method, path)
    return method.eval()


def start_from(method: Method, weights: Path) -> None:
    """Give a method that is to be trained a start.

    Args:
        method: Parameters that it does not share with the weights stay as they are.
        weights: A ``.safetensors`` file, or for the backbone :class:`BlazePoseBackbone`
            a ``.tflite`` file, found as the detectors find theirs.

    Raises:
        InputError: The file is missing or belongs to another network.
    """
    if weights.suffix != ".tflite":
        load_matching(method, weights)
        return
    if not isinstance(method.backbone, BlazePoseBackbone):
        raise InputError(
            f"Only a BlazePoseBackbone can start from {str(weights)!r}; give a "
            ".safetensors file, or use that backbone."
        )
    path = weights if weights.is_file() else find_network(weights.name)
    method.backbone.load_tflite(path)


def _build(config: object, path: Path) -> Method:
    foreign = [
        name for name in _class_paths(config) if not name.startswith("human_capture.")
    ]
    if not isinstance(config, dict) or "class_path" not in config or foreign:
        raise InputError(f"{str(path)!r} describes no triangulation method.")
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(nn.Module, "method", required=True)
    try:
        parsed = parser.parse_object({"method": config})
        built = parser.instantiate_classes(parsed).method
    except Exception as error:  # whatever the parser makes of a wrong description
        raise InputError(
            f"The network described in {str(path)!r} cannot be built: {error}"
        ) from error
    if not isinstance(built, Method):
        raise InputError(f"{str(path)!r} describes no triangulation method.")
    return built


def _class_paths(config: object) -> Iterator[str]:
    if isinstance(config, dict):
        if isinstance(config.get("class_path"), str):
            yield config["class_path"]
        config = list(config.values())
    if isinstance(config, list):
        for part in config:
            yield from _class_paths(part)


class PublishWeights(Callback):
    """Write the trained method as one safetensors file when the training ends.

    Put it after callbacks that exchange the weights at the end, such as averaging.

    Args:
        path: File to write, ending in ``.safetensors``.
        note: Anything worth knowing about this training; kept in the file.
    """

    def __init__(self, path: Path, note: str = "") -> None:
        self.path, self.note = path, note

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the file, from the first process only."""
        if not trainer.is_global_zero or getattr(trainer, "fast_dev_run", False):
            return
        method = pl_module.get_submodule("method")
        description: dict[str, Any] = {
            "method": _plain(pl_module.hparams.get("method")),
            "note": self.note,
            "steps": trainer.global_step,
            "validation": {
                name: float(value) for name, value in trainer.callback_metrics.items()
            },
        }
        save_weights(self.path, method, description)


def _plain(config: Any) -> Any:
    """A configuration as JSON can hold it."""
    if hasattr(config, "as_dict"):
        config = config.as_dict()
    if isinstance(config, dict):
        return {key: _plain(value) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [_plain(value) for value in config]
    if isinstance(config, str | int | float | bool | None):
        return config
    return str(config)
