"""A new person: the newcomer of a field, fitted to a few pictures in two stages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from lightning.pytorch import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Generator, Tensor
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, Dataset

from human_capture.common.cameras import Cameras
from human_capture.common.schedules import USUAL_SCHEDULE, Schedule
from human_capture.multineus.camera_corrections import CameraCorrections
from human_capture.multineus.fields.scene import BlendedHead, SceneField
from human_capture.multineus.objective import (
    FieldObjective,
    masked_psnr,
    require_finite,
)
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.ray_batches import RayBatch, RaySampler
from human_capture.multineus.renderer import Rendered, Renderer

Trains = Literal["blend", "personal", "shared", "everything", "cameras"]
Pixels = tuple[Int[Tensor, " ray"], Int[Tensor, "ray 2"]]


@dataclass(frozen=True)
class Stage:
    """A part of the fit, with an optimiser of its own.

    Attributes:
        trains: The "blend" of people of a :class:`BlendedHead`; "personal" layers
            alone; what people "share", with combination coefficients frozen;
            "everything"; or only the "cameras", as before pictures are compared with
            views that were held out.
        steps: How many.
        learning_rate: Of what it trains of the field.
        camera_learning_rate: Of the cameras' corrections; 0 leaves cameras as they are.
        schedule: Of both learning rates.
    """

    trains: Trains
    steps: int
    learning_rate: float
    camera_learning_rate: float = 2.5e-5
    schedule: Schedule = USUAL_SCHEDULE

    def speed(self, step: int) -> float:
        """Learning rate of a step as a share of the highest."""
        return self.schedule.factor(step, step / self.steps)


PUBLISHED_STAGES = (
    Stage(
        "personal",
        18000,
        4e-4,
        schedule=Schedule(0, last=1.0, falls=(13 / 18, 16 / 18), fall=0.23),
    ),
    Stage(
        "shared",
        20000,
        6e-5,
        schedule=Schedule(1000, last=1.0, falls=(0.6, 0.9), fall=0.2),
    ),
)
"""The stages of Multi-NeuS (code of the time of the paper)."""

FIT_OBJECTIVE, FIT_SAMPLER, FIT_RENDERER = FieldObjective(), RaySampler(), Renderer()


@dataclass(frozen=True)
class PixelDraws(Dataset[Pixels]):
    """Random pixels of one person, drawn anew for every step.

    Attributes:
        portraits: The pictures.
        sampler: Draws the pixels.
        steps: How many draws there are.
    """

    portraits: Portraits
    sampler: RaySampler
    steps: int

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> Pixels:
        seed = int(torch.randint(2**31, ()))
        generator = Generator().manual_seed(seed)
        return self.sampler.pixels(self.portraits, generator)


class FitTask(LightningModule):
    """Fit a field of one object, and the cameras, to pictures of one person.

    Args:
        field: Such as :meth:`SceneField.newcomer` of a field of many people, or their
            blend.
        portraits: The pictures.
        stage: What is trained, and for how long.
        corrections: Of the cameras; those of the stage before, or new ones if absent.
        renderer: How rays are sampled.
        sampler: Draws the pixels of a step.
        objective: Weights of the losses.
        focal: Weight of the squared logarithm of the focal length's change.
        unlikely: Weight of how far a blend is from the mean of all people, where one of
            them alone is as far as there are people.
    """

    def __init__(
        self,
        field: SceneField | BlendedHead,
        portraits: Portraits,
        stage: Stage,
        corrections: CameraCorrections | None = None,
        renderer: Renderer = FIT_RENDERER,
        sampler: RaySampler = FIT_SAMPLER,
        objective: FieldObjective = FIT_OBJECTIVE,
        focal: float = 0.1,
        unlikely: float = 1e-4,
    ) -> None:
        super().__init__()
        self.field, self.portraits, self.stage = field, portraits, stage
        if corrections is None:
            corrections = CameraCorrections(len(portraits))
        self.corrections = corrections
        self.renderer, self.sampler = renderer, sampler
        self.objective, self.focal = objective, focal
        self.unlikely = unlikely
        _thaw(field, stage.trains)
        corrections.requires_grad_(stage.camera_learning_rate > 0)

    def cameras(self) -> Cameras:
        """The cameras of all views, corrected."""
        views = torch.arange(len(self.portraits), device=self.device)
        corrected: Cameras = self.corrections(self.portraits.cameras, views)
        return corrected

    def on_fit_start(self) -> None:
        """Bring the pictures to where the field is."""
        self.portraits = self.portraits.to(self.device)

    def train_dataloader(self) -> DataLoader[Pixels]:
        """As many draws of pixels as the stage has steps."""
        draws = PixelDraws(self.portraits.to("cpu"), self.sampler, self.stage.steps)
        return DataLoader(draws, batch_size=None, collate_fn=tuple)

    def losses(
        self, view: Int[Tensor, " ray"], pixel: Int[Tensor, "ray 2"]
    ) -> tuple[dict[str, Tensor], Rendered, RayBatch]:
        """Every loss of some pixels by name, what is rendered there and what is seen.

        Args:
            view: Number of each pixel's view.
            pixel: Column and row.
        """
        generator = Generator().manual_seed(int(torch.randint(2**31, ())))
        batch = self.sampler.batch(self.portraits, 0, view, pixel, self.cameras())
        losses, rendered = self.objective(
            self.field.of(batch.objects), self.renderer, batch, generator
        )
        losses["focal"] = self.focal * self.corrections.log_focal.square()
        if isinstance(self.field, BlendedHead):
            losses["unlikely"] = self.unlikely * self.field.distance_from_mean()
        return losses, rendered, batch

    def training_step(self, pixels: Pixels, batch_idx: int) -> Float[Tensor, ""]:
        """Sum of all losses."""
        losses, rendered, batch = self.losses(*pixels)
        for name, loss in losses.items():
            self.log(f"{self.stage.trains}/{name}", loss.detach(), batch_size=1)
        psnr = masked_psnr(rendered, batch)
        self.log("psnr", psnr, batch_size=1, prog_bar=True)
        total = torch.stack(list(losses.values())).sum()
        require_finite(total, batch, self.global_step, self.trainer.default_root_dir)
        return total

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Adam with a group for the field and one for the cameras."""
        stage = self.stage
        groups = [
            (self.field.parameters(), stage.learning_rate),
            (self.corrections.parameters(), stage.camera_learning_rate),
        ]
        trained = [
            {"params": [p for p in parameters if p.requires_grad], "lr": rate}
            for parameters, rate in groups
        ]
        optimizer = torch.optim.Adam([group for group in trained if group["params"]])
        schedule = LambdaLR(optimizer, lambda step: stage.speed(step))
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


def _thaw(field: SceneField | BlendedHead, trains: Trains) -> None:
    """Let gradients reach what a stage trains, and nothing else."""
    field.requires_grad_(trains in ("shared", "everything"))
    if isinstance(field, BlendedHead):
        field.lean.requires_grad_(trains == "blend")
        return
    for parameter in field.personal(0):
        frozen = trains == "cameras" or (trains == "shared" and field.low_rank)
        parameter.requires_grad_(not frozen)
