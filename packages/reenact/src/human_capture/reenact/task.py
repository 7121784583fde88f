"""Meta-training: two players, one backward pass, one optimiser.

The official code steps the generator with the encoders and the discriminator at once,
from one forward pass. Both updates are then functions of the same weights, and what
Adam does to a parameter depends on that parameter alone: one optimiser with two groups
makes the same steps as two optimisers. The gradient of each player's loss reaches that
player's parameters only, so one backward pass of their sum serves both, and training in
several processes needs nothing special.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Generator, Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from human_capture.common.schedules import Schedule, training_progress
from human_capture.reenact.augmentation.pose import Augmented, PoseAugmentation
from human_capture.reenact.clips import Clips, as_float
from human_capture.reenact.label_embedding import LabelEmbedding
from human_capture.reenact.networks.discriminator import Discriminator
from human_capture.reenact.networks.reenactor import Reenactor
from human_capture.reenact.objective import (
    USUAL_OBJECTIVE,
    Objective,
    PictureLoss,
    mask_losses,
    total,
)
from human_capture.reenact.players import play, require_finite

CONSTANT = Schedule(warmup=0, last=1.0)
"""The learning rate of the official training: always the same."""

USUAL_AUGMENTATION = PoseAugmentation()


class ReenactmentTask(LightningModule):
    """Learn to draw people from a few pictures in the pose of another picture.

    Args:
        reenactor: Encoders and generator.
        discriminator: The other player.
        labels: How many clips the training has; each gets a row that the discriminator
            compares pictures with.
        pictures: Losses that compare drawn pictures with photographs.
        objective: Weights of the other losses.
        augmentation: What is done to the driver's picture, so that its descriptor does
            not tell who it is.
        optimizer: Builds the optimiser from two groups of parameters.
        discriminator_rate: Learning rate of the discriminator over that of the rest.
        schedule: Of the learning rates.
        averaging: Share of the averaged weights that remains after a step.
        compatibility: Do as the official code does where that is a quirk: the true mask
            counts three times, and only the first identity picture is matched.
    """

    def __init__(
        self,
        reenactor: Reenactor,
        discriminator: Discriminator,
        labels: int,
        pictures: Sequence[PictureLoss] = (),
        objective: Objective = USUAL_OBJECTIVE,
        augmentation: PoseAugmentation = USUAL_AUGMENTATION,
        optimizer: Callable[[Iterable[Any]], torch.optim.Optimizer] = torch.optim.Adam,
        discriminator_rate: float = 4.0,
        schedule: Schedule = CONSTANT,
        averaging: float = 0.999,
        compatibility: bool = False,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        self.reenactor, self.discriminator = reenactor, discriminator
        self.averaged = copy.deepcopy(reenactor).requires_grad_(False).eval()
        self.labels = LabelEmbedding(labels, reenactor.generator.identity)
        # a tuple, for losses that bring networks are no part of what is trained
        self.pictures = tuple(pictures)
        self.objective, self.augmentation = objective, augmentation
        self.optimizer, self.schedule = optimizer, schedule
        self.discriminator_rate, self.averaging = discriminator_rate, averaging
        self.compatibility = compatibility
        self._rows: Tensor | None = None

    def on_fit_start(self) -> None:
        """Put channels last, which is faster, and losses' networks on the device."""
        for network in (self.reenactor, self.discriminator, self.averaged):
            network.to(memory_format=torch.channels_last)
        for term in self.pictures:
            term.loss.to(self.device)

    def training_step(self, batch: Clips, batch_idx: int) -> Float[Tensor, ""]:
        """Sum of all losses of both players."""
        seen = self._augmented(batch)
        photographs = seen.target * seen.mask
        each = self.reenactor.identities(as_float(batch.identity))
        drawn = self.reenactor.draw(each.mean(1), self.reenactor.pose(seen.driver))
        rows = self._rows = self.labels(batch.label)
        picture, mask = drawn.picture.float(), drawn.mask.float()
        played = play(self.discriminator, self.objective, picture, photographs, rows)
        own = {term.name: term(picture, photographs) for term in self.pictures}
        own |= mask_losses(self.objective, mask, seen.mask, self.compatibility)
        own |= self._identity_match(each, rows)
        mine = total(own | {"through": played.through})
        players = {"generator": mine, "discriminator": played.against}
        require_finite(players, self.global_step)
        own |= played.losses | {"discriminator": played.against}
        self._log_losses(own, len(batch))
        return mine + played.against

    def _augmented(self, batch: Clips) -> Augmented:
        seed = int(torch.randint(2**31, ()))  # Lightning seeds and checkpoints it
        generator = Generator().manual_seed(seed)
        return self.augmentation(as_float(batch.frame), as_float(batch.mask), generator)

    def _identity_match(
        self,
        each: Float[Tensor, "clip shot identity"],
        rows: Float[Tensor, "clip feature"],
    ) -> dict[str, Tensor]:
        if not self.objective.identity_match:
            return {}
        identity = each[:, 0] if self.compatibility else each.mean(1)
        apart = (identity.float() - rows.detach()).abs().mean()
        return {"identity_match": self.objective.identity_match * apart}

    def _log_losses(self, losses: dict[str, Tensor], clips: int) -> None:
        for name, loss in losses.items():
            shown = name in ("features", "discriminator")
            value = loss.detach()
            self.log(f"train/{name}", value, prog_bar=shown, batch_size=clips)

    def on_train_batch_end(self, outputs: Any, batch: Clips, batch_idx: int) -> None:
        """Step the rows of the clips, and average the weights."""
        if self._rows is not None:
            self.labels.step(batch.label, self._rows)
        average(self.averaged, self.reenactor, self.averaging)

    def validation_step(self, batch: Clips, batch_idx: int) -> None:
        """How well unseen people are drawn in their own poses."""
        self._evaluate(batch, "val")

    def test_step(self, batch: Clips, batch_idx: int) -> None:
        """The same on the people of the test."""
        self._evaluate(batch, "test")

    def _evaluate(self, batch: Clips, split: str) -> None:
        target, mask = as_float(batch.frame), as_float(batch.mask)
        drawn = self.averaged(as_float(batch.identity), target)
        error = (drawn.picture.float() - target * mask).abs().mean()
        found, wanted = drawn.mask.float() > 0.5, mask > 0.5
        overlap = (found & wanted).sum() / (found | wanted).sum().clamp_min(1)
        scores = {"l1": error, "mask_iou": overlap}
        for name, value in scores.items():
            self.log(f"{split}/{name}", value, batch_size=len(batch), sync_dist=True)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """One optimiser for both players, and its schedule a step."""
        mine = [p for p in self.reenactor.parameters() if p.requires_grad]
        theirs = list(self.discriminator.parameters())
        optimizer = self.optimizer([{"params": mine}, {"params": theirs}])
        optimizer.param_groups[1]["lr"] *= self.discriminator_rate
        schedule = LambdaLR(
            optimizer,
            lambda step: self.schedule.factor(step, training_progress(self)),
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }


@torch.no_grad()
def average(mean: nn.Module, module: nn.Module, keep: float) -> None:
    """Move averaged weights towards a module's; buffers are copied.

    Args:
        mean: A copy of the module.
        module: What is trained.
        keep: Share of the average that remains.
    """
    for old, fresh in zip(mean.parameters(), module.parameters(), strict=True):
        old.lerp_(fresh, 1 - keep)
    for kept, newest in zip(mean.buffers(), module.buffers(), strict=True):
        kept.copy_(newest)
