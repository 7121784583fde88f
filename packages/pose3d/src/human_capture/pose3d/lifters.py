"""Lifters from weights files, those of the package and anybody's own."""

from __future__ import annotations

from pathlib import Path

import torch

from human_capture.common.processors import multiplies_bfloat16
from human_capture.common.publishing import load_network
from human_capture.pose3d.methods import METHODS
from human_capture.pose3d.networks.lifters.lifter import Lifter

LIFTERS = METHODS / "lifters"


def load_lifter(weights: str | Path = "temporal", half: bool | None = None) -> Lifter:
    """A lifter, ready to be called, in evaluation mode.

    Args:
        weights: Name of a lifter that comes with the package, or the path of a
            ``.safetensors`` file.
        half: Multiply large matrices in bfloat16, as in training; where the processor
            does that fast, when absent.

    Raises:
        InputError: There is no such file, or it describes no lifter of this project.
    """
    lifter: Lifter = load_network(weights, "lifter", Lifter, LIFTERS)
    half = multiplies_bfloat16() if half is None else half
    return lifter.store(torch.bfloat16) if half else lifter
