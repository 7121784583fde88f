"""Triangulation methods from weights files, those of the package and anybody's own."""

from __future__ import annotations

from pathlib import Path

from human_capture.common.detectors.models import find_network
from human_capture.common.errors import InputError
from human_capture.common.publishing import find_weights, load_network
from human_capture.common.weights import load_matching
from human_capture.pose3d.networks.blazepose import BlazePoseBackbone
from human_capture.pose3d.triangulation import (
    AlgebraicTriangulation,
    Method,
    RansacTriangulation,
    VolumetricTriangulation,
)

METHODS = Path(__file__).parent / "weights"
"""Where the weights lie that come with the package."""


def load_method(weights: str | Path) -> Method:
    """A method, ready to be called, in evaluation mode.

    Args:
        weights: Name of weights that come with the package, or the path of a
            ``.safetensors`` file.

    Raises:
        InputError: There is no such file, or it describes no method of this project.
    """
    kinds = (AlgebraicTriangulation, VolumetricTriangulation, RansacTriangulation)
    method: Method = load_network(weights, "method", kinds, METHODS)
    return method


def start_from(method: Method, weights: Path) -> None:
    """Give a method that is to be trained a start.

    Args:
        method: Parameters that it does not share with the weights stay as they are.
        weights: Weights that come with the package, by their name; a ``.safetensors``
            file; or for the backbone :class:`BlazePoseBackbone` a ``.tflite`` file,
            found as the detectors find theirs.

    Raises:
        InputError: The file is missing or belongs to another network.
    """
    if weights.suffix != ".tflite":
        load_matching(method, find_weights(weights, METHODS))
        return
    if not isinstance(method.backbone, BlazePoseBackbone):
        raise InputError(
            f"Only a BlazePoseBackbone can start from {str(weights)!r}; give a "
            ".safetensors file, or use that backbone."
        )
    path = weights if weights.is_file() else find_network(weights.name)
    method.backbone.load_tflite(path)
