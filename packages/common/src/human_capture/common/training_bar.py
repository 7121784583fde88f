"""How far a short training within a command is, in the words of the command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from human_capture.common.progress import progress


class TrainingBar(Callback):
    """Shows the steps of a training as :func:`progress` shows other work.

    Args:
        description: What is being done, for the person who waits.
    """

    def __init__(self, description: str) -> None:
        self.description = description
        self._steps: Iterator[int] = iter(())

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Begin with the steps that are still to be done."""
        steps = range(trainer.global_step, int(trainer.estimated_stepping_batches))
        self._steps = progress(steps, self.description)
        next(self._steps, None)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, *_: Any
    ) -> None:
        """One more."""
        next(self._steps, None)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Leave the line."""
        self._close()

    def on_exception(
        self, trainer: Trainer, pl_module: LightningModule, exception: BaseException
    ) -> None:
        """Leave the line."""
        self._close()

    def _close(self) -> None:
        if hasattr(self._steps, "close"):
            self._steps.close()
        self._steps = iter(())
