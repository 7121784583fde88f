"""Training and evaluation of one lifter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR
from torchmetrics import MetricCollection

from human_capture.common.keypoints import COCO17, KeypointFormat, convert
from human_capture.common.metrics import (
    MPJPE,
    AccelerationError,
    FootSliding,
    StillJitter,
)
from human_capture.common.publishing import find_weights
from human_capture.common.schedules import USUAL_SCHEDULE, Schedule, training_progress
from human_capture.common.weights import load_matching
from human_capture.pose3d.lifters import LIFTERS
from human_capture.pose3d.lifting.normalisation import normalise
from human_capture.pose3d.lifting.placement import place, to_camera
from human_capture.pose3d.lifting.sequences import Sequences
from human_capture.pose3d.networks.lifters.lifter import CONTACTS, Lifted, Lifter

COARSE = ("pinky", "index", "thumb", "eye", "mouth", "ear")
"""Joints of hands and faces, by words in their names; many for a small place."""


@dataclass(frozen=True)
class LiftingObjective:
    """How much each loss counts.

    Attributes:
        joints: Distance of each joint, in centimetres.
        velocity: Distance of each joint's step, in centimetres a frame.
        spread: Likelihood of the errors under the expected ones.
        up: One minus the cosine between found and true upward direction.
        contact: Cross-entropy of the feet's contacts.
        coarse: Weight of joints of hands and faces over that of the others.
    """

    joints: float = 1.0
    velocity: float = 2.0
    spread: float = 0.1
    up: float = 5.0
    contact: float = 0.5
    coarse: float = 0.35


USUAL_OBJECTIVE = LiftingObjective()


class LiftingTask(LightningModule):
    """Train a lifter on sequences of 2D key points.

    Args:
        lifter: What is trained.
        optimizer: Builds the optimiser from the parameters.
        schedule: Of the learning rate.
        objective: Weights of the losses.
        warm_frames: Frames at the start of test sequences that do not count, while a
            lifter knows too little of the past.
        weights: A ``.safetensors`` file, or weights of the package by name, to start
            from.
    """

    importance: Tensor

    def __init__(
        self,
        lifter: Lifter,
        optimizer: Callable[[Iterable[Any]], torch.optim.Optimizer] = torch.optim.AdamW,
        schedule: Schedule = USUAL_SCHEDULE,
        objective: LiftingObjective = USUAL_OBJECTIVE,
        warm_frames: int = 80,
        weights: Path | None = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        self.lifter, self.optimizer, self.schedule = lifter, optimizer, schedule
        self.objective, self.warm_frames = objective, warm_frames
        fine = [any(w in joint for w in COARSE) for joint in lifter.format.joints]
        counts = torch.where(torch.tensor(fine), objective.coarse, 1.0)
        self.register_buffer("importance", counts / counts.mean(), persistent=False)
        self.scores = nn.ModuleDict()
        if weights is not None:
            load_matching(lifter, find_weights(weights, LIFTERS))

    def forward(self, batch: Sequences) -> tuple[Lifted, Float[Tensor, "b f 3 3"]]:
        """What the lifter says, and the rotation from camera to view frames."""
        return lift_batch(self.lifter, batch)

    def training_step(self, batch: Sequences, batch_idx: int) -> Float[Tensor, ""]:
        """Sum of all losses."""
        lifted, view = self.forward(batch)
        with torch.autocast(self.device.type, enabled=False):
            losses = self.losses(lifted, view, batch)
        for name, loss in losses.items():
            self.log(f"train/{name}", loss, batch_size=len(batch))
        total = torch.stack(list(losses.values())).sum()
        self.log("train/loss", total, batch_size=len(batch), prog_bar=True)
        return total

    def losses(
        self, lifted: Lifted, view: Float[Tensor, "b f 3 3"], batch: Sequences
    ) -> dict[str, Tensor]:
        """Every loss with its weight, by name."""
        goal, root = self.objective, self.lifter.format.root_of
        target = batch.joints - root(batch.joints)
        found = to_camera(lifted.joints, view)
        error = (found - target).norm(dim=-1)
        step = (found.diff(dim=1) - target.diff(dim=1)).norm(dim=-1)
        likely = lifted.spread.log() + error.detach() / lifted.spread
        up = (to_camera(lifted.up[:, :, None], view)[:, :, 0] * batch.up).sum(-1)
        contact = nn.functional.binary_cross_entropy_with_logits(
            lifted.contact, batch.contact.to(lifted.contact)
        )
        return {
            "joints": goal.joints * 100 * (error * self.importance).mean(),
            "velocity": goal.velocity * 100 * (step * self.importance).mean(),
            "spread": goal.spread * likely.mean(),
            "up": goal.up * (1 - up).mean(),
            "contact": goal.contact * contact,
        }

    def validation_step(
        self, batch: Sequences, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Accumulate the errors."""
        self._evaluate(batch, "val", dataloader_idx)

    def test_step(
        self, batch: Sequences, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Accumulate the errors."""
        self._evaluate(batch, "test", dataloader_idx)

    def _evaluate(self, batch: Sequences, split: str, loader: int) -> None:
        name = f"{split}/{condition_of(self.trainer, split, loader)}"
        if name not in self.scores:
            self.scores[name] = lifting_scores().to(self.device)
        scores = self.scores[name]
        assert isinstance(scores, MetricCollection)
        lifted, view = self.forward(batch)
        with torch.autocast(self.device.type, enabled=False):
            update_scores(
                scores, self.lifter.format, lifted, view, batch, self.warm_frames
            )
        for key, metric in scores.items():
            self.log(
                f"{name}/{key}",
                metric,
                batch_size=len(batch),
                add_dataloader_idx=False,
            )

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """The optimiser, and its schedule a step."""
        optimizer = self.optimizer(self.parameters())
        schedule = LambdaLR(
            optimizer,
            lambda step: self.schedule.factor(step, training_progress(self)),
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def lift_batch(
    lifter: Lifter, batch: Sequences
) -> tuple[Lifted, Float[Tensor, "b f 3 3"]]:
    """What a lifter says of every frame, and the rotation from camera to view frames.

    After the last frame, one that looks ahead sees nobody.
    """
    unseen = lifter.delay
    rays = nn.functional.pad(batch.rays, (0, 0, 0, 0, 0, unseen))
    confidence = nn.functional.pad(batch.confidence, (0, 0, 0, unseen))
    with torch.autocast(batch.rays.device.type, enabled=False):  # positions in full
        inputs, _ = normalise(rays, confidence, lifter.format)
    lifted, _ = lifter(inputs)
    return lifted[unseen:], inputs.view[:, : batch.rays.shape[1]]


def condition_of(trainer: Trainer, split: str, loader: int) -> str:
    """What the data module calls the data of one of its loaders; else its number."""
    data = getattr(trainer, "datamodule", None)
    names = [*getattr(data, "conditions", {}).get(split, ())]
    return names[loader] if loader < len(names) else str(loader)


def lifting_scores() -> MetricCollection:
    """Fresh metrics of lifted motion, by the names they are logged under."""
    return MetricCollection(
        {
            "mpjpe_mm": MPJPE(COCO17, "root"),
            "n_mpjpe_mm": MPJPE(COCO17, "scale"),
            "pa_mpjpe_mm": MPJPE(COCO17, "procrustes"),
            "acceleration_mm": AccelerationError(),
            "still_jitter_mm": StillJitter(),
            "foot_sliding_mm": FootSliding(),
        },
        compute_groups=False,
    )


def update_scores(
    scores: MetricCollection,
    format: KeypointFormat,
    lifted: Lifted,
    view: Float[Tensor, "batch frame 3 3"],
    batch: Sequences,
    warm_frames: int,
) -> None:
    """Add a batch of lifted motion to its scores.

    Args:
        scores: From :func:`lifting_scores`.
        format: Of the lifted joints.
        lifted: What a lifter says.
        view: Rotation from camera to view frames.
        batch: Input and truth.
        warm_frames: Frames at the start that do not count.
    """
    found = to_camera(lifted.joints, view)
    placed = found + place(found, batch.rays, batch.confidence)[..., None, :]
    target = batch.joints - format.root_of(batch.joints)
    counted = slice(min(warm_frames, found.shape[1] - 8), None)
    ours, theirs = (convert(x[:, counted], format, COCO17)[0] for x in (found, target))
    feet = placed[:, counted, [format.index(joint) for joint in CONTACTS]]
    for metric in scores.values():
        if isinstance(metric, MPJPE):
            metric.update(ours.flatten(0, 1), theirs.flatten(0, 1))
        elif isinstance(metric, FootSliding):
            metric.update(feet, batch.contact[:, counted])
        elif isinstance(metric, AccelerationError | StillJitter):
            metric.update(ours, theirs)
