"""Looks at how well a person is drawn while they are learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch import Callback, Trainer
from torch import Tensor

from human_capture.reenact.evaluation.face_recognition import IdentityJudge
from human_capture.reenact.evaluation.identity_error import identity_errors
from human_capture.reenact.evaluation.landmark_judges import LandmarkJudge
from human_capture.reenact.evaluation.pose_error import inter_ocular, missing
from human_capture.reenact.finetuning.examples import Examples
from human_capture.reenact.finetuning.learning import BATCH
from human_capture.reenact.finetuning.task import FinetuningTask

MOVING = slice(36, 68)  # eyes and mouth, iBUG's numbers


@dataclass(frozen=True)
class Look:
    """How a person is drawn at a step.

    Attributes:
        step: Of the training.
        identity: Mean of one minus the cosine between the vectors of the drawings and
            the mean of the true ones.
        expression: Mean distance of the landmarks of eyes and mouth from the true ones,
            over the distance of the outer corners of the eyes.
    """

    step: int
    identity: float
    expression: float

    @property
    def total(self) -> float:
        """Sum of both errors."""
        return self.identity + self.expression


def expression_error(
    found: Float[Tensor, "clip 68 2"], wanted: Float[Tensor, "clip 68 2"]
) -> Float[Tensor, ""]:
    """Error of eyes and mouth; a drawing without a face counts as a whole eye distance.

    Args:
        found: Landmarks of drawings.
        wanted: Of the true pictures; those without a face do not count.
    """
    apart = (found - wanted)[:, MOVING].norm(dim=-1).mean(-1) / inter_ocular(wanted)
    error: Tensor = apart.nan_to_num(1.0).clamp_max(1.0)[~missing(wanted)].mean()
    return error.nan_to_num(0.0)


class Looks(Callback):
    """Looks before the first step, now and then, and after the last.

    Args:
        examples: What should be drawn.
        identity: Says who is in pictures.
        landmarks: Finds faces in pictures.
        every: Steps between two looks.
        seen: Is called with every look and the drawings it is at.
    """

    def __init__(
        self,
        examples: Examples,
        identity: IdentityJudge,
        landmarks: LandmarkJudge,
        every: int = 20,
        seen: Callable[[Look, Tensor], None] | None = None,
    ) -> None:
        self.examples, self.every = examples, every
        self.identity, self.landmarks, self.seen = identity, landmarks, seen
        true = examples.photograph
        self.true_landmarks = landmarks(true)
        self.true_identity = identity(true, self.true_landmarks).mean(0)
        self.looks: list[Look] = []

    @property
    def outcome(self) -> Look:
        """The look at the weights that are kept: the last."""
        return self.looks[-1]

    def on_train_start(self, trainer: Trainer, pl_module: Any) -> None:
        """Look before the first step."""
        if not self.looks:
            self._look(trainer.global_step, pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Look if it is time."""
        if trainer.global_step % self.every == 0:
            self._look(trainer.global_step, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: Any) -> None:
        """Look once more if steps came after the last look."""
        if self.looks[-1].step != trainer.global_step:
            self._look(trainer.global_step, pl_module)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"looks": list(map(astuple, self.looks))}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where a checkpoint was made."""
        self.looks = [Look(*look) for look in state_dict["looks"]]

    @torch.no_grad()
    def _look(self, step: int, task: FinetuningTask) -> None:
        drivers = torch.split(self.examples.driver, BATCH)
        drawn = torch.cat([_drawn(task, driver) for driver in drivers])
        landmarks = self.landmarks(drawn)
        vectors = self.identity(drawn, landmarks)
        wanted = self.true_identity.expand_as(vectors)
        identity = identity_errors(vectors, wanted, renormalise=True).mean()
        expression = expression_error(landmarks, self.true_landmarks)
        self.looks.append(Look(step, float(identity), float(expression)))
        if self.seen is not None:
            self.seen(self.looks[-1], drawn)


def _drawn(
    task: FinetuningTask, driver: Float[Tensor, "clip 3 height width"]
) -> Float[Tensor, "clip 3 height width"]:
    pose = task.pose_encoder(driver.to(task.device))
    drawn: Tensor = task.averaged(pose).picture.float().clamp(0, 1).cpu()
    return drawn
