"""Lifters from weights files, those of the package and anybody's own."""

from __future__ import annotations

from pathlib import Path

from human_capture.pose3d.networks.lifters.lifter import Lifter
from human_capture.pose3d.publishing import PUBLISHED, load_network

LIFTERS = PUBLISHED / "lifters"


def load_lifter(weights: str | Path = "temporal") -> Lifter:
    """A lifter, ready to be called, in evaluation mode.

    Args:
        weights: Name of a lifter that comes with the package, or the path of a
            ``.safetensors`` file.

    Raises:
        InputError: There is no such file, or it describes no lifter of this project.
    """
    lifter: Lifter = load_network(weights, "lifter", Lifter, LIFTERS)
    return lifter
