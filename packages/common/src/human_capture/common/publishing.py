"""Weights files that are all one needs: tensors, and what network they belong to.

The network is described as class paths and arguments. Only classes of this project are
ever built from a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import nn

from human_capture.common.errors import InputError
from human_capture.common.weights import load_weights, read_weights, save_weights


def published(folder: Path) -> list[str]:
    """Names of the weights that come with a package.

    Args:
        folder: Where they lie, one kind of network a folder.
    """
    return sorted(path.stem for path in folder.glob("*.safetensors"))


def find_weights(weights: str | Path, folder: Path) -> Path:
    """The file behind a name, or the path that was given.

    Args:
        weights: One of :func:`published`, or the path of a ``.safetensors`` file.
        folder: Of the published ones.

    Raises:
        InputError: Nothing of that name is published and there is no such file.
    """
    path = folder / f"{weights}.safetensors"
    if not path.is_file():
        path = Path(weights)
    if not path.is_file() and not path.suffix:
        names = published(folder)
        known = f"one of {', '.join(names)}, or " if names else ""
        raise InputError(
            f"There are no weights {str(weights)!r}; give {known}the path of a "
            ".safetensors file."
        )
    return path


def load_network(
    weights: str | Path,
    part: str,
    kinds: type[nn.Module] | tuple[type[nn.Module], ...],
    folder: Path,
) -> Any:
    """A network from a weights file, ready to be called, in evaluation mode.

    Args:
        weights: One of :func:`published`, or the path of a ``.safetensors`` file.
        part: Under which name the file describes the network.
        kinds: What it must be.
        folder: Of the published ones.

    Raises:
        InputError: There is no such file, or it describes no such network.
    """
    path = find_weights(weights, folder)
    network = _build(read_weights(path).description.get(part), path, part)
    if not isinstance(network, kinds):
        raise InputError(f"{str(path)!r} describes no {_NAMES.get(part, part)}.")
    load_weights(network, path)
    return network.eval()


_NAMES = {"method": "triangulation method"}


def _build(config: object, path: Path, part: str) -> nn.Module:
    foreign = [
        name for name in _class_paths(config) if not name.startswith("human_capture.")
    ]
    if not isinstance(config, dict) or "class_path" not in config or foreign:
        raise InputError(f"{str(path)!r} describes no {_NAMES.get(part, part)}.")
    parser = ArgumentParser(exit_on_error=False)
    parser.add_subclass_arguments(nn.Module, part, required=True)
    try:
        parsed = parser.parse_object({part: config})
        built = parser.instantiate_classes(parsed)[part]
    except Exception as error:  # whatever the parser makes of a wrong description
        raise InputError(
            f"The network described in {str(path)!r} cannot be built: {error}"
        ) from error
    assert isinstance(built, nn.Module)
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
    """Write the trained network as one safetensors file when the training ends.

    A training may be stopped far from its end; with ``at_checkpoints`` the
    file is written anew whenever a checkpoint is.

    Put it after callbacks that exchange the weights at the end, such as averaging.

    Args:
        path: File to write, ending in ``.safetensors``.
        note: Anything worth knowing about this training; kept in the file.
        part: Attribute of the module that is written, such as ``method``.
        source: Attribute that holds its weights, if it is another one, such as an
            average of them.
        at_checkpoints: Write it with every checkpoint, too. Not for averages that a
            callback puts into place at the end.
    """

    def __init__(
        self,
        path: Path,
        note: str = "",
        part: str = "method",
        source: str | None = None,
        at_checkpoints: bool = False,
    ) -> None:
        self.path, self.note, self.part = path, note, part
        self.source, self.at_checkpoints = source or part, at_checkpoints

    def on_save_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Write the file if it is wanted now."""
        if self.at_checkpoints:
            self._write(trainer, pl_module)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the file."""
        self._write(trainer, pl_module)

    def _write(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the file, from the first process only."""
        if not trainer.is_global_zero or getattr(trainer, "fast_dev_run", False):
            return
        description: dict[str, Any] = {
            self.part: _plain(pl_module.hparams.get(self.part)),
            "note": self.note,
            "steps": trainer.global_step,
            "validation": {
                name: float(value) for name, value in trainer.callback_metrics.items()
            },
        }
        save_weights(self.path, pl_module.get_submodule(self.source), description)


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
