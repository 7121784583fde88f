"""Training and evaluation of one triangulation method."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from human_capture.common.keypoints import keypoint_format
from human_capture.common.metrics import MPJPE
from human_capture.common.schedules import USUAL_SCHEDULE, Schedule, training_progress
from human_capture.common.tracking import log_images, log_skeletons
from human_capture.pose3d.augmentation import Augmentation
from human_capture.pose3d.estimate import PoseEstimate
from human_capture.pose3d.losses import (
    heatmap_cross_entropy,
    inside,
    robust_l1_cm,
    soft_mse_cm,
    volume_cross_entropy,
)
from human_capture.pose3d.methods import start_from
from human_capture.pose3d.pictures import draw_views
from human_capture.pose3d.triangulation import Method
from human_capture.pose3d.triangulation.volumetric import VolumetricTriangulation
from human_capture.pose3d.views import Views


@dataclass(frozen=True)
class Objective:
    """How much each loss counts.

    Attributes:
        point: 3D joints, in centimetres.
        point_loss: ``l1`` with large errors clipped softly, or the ``soft_mse`` of the
            paper's eq. 7.
        point_from: Share of the training after which 3D joints begin to count; they
            teach little while the heat maps are still blank.
        keypoint: 2D joints of each view, smooth L1 in heat-map cells.
        heatmap: Cross-entropy of the heat maps.
        volume: Cross-entropy of the volume (the paper's beta).
        loosest_condition: Joints whose rays are worse conditioned do not count in 3D.
    """

    point: float = 1.0
    point_loss: Literal["l1", "soft_mse"] = "l1"
    point_from: float = 0.0
    keypoint: float = 0.5
    heatmap: float = 1.0
    volume: float = 0.01
    loosest_condition: float = 200.0


USUAL_OBJECTIVE = Objective()


class TriangulationTask(LightningModule):
    """Train a triangulation method end to end, from images to 3D joints.

    Args:
        method: What is trained.
        optimizer: Builds the optimiser from the parameters.
        schedule: Of the learning rate.
        objective: Weights of the losses.
        augmentation: What happens to training batches; None leaves them alone.
        format: Key-point format of the data.
        weights: A weights file to start from; parameters that the method does not
            share with it keep their fresh start. For the BlazePose backbone also the
            detector's ``pose_landmark_full.tflite``.
        frozen: Prefixes of parameter names that are not trained.
        freeze_batch_norm: Keep the running statistics of the 2D backbone as they are,
            for short trainings on few images a step.
        randomise_centre_m: Standard deviation of the volume's middle about the true
            root while training, in metres; volumetric methods only.
        true_centre: Put the volume around the true root in evaluation too, as a single
            view needs; volumetric methods only.
        evaluated_views: Use only this many views in evaluation; all when absent.
        lr_shares: Learning rate over that of the rest, by prefixes of parameter names;
            the first prefix that fits counts.
    """

    def __init__(
        self,
        method: Method,
        optimizer: Callable[[Iterable[Any]], torch.optim.Optimizer] = torch.optim.AdamW,
        schedule: Schedule = USUAL_SCHEDULE,
        objective: Objective = USUAL_OBJECTIVE,
        augmentation: Augmentation | None = None,
        format: str = "human36m",
        weights: Path | None = None,
        frozen: tuple[str, ...] = (),
        freeze_batch_norm: bool = False,
        randomise_centre_m: float = 0.04,
        true_centre: bool = False,
        evaluated_views: int | None = None,
        lr_shares: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        self.method, self.optimizer, self.schedule = method, optimizer, schedule
        self.objective, self.augmentation = objective, augmentation
        self.format = keypoint_format(format)
        self.freeze_batch_norm = freeze_batch_norm
        self.randomise_centre_m, self.true_centre = randomise_centre_m, true_centre
        self.evaluated_views = evaluated_views
        self.lr_shares = dict(lr_shares or {})
        if weights is not None:
            start_from(method, weights)
        for name, parameter in method.named_parameters():
            parameter.requires_grad_(not name.startswith(frozen) if frozen else True)
        self.absolute = MPJPE(self.format, "absolute")
        self.relative = MPJPE(self.format, "root")

    def forward(self, views: Views) -> PoseEstimate:
        """3D joints of every person in the batch."""
        inputs = views.images, views.cameras, views.valid
        if self.true_centre and isinstance(self.method, VolumetricTriangulation):
            root = self.format.root_of(views.joints)[:, 0]
            estimate: PoseEstimate = self.method(*inputs, centre=root)
            return estimate
        estimate = self.method(*inputs)
        return estimate

    def on_after_batch_transfer(self, batch: Views, dataloader_idx: int) -> Views:
        """Bytes to floats and, in training, the augmentation."""
        batch = batch.with_float_images()
        if not self.trainer.training or self.augmentation is None:
            return batch
        seed = 1_000_003 * self.global_step + self.global_rank
        generator = torch.Generator().manual_seed(seed)
        return self.augmentation(batch, generator, self.format)

    def on_train_epoch_start(self) -> None:
        """Put frozen batch normalisation into evaluation mode."""
        if self.freeze_batch_norm:
            for module in self.method.backbone.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()

    def training_step(self, batch: Views, batch_idx: int) -> Float[Tensor, ""]:
        """Sum of all losses."""
        losses = self.losses(self._estimate(batch), batch)
        for name, loss in losses.items():
            self.log(f"train/{name}", loss, batch_size=len(batch))
        total = torch.stack(list(losses.values())).sum()
        self.log("train/loss", total, batch_size=len(batch), prog_bar=True)
        return total

    def _estimate(self, batch: Views) -> PoseEstimate:
        """As :meth:`forward`; volumes are turned and moved about the true root."""
        if not isinstance(self.method, VolumetricTriangulation):
            return self.forward(batch)
        root = self.format.root_of(batch.joints)[:, 0]
        centre = root + self.randomise_centre_m * torch.randn_like(root)
        angle = 2 * math.pi * torch.rand(len(batch), device=root.device)
        estimate: PoseEstimate = self.method(
            batch.images, batch.cameras, batch.valid, centre, angle
        )
        return estimate

    def losses(self, estimate: PoseEstimate, batch: Views) -> dict[str, Tensor]:
        """Every loss with its weight, by name."""
        goal, losses = self.objective, {}
        rows, columns = estimate.heatmaps.shape[-2:]
        height, width = batch.images.shape[-2:]
        scale = estimate.heatmaps.new_tensor([columns / width, rows / height])
        truth = (batch.keypoints * scale).flatten(0, 1)
        seen = inside(truth, rows, columns)
        if goal.heatmap > 0:
            heatmaps = estimate.heatmaps.flatten(0, 1)
            loss = heatmap_cross_entropy(heatmaps, truth, seen)
            losses["heatmap"] = goal.heatmap * loss
        if goal.keypoint > 0:
            found = (estimate.keypoints * scale).flatten(0, 1)
            distance = nn.functional.smooth_l1_loss(
                found, truth, reduction="none", beta=0.25
            ).sum(-1)
            mean = (distance * seen).sum() / seen.sum().clamp_min(1)
            losses["keypoint"] = goal.keypoint * mean
        if goal.point > 0:
            usable = estimate.valid & (estimate.condition < goal.loosest_condition)
            measure = soft_mse_cm if goal.point_loss == "soft_mse" else robust_l1_cm
            loss = measure(estimate.points, batch.joints, usable)
            # zero rather than absent: parallel training wants every parameter used
            begun = training_progress(self) >= goal.point_from
            losses["point"] = (goal.point if begun else 0.0) * loss
        if goal.volume > 0 and estimate.log_volume is not None:
            assert estimate.grid is not None
            loss = volume_cross_entropy(
                estimate.log_volume, estimate.grid, batch.joints
            )
            losses["volume"] = goal.volume * loss
        return losses

    def validation_step(self, batch: Views, batch_idx: int) -> None:
        """Accumulate the errors, and show the first batch in the tracker."""
        estimate = self._evaluate(batch, "val")
        if batch_idx == 0 and self.trainer.is_global_zero:
            pictures = draw_views(batch, estimate, self.format)
            log_images(self.trainer, "val/views", pictures)
            log_skeletons(self.trainer, "val/joints", estimate.points[:1], self.format)

    def test_step(self, batch: Views, batch_idx: int) -> None:
        """Accumulate the errors."""
        self._evaluate(batch, "test")

    def predict_step(self, batch: Views, batch_idx: int) -> PoseEstimate:
        """3D joints of every person in the batch."""
        return self.forward(batch)

    def _evaluate(self, batch: Views, split: str) -> PoseEstimate:
        if self.evaluated_views is not None:
            batch = batch.select_views(range(self.evaluated_views))
        estimate = self.forward(batch)
        metrics = {"mpjpe_mm": self.absolute, "relative_mpjpe_mm": self.relative}
        for name, metric in metrics.items():
            metric.update(estimate.points, batch.joints)
            self.log(f"{split}/{name}", metric, batch_size=len(batch), prog_bar=True)
        return estimate

    def _parameter_groups(self) -> list[dict[str, Any]]:
        """What is trained, in groups of one learning rate."""
        groups: dict[float, list[nn.Parameter]] = {1.0: []}
        for name, parameter in self.method.named_parameters():
            if parameter.requires_grad:
                fitting = (p for p in self.lr_shares if name.startswith(p))
                share = self.lr_shares.get(next(fitting, ""), 1.0)
                groups.setdefault(share, []).append(parameter)
        everything = [{"params": p} for parts in groups.values() for p in parts]
        full = self.optimizer(everything).defaults["lr"]
        return [
            {"params": parameters, "lr": full * share}
            for share, parameters in groups.items()
            if parameters
        ]

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """The optimiser over what is not frozen, and its schedule a step."""
        optimizer = self.optimizer(self._parameter_groups())
        schedule = LambdaLR(
            optimizer, lambda step: self.schedule.factor(step, training_progress(self))
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }
