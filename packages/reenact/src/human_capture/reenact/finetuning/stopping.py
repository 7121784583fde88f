"""When to stop learning a person: before their face can no longer move.

Too few steps and the drawing looks like somebody else; too many and it no longer does
what the driver does. Pictures that are not learned from tell both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch import Callback, Trainer
from torch import Tensor
from torch.nn import functional

from human_capture.reenact.clips import Clips, as_float
from human_capture.reenact.finetuning.task import FinetuningTask

IdentityJudge = Callable[[Tensor], Tensor]
"""Pictures (clip 3 height width) to vectors of who is in them (clip identity)."""

LandmarkJudge = Callable[[Tensor], Tensor]
"""Pictures (clip 3 height width) to landmarks (clip 68 2), NaN where there is no face,
as shares of the side."""

EYE_CORNERS = (36, 45)
MOVING = slice(36, 68)  # eyes and mouth, iBUG's numbers


@dataclass(frozen=True)
class HeldOutScore:
    """How a person is drawn in pictures that were not learned from.

    Attributes:
        step: Of the training.
        identity: One minus the cosine between drawn and true vectors.
        expression: Mean distance of the landmarks of eyes and mouth from the true ones,
            over the distance of the outer corners of the eyes.
    """

    step: int
    identity: float
    expression: float

    @property
    def total(self) -> float:
        """Both errors, which are of the same size in a good drawing."""
        return self.identity + self.expression


def expression_error(
    found: Float[Tensor, "clip 68 2"], wanted: Float[Tensor, "clip 68 2"]
) -> Float[Tensor, ""]:
    """Error of eyes and mouth; a drawing without a face counts as a whole eye distance.

    Args:
        found: Landmarks of drawings.
        wanted: Of the true pictures; those without a face do not count.
    """
    right, left = (wanted[:, corner] for corner in EYE_CORNERS)
    width = (left - right).norm(dim=-1).clamp_min(1e-2)
    apart = (found - wanted)[:, MOVING].norm(dim=-1).mean(-1) / width
    known = wanted.isfinite().all(-1).all(-1)
    error: Tensor = apart.nan_to_num(1.0).clamp_max(1.0)[known].mean()
    return error.nan_to_num(0.0)


def identity_error(
    found: Float[Tensor, "clip identity"], wanted: Float[Tensor, "clip identity"]
) -> Float[Tensor, ""]:
    """One minus the cosine between drawings and the mean of the true pictures.

    Args:
        found: Vectors of drawings.
        wanted: Of the true pictures.
    """
    mean = functional.normalize(functional.normalize(wanted, dim=1).mean(0), dim=0)
    return 1 - (functional.normalize(found, dim=1) @ mean).mean()


class StopAtBest(Callback):
    """Keeps the weights that draw held-out pictures best, and stops when that is past.

    Args:
        held_out: Pictures that are not learned from.
        identity: Says who is in pictures.
        landmarks: Finds faces in pictures.
        every: Steps between two looks.
        patience: Looks without a better one after which it ends.
        seen: Is called with every score and the drawings it is of.
    """

    def __init__(
        self,
        held_out: Clips,
        identity: IdentityJudge,
        landmarks: LandmarkJudge,
        every: int = 20,
        patience: int = 4,
        seen: Callable[[HeldOutScore, Tensor], None] | None = None,
    ) -> None:
        self.held_out, self.every, self.patience = held_out, every, patience
        self.identity, self.landmarks, self.seen = identity, landmarks, seen
        masks = as_float(held_out.mask)
        self.true = as_float(held_out.frame) * masks
        self.true_identity = identity(self.true)
        self.true_landmarks = landmarks(self.true)
        self.scores: list[HeldOutScore] = []
        self._best: dict[str, Tensor] | None = None

    @property
    def best(self) -> HeldOutScore | None:
        """The best score until now."""
        return min(self.scores, key=lambda score: score.total, default=None)

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Look before the first step."""
        if not self.scores:
            self._look(trainer.global_step, pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look if it is time, and stop if the best is past."""
        if trainer.global_step % self.every:
            return
        self._look(trainer.global_step, pl_module)
        best = self.best
        assert best is not None
        if trainer.global_step - best.step >= self.every * self.patience:
            trainer.should_stop = True

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Look once more if steps came after the last look; bring back the best."""
        if self.scores[-1].step != trainer.global_step:
            self._look(trainer.global_step, pl_module)
        if self._best is not None:
            pl_module.averaged.load_state_dict(self._best)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"scores": list(map(astuple, self.scores)), "best": self._best}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where a checkpoint was made."""
        self.scores = [HeldOutScore(*score) for score in state_dict["scores"]]
        self._best = state_dict["best"]

    @torch.no_grad()
    def _look(self, step: int, task: FinetuningTask) -> None:
        encoder = task.pose_encoder.eval()
        frames = as_float(self.held_out.frame).to(task.device)
        drawn = task.averaged(encoder(frames)).picture.float().clamp(0, 1).cpu()
        encoder.train(task.compatibility)
        score = HeldOutScore(
            step,
            float(identity_error(self.identity(drawn), self.true_identity)),
            float(expression_error(self.landmarks(drawn), self.true_landmarks)),
        )
        if score.total < min((s.total for s in self.scores), default=math.inf):
            state = task.averaged.state_dict()
            self._best = {name: value.clone() for name, value in state.items()}
        self.scores.append(score)
        if self.seen is not None:
            self.seen(score, drawn)
