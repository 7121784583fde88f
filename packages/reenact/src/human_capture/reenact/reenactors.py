"""Reenactors that come with the package, and anybody's own."""

from __future__ import annotations

from pathlib import Path

from human_capture.common.errors import InputError
from human_capture.common.publishing import find_weights, load_network
from human_capture.reenact.networks.discriminator import Discriminator
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


def load_discriminator(weights: str | Path = "heads") -> Discriminator:
    """The opponent that a reenactor was trained against, from the file beside it.

    Args:
        weights: As of :func:`load_reenactor`; of ``heads.safetensors`` it is
            ``heads_discriminator.safetensors``.

    Raises:
        InputError: There is no such file, or it describes no discriminator.
    """
    path = find_discriminator(weights)
    found: Discriminator = load_network(path, "discriminator", Discriminator, WEIGHTS)
    return found


def find_discriminator(weights: str | Path) -> Path:
    """The file of the opponent that a reenactor was trained against.

    Args:
        weights: As of :func:`load_reenactor`.

    Raises:
        InputError: There is none.
    """
    path = find_weights(weights, WEIGHTS)
    beside = path.with_name(f"{path.stem}_discriminator.safetensors")
    if not beside.is_file():
        raise InputError(
            f"To go on learning, the discriminator is needed as well, in "
            f"{str(beside)!r}; training writes it beside the other weights."
        )
    return beside
