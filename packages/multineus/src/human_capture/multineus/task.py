"""Meta-training: one field for many people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Generator, Tensor
from torch.optim.lr_scheduler import LambdaLR

from human_capture.common.publishing import find_weights
from human_capture.common.schedules import USUAL_SCHEDULE, Schedule, training_progress
from human_capture.common.weights import load_matching
from human_capture.multineus.fields.scene import SceneField
from human_capture.multineus.objective import (
    FieldObjective,
    masked_psnr,
    require_finite,
)
from human_capture.multineus.priors import PRIORS
from human_capture.multineus.ray_batches import RayBatch
from human_capture.multineus.renderer import Renderer

USUAL_OBJECTIVE, USUAL_RENDERER = FieldObjective(), Renderer()


class FieldTask(LightningModule):
    """Learn the heads of many people as one field.

    An optimiser that skips parameters without gradient, as Adam does, steps what is
    shared and what belongs to the objects of the step, and nothing else.

    Args:
        field: Of as many objects as the data has.
        renderer: How rays are sampled.
        optimizer: Makes the optimiser from the parameters.
        schedule: Of the learning rate.
        objective: Weights of the losses.
        anneal: Share of the training after which slopes are no longer softened; 0 for
            never, as with masks.
        weights: A ``.safetensors`` file, or a prior of the package by name, to start
            from; what the field does not share with it keeps its fresh start.
    """

    def __init__(
        self,
        field: SceneField,
        renderer: Renderer = USUAL_RENDERER,
        optimizer: Callable[[Iterable[Any]], torch.optim.Optimizer] = torch.optim.Adam,
        schedule: Schedule = USUAL_SCHEDULE,
        objective: FieldObjective = USUAL_OBJECTIVE,
        anneal: float = 0.0,
        weights: str | Path | None = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        self.field, self.renderer = field, renderer
        self.optimizer, self.schedule = optimizer, schedule
        self.objective, self.anneal = objective, anneal
        if weights is not None:
            load_matching(field, find_weights(weights, PRIORS))

    def training_step(self, batch: RayBatch, batch_idx: int) -> Float[Tensor, ""]:
        """Sum of all losses."""
        generator = Generator().manual_seed(int(torch.randint(2**31, ())))
        progress = training_progress(self) / self.anneal if self.anneal else 1.0
        losses, rendered = self.objective(
            self.field.of(batch.objects),
            self.renderer,
            batch,
            generator,
            min(progress, 1.0),
        )
        for name, loss in losses.items():
            self.log(f"train/{name}", loss.detach(), batch_size=len(batch))
        sharpness = rendered.sharpness.detach()
        self.log("train/sharpness", sharpness, batch_size=len(batch))
        psnr = masked_psnr(rendered, batch)
        self.log("train/psnr", psnr, batch_size=len(batch), prog_bar=True)
        total = torch.stack(list(losses.values())).sum()
        require_finite(total, batch, self.global_step, self.trainer.default_root_dir)
        return total

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """The optimiser, and its schedule a step."""
        optimizer = self.optimizer(p for p in self.parameters() if p.requires_grad)
        schedule = LambdaLR(
            optimizer,
            lambda step: self.schedule.factor(step, training_progress(self)),
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }
