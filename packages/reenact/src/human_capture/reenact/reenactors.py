"""Reenactors that come with the package, and anybody's own."""

from __future__ import annotations

from pathlib import Path

from human_capture.common.publishing import load_network
from human_capture.reenact.networks.reenactor import Reenactor

WEIGHTS = Path(__file__).parent / "weights"
"""Where the weights lie that come with the package."""


def load_reenactor(weights: str | Path = "heads") -> Reenactor:
    """A reenactor that was trained on many people, in evaluation mode.

    Args:
        weights: Name of weights that come with the package, or the path of a
            ``.safetensors`` file.

    Raises:
        InputError: There is no such file, or it describes no reenactor.
    """
    reenactor: Reenactor = load_network(weights, "reenactor", Reenactor, WEIGHTS)
    return reenactor
