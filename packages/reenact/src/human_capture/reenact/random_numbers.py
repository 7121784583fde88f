"""Random numbers that go on where a training was interrupted."""

from __future__ import annotations

from typing import Any

import torch
from lightning.pytorch.core.hooks import CheckpointHooks


class KeepsRandomNumbers(CheckpointHooks):
    """A module whose checkpoints hold the state of torch's generator.

    Lightning keeps none, so a training that is resumed would draw the numbers of its
    start again.
    """

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the state of the random numbers.

        Args:
            checkpoint: Gets it as ``random``.
        """
        checkpoint["random"] = torch.get_rng_state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the random numbers, not with those of the start.

        Args:
            checkpoint: One from before they were kept leaves them as they are.
        """
        if "random" in checkpoint:
            torch.set_rng_state(checkpoint["random"].cpu())
