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
from torch import Generator, Tensor
from torch.nn.functional import normalize
from torch.optim.lr_scheduler import LambdaLR

from human_capture.common.errors import InputError
from human_capture.common.publishing import find_weights
from human_capture.common.schedules import Schedule, training_progress
from human_capture.common.weights import load_matching
from human_capture.reenact.agreement import require_opponents, require_size
from human_capture.reenact.augmentation.pose import Augmented, PoseAugmentation
from human_capture.reenact.averaging import average
from human_capture.reenact.clips import Clips, as_float
from human_capture.reenact.label_embedding import LabelEmbedding
from human_capture.reenact.networks.any_reenactor import AnyReenactor
from human_capture.reenact.networks.discriminator import Discriminator
from human_capture.reenact.objective import (
    USUAL_OBJECTIVE,
    Objective,
    PictureLoss,
    mask_losses,
    total,
)
from human_capture.reenact.players import nothing, play, require_finite
from human_capture.reenact.random_numbers import KeepsRandomNumbers
from human_capture.reenact.reenactors import WEIGHTS, find_discriminator

CONSTANT = Schedule(warmup=0, last=1.0)
"""The learning rate of the official training: always the same."""

USUAL_AUGMENTATION = PoseAugmentation()


class ReenactmentTask(KeepsRandomNumbers, LightningModule):
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
        judge_from: Step from which the discriminator plays; before that, pictures are
            only compared, which is quick and shapes the descriptors.
        background: Learn to draw what is behind the people as well; the loss of the
            mask should then count nothing.
        weights: A ``.safetensors`` file to start from, beside which that of the
            discriminator lies, or weights of the package by name; what the networks do
            not share with it keeps its fresh start.
        compatibility: Do as the official code does where that is a quirk: the true mask
            counts three times, and only the first identity picture is matched.
    """

    def __init__(
        self,
        reenactor: AnyReenactor,
        discriminator: Discriminator,
        labels: int,
        pictures: Sequence[PictureLoss] = (),
        objective: Objective = USUAL_OBJECTIVE,
        augmentation: PoseAugmentation = USUAL_AUGMENTATION,
        optimizer: Callable[[Iterable[Any]], torch.optim.Optimizer] = torch.optim.Adam,
        discriminator_rate: float = 4.0,
        schedule: Schedule = CONSTANT,
        averaging: float = 0.999,
        judge_from: int = 0,
        background: bool = False,
        compatibility: bool = False,
        weights: str | None = None,
    ) -> None:
        super().__init__()
        self.save_hyperparameters(logger=False)
        self.reenactor, self.discriminator = reenactor, discriminator
        if weights is not None:
            load_matching(reenactor, find_weights(weights, WEIGHTS))
            load_matching(discriminator, find_discriminator(weights))
        self.averaged = copy.deepcopy(reenactor).requires_grad_(False).eval()
        self.labels = LabelEmbedding(labels, reenactor.generator.identity)
        # a tuple, for losses that bring networks are no part of what is trained
        self.pictures = tuple(pictures)
        self.objective, self.augmentation = objective, augmentation
        self.optimizer, self.schedule = optimizer, schedule
        self.discriminator_rate, self.averaging = discriminator_rate, averaging
        self.background, self.compatibility = background, compatibility
        self.judge_from = judge_from
        self._used: list[tuple[Tensor, Tensor]] = []

    def setup(self, stage: str) -> None:
        """Make sure that every clip has a row.

        Args:
            stage: Such as ``fit``.

        Raises:
            InputError: The data has another number of training clips.
        """
        clips = getattr(self.trainer.datamodule, "labels", None)  # type: ignore[attr-defined]
        if stage == "fit" and clips not in (None, len(self.labels)):
            raise InputError(
                f"The data has {clips} training clips, but the model has rows for "
                f"{len(self.labels)}; set --model.init_args.labels={clips}."
            )
        require_opponents(self.reenactor, self.discriminator)

    def on_fit_start(self) -> None:
        """Put channels last, which is faster, and losses' networks on the device."""
        for network in (self.reenactor, self.discriminator, self.averaged):
            network.to(memory_format=torch.channels_last)
        for term in self.pictures:
            term.loss.to(self.device)

    def training_step(self, batch: Clips, batch_idx: int) -> Float[Tensor, ""]:
        """Sum of all losses of both players."""
        require_size(batch, self.reenactor)
        seen = self._augmented(batch)
        photographs = self._goal(seen.target, seen.mask)
        each = self._identities(self.reenactor, batch)
        moved = seen.shift[:, None]
        pose = self.reenactor.pose_of(seen.driver, batch.driver_landmarks + moved)
        drawn = self.reenactor.draw(each.mean(1), pose)
        picture, mask = drawn.picture.float(), drawn.mask.float()
        compared = (picture, photographs, batch.landmarks + moved)
        own = {term.name: term(*compared) for term in self.pictures}
        own |= mask_losses(self.objective, mask, seen.mask, self.compatibility)
        if self.global_step < self.judge_from:
            require_finite({"generator": total(own)}, self.global_step)
            self._log_losses(own, len(batch))
            return total(own) + nothing(self.discriminator)
        rows = self.labels(batch.label)
        self._used.append((batch.label, rows))
        beside = self.reenactor.beside(pose)
        played = play(
            self.discriminator, self.objective, picture, photographs, rows, beside
        )
        own |= self._identity_match(each, rows)
        mine = total(own | {"through": played.through})
        players = {"generator": mine, "discriminator": played.against}
        require_finite(players, self.global_step)
        own |= played.losses | {"discriminator": played.against}
        self._log_losses(own, len(batch))
        return mine + played.against

    def _augmented(self, batch: Clips) -> Augmented:
        # of the generator in checkpoints, which processes have alike
        seed = int(torch.randint(2**31, ())) + self.global_rank
        generator = Generator().manual_seed(seed)
        driver, frame = as_float(batch.driver), as_float(batch.frame)
        return self.augmentation(driver, frame, as_float(batch.mask), generator)

    def _goal(
        self,
        frame: Float[Tensor, "clip 3 height width"],
        mask: Float[Tensor, "clip 1 height width"],
    ) -> Float[Tensor, "clip 3 height width"]:
        return frame if self.background else frame * mask

    def _identities(
        self, reenactor: AnyReenactor, batch: Clips
    ) -> Float[Tensor, "clip shot identity"]:
        pictures = as_float(batch.identity)
        return reenactor.identities_of(pictures, batch.identity_landmarks)

    def _identity_match(
        self,
        each: Float[Tensor, "clip shot identity"],
        rows: Float[Tensor, "clip feature"],
    ) -> dict[str, Tensor]:
        if not self.objective.identity_match:
            return {}
        identity = each[:, 0] if self.compatibility else normalize(each.mean(1), dim=1)
        apart = (identity.float() - rows.detach()).abs().mean()
        return {"identity_match": self.objective.identity_match * apart}

    def _log_losses(self, losses: dict[str, Tensor], clips: int) -> None:
        for name, loss in losses.items():
            shown = name in ("features", "discriminator")
            value = loss.detach()
            self.log(f"train/{name}", value, prog_bar=shown, batch_size=clips)

    def on_before_optimizer_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Leave a discriminator that does not play yet as it is.

        Gradients of zero would count as steps of its moments, and its first real steps
        would be many times too long.
        """
        if self.global_step < self.judge_from:
            for parameter in self.discriminator.parameters():
                parameter.grad = None

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Step both players and the rows of the clips, and average the weights.

        Not at the end of a batch: checkpoints and pictures are made before that.
        """
        super().optimizer_step(*args, **kwargs)
        theirs = self.trainer.optimizers[0].param_groups[1]["lr"]
        for labels, rows in self._used:
            self.labels.step(labels, rows, theirs)
        self._used.clear()
        average(self.averaged, self.reenactor, self.averaging)

    def validation_step(self, batch: Clips, batch_idx: int) -> None:
        """How well unseen people are drawn in their own poses."""
        self._evaluate(batch, "val")

    def test_step(self, batch: Clips, batch_idx: int) -> None:
        """The same on the people of the test."""
        self._evaluate(batch, "test")

    def _evaluate(self, batch: Clips, split: str) -> None:
        target, mask = as_float(batch.frame), as_float(batch.mask)
        identity = self._identities(self.averaged, batch).mean(1)
        pose = self.averaged.pose_of(target, batch.landmarks)
        drawn = self.averaged.draw(identity, pose)
        error = (drawn.picture.float() - self._goal(target, mask)).abs().mean()
        scores = {"l1": error}
        if self.objective.mask:
            found, wanted = drawn.mask.float() > 0.5, mask > 0.5
            overlap = (found & wanted).sum() / (found | wanted).sum().clamp_min(1)
            scores["mask_iou"] = overlap
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
