"""Meta-training: one field for many people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Generator, Tensor
from torch.optim.lr_scheduler import LambdaLR

from human_capture.common.rendering.sampling import eikonal_points
from human_capture.common.schedules import USUAL_SCHEDULE, Schedule, training_progress
from human_capture.multineus.fields.scene import ObjectFields, SceneField
from human_capture.multineus.losses import (
    colour_loss,
    eikonal_loss,
    mask_loss,
    surface_loss,
)
from human_capture.multineus.ray_batches import RayBatch
from human_capture.multineus.renderer import Rendered, Renderer


@dataclass(frozen=True)
class FieldObjective:
    """How much each loss counts.

    Attributes:
        colour: Mean absolute difference of colours.
        eikonal: Squared difference of gradients' lengths from one.
        mask: Cross entropy of opacities; 0 where a background is learned.
        eikonal_points: Points a ray and third at which gradients are asked for beside
            the samples, see :func:`eikonal_points`; 0 for the samples alone, as NeuS.
        surface: Distance of the surface from where synthetic people really have it, and
            the colour there; 0 to learn from pictures alone, as Multi-NeuS.
        rendered: Share of the rays that are rendered; the others are only asked for
            their surface, which costs one point instead of a hundred.
    """

    colour: float = 1.0
    eikonal: float = 0.1
    mask: float = 0.1
    eikonal_points: int = 6
    surface: float = 0.0
    rendered: float = 1.0


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
    """

    def __init__(
        self,
        field: SceneField,
        renderer: Renderer = USUAL_RENDERER,
        optimizer: Callable[[Iterable[Any]], torch.optim.Optimizer] = torch.optim.Adam,
        schedule: Schedule = USUAL_SCHEDULE,
        objective: FieldObjective = USUAL_OBJECTIVE,
        anneal: float = 0.0,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        self.field, self.renderer = field, renderer
        self.optimizer, self.schedule = optimizer, schedule
        self.objective, self.anneal = objective, anneal

    def training_step(self, batch: RayBatch, batch_idx: int) -> Float[Tensor, ""]:
        """Sum of all losses."""
        generator = Generator().manual_seed(int(torch.randint(2**31, ())))
        whole = batch
        if self.objective.rendered < 1:
            rays = batch.colour.shape[1]
            batch = batch.first(max(round(self.objective.rendered * rays), 1))
        progress = training_progress(self) / self.anneal if self.anneal else 1.0
        field = self.field.of(batch.objects)
        rendered = self.renderer(
            field,
            batch.origins,
            batch.directions,
            generator,
            min(progress, 1.0),
        )
        losses = self.losses(field, rendered, batch, generator)
        if self.objective.surface:
            losses |= self._surface(field, whole)
        for name, loss in losses.items():
            self.log(f"train/{name}", loss, batch_size=len(batch))
        self.log("train/sharpness", rendered.sharpness, batch_size=len(batch))
        psnr = _masked_psnr(rendered.colour.detach(), batch)
        self.log("train/psnr", psnr, batch_size=len(batch), prog_bar=True)
        return torch.stack(list(losses.values())).sum()

    def losses(
        self,
        field: ObjectFields,
        rendered: Rendered,
        batch: RayBatch,
        generator: Generator,
    ) -> dict[str, Tensor]:
        """Every loss with its weight, by name."""
        goal = self.objective
        weights = batch.mask if goal.mask else None
        losses = {
            "colour": goal.colour
            * colour_loss(rendered.colour.float(), batch.colour, weights),
            "eikonal": goal.eikonal * self._eikonal(field, rendered, generator),
        }
        if goal.mask:
            opacity = rendered.opacity.float()
            losses["mask"] = goal.mask * mask_loss(opacity, batch.mask)
        return losses

    def _surface(self, field: ObjectFields, batch: RayBatch) -> dict[str, Tensor]:
        """Distance and colour of points of the true surface."""
        known = batch.surface.isfinite().all(-1)
        points = torch.where(known[..., None], batch.surface, 0.0)
        surface = field.surface(points)
        colour = field.colour(points, batch.directions, surface)
        weight = self.objective.surface
        return {
            "surface": weight * surface_loss(surface.sdf, known),
            "surface_colour": weight
            * colour_loss(colour.float(), batch.colour, known.float()),
        }

    def _eikonal(
        self, field: ObjectFields, rendered: Rendered, generator: Generator
    ) -> Tensor:
        if not self.objective.eikonal_points:
            return eikonal_loss(rendered.gradient, rendered.points)
        points = eikonal_points(
            rendered.points,
            rendered.weights.detach(),
            self.objective.eikonal_points,
            generator,
        ).flatten(1, 2)
        return eikonal_loss(field.surface(points).gradient, points)

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


def _masked_psnr(colour: Tensor, batch: RayBatch) -> Tensor:
    """Peak signal-to-noise ratio within the mask, in decibels."""
    mask = batch.mask[..., None]
    squared = ((colour - batch.colour).square() * mask).sum() / (3 * mask.sum() + 1e-5)
    return -10 * squared.clamp_min(1e-9).log10()
