"""When to stop learning a person: before their face can no longer move.

Too few steps and the drawing looks like somebody else; too many and it no longer does
what the driver does. Pictures that are not learned from tell both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lightning.pytorch import Trainer
from torch import Tensor

from human_capture.reenact.evaluation.face_recognition import IdentityJudge
from human_capture.reenact.evaluation.landmark_judges import LandmarkJudge
from human_capture.reenact.finetuning.examples import Examples
from human_capture.reenact.finetuning.looks import Look, Looks
from human_capture.reenact.finetuning.task import FinetuningTask


class StopAtBest(Looks):
    """Keeps the weights that draw the examples best, and stops when that is past.

    Args:
        examples: Pictures that are not learned from.
        identity: Says who is in pictures.
        landmarks: Finds faces in pictures.
        every: Steps between two looks.
        seen: Is called with every look and the drawings it is at.
        patience: Looks without a better one after which it ends.
    """

    def __init__(
        self,
        examples: Examples,
        identity: IdentityJudge,
        landmarks: LandmarkJudge,
        every: int = 20,
        seen: Callable[[Look, Tensor], None] | None = None,
        patience: int = 4,
    ) -> None:
        super().__init__(examples, identity, landmarks, every, seen)
        self.patience = patience
        self._best: dict[str, Tensor] = {}

    @property
    def outcome(self) -> Look:
        """The best look."""
        return min(self.looks, key=lambda look: look.total)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look if it is time, and stop if the best is past."""
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)
        if self.looks[-1].step - self.outcome.step >= self.every * self.patience:
            trainer.should_stop = True

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Look once more if steps came after the last look; bring back the best."""
        super().on_train_end(trainer, pl_module)
        pl_module.averaged.load_state_dict(self._best)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return super().state_dict() | {"best": self._best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where a checkpoint was made."""
        super().load_state_dict(state_dict)
        self._best = state_dict["best"]

    def _look(self, step: int, task: FinetuningTask) -> None:
        super()._look(step, task)
        if self.outcome is self.looks[-1]:
            state = task.averaged.state_dict()
            self._best = {name: value.clone() for name, value in state.items()}
