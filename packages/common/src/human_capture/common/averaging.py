"""Averaged weights that also work with several processes."""

from __future__ import annotations

from functools import partial

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging


class AveragedWeights(EMAWeightAveraging):
    """Exponential moving average of the weights, used in validation and at the end.

    Lightning copies the module together with its trainer, which cannot be copied once
    it has started other processes; here the copy is made without it.

    Args:
        decay: Share of the old average that remains after a step.
    """

    def __init__(self, decay: float = 0.998) -> None:
        super().__init__(decay=decay)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Make the copy that is averaged."""
        # factories that the command line injected lead to the trainer as well
        injected = {k: v for k, v in vars(pl_module).items() if isinstance(v, partial)}
        vars(pl_module).update(dict.fromkeys(injected), _trainer=None)
        try:
            super().setup(trainer, pl_module, stage)
        finally:
            vars(pl_module).update(injected, _trainer=trainer)
