"""Fields of many heads that come with the package, and anybody's own."""

from __future__ import annotations

from pathlib import Path

from human_capture.common.publishing import load_network
from human_capture.multineus.fields.scene import SceneField

PRIORS = Path(__file__).parent / "weights"
"""Where the weights lie that come with the package."""


def load_prior(weights: str | Path = "heads") -> SceneField:
    """A field of many heads.

    Args:
        weights: Name of a prior that comes with the package, or the path of a
            ``.safetensors`` file.

    Raises:
        InputError: There is no such file, or it describes no field.
    """
    field: SceneField = load_network(weights, "field", SceneField, PRIORS)
    return field
