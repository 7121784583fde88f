"""Training on one person: what the generator and the discriminator still learn."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import torch
from jaxtyping import Float
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.nn import functional

from human_capture.reenact.augmentation.pose import PoseAugmentation
from human_capture.reenact.averaging import average
from human_capture.reenact.clips import Clips, as_float
from human_capture.reenact.networks.discriminator import Discriminator
from human_capture.reenact.networks.generator import Drawn, Generator
from human_capture.reenact.networks.reenactor import Reenactor
from human_capture.reenact.objective import (
    Objective,
    PictureLoss,
    mask_losses,
    total,
)
from human_capture.reenact.players import play, require_finite
from human_capture.reenact.random_numbers import KeepsRandomNumbers

USUAL_OBJECTIVE = replace(Objective(), identity_match=0.0)


class FinetuningTask(KeepsRandomNumbers, LightningModule):
    """Learn one person (section 3.3 of arXiv:2004.12000).

    The identity becomes a parameter that starts as the mean of what the identity
    encoder says, the discriminator keeps one row that starts alike, and every picture
    drives itself. The pose encoder stays as it is.

    Args:
        reenactor: Trained on many people; a copy is changed.
        discriminator: Its opponent; a copy is changed.
        identity: Mean of the identity vectors of the person's pictures.
        pictures: Losses that compare drawn pictures with photographs.
        objective: Weights of the other losses.
        augmentation: Of the driver's picture.
        optimizer: Builds the optimiser from two groups of parameters.
        discriminator_rate: Learning rate of the discriminator over the generator's.
        averaging: Share of the averaged weights that remains after a step.
        compatibility: Count masks three times, as the official code does.
    """

    def __init__(
        self,
        reenactor: Reenactor,
        discriminator: Discriminator,
        identity: Float[Tensor, " identity"],
        pictures: Sequence[PictureLoss] = (),
        objective: Objective = USUAL_OBJECTIVE,
        augmentation: PoseAugmentation | None = None,
        optimizer: Callable[[Iterable[Any]], torch.optim.Optimizer] | None = None,
        discriminator_rate: float = 1.6,
        averaging: float = 0.972,
        compatibility: bool = False,
    ) -> None:
        super().__init__()
        encoder = copy.deepcopy(reenactor.pose_encoder)
        # the official code lets its normalisation drift towards the person
        self.pose_encoder = encoder.requires_grad_(False).eval()
        self.person = Person(copy.deepcopy(reenactor.generator), identity)
        self.averaged = copy.deepcopy(self.person).requires_grad_(False).eval()
        self.discriminator = copy.deepcopy(discriminator)
        self.row = nn.Parameter(functional.normalize(identity, dim=0))
        self.pictures, self.objective = tuple(pictures), objective
        self.augmentation = augmentation or PoseAugmentation()
        self.optimizer = optimizer or usual_optimizer
        self.discriminator_rate, self.averaging = discriminator_rate, averaging
        self.compatibility = compatibility

    def on_train_start(self) -> None:
        """Let the players learn."""
        # they come from files in evaluation mode, in which spectral norms stand still
        self.person.train()
        self.discriminator.train()
        for term in self.pictures:
            term.loss.to(self.device)

    def training_step(self, batch: Clips, batch_idx: int) -> Float[Tensor, ""]:
        """Sum of all losses of both players."""
        seed = int(torch.randint(2**31, ()))
        seen = self.augmentation(
            as_float(batch.driver),
            as_float(batch.frame),
            as_float(batch.mask),
            torch.Generator().manual_seed(seed),
        )
        photographs = seen.target * seen.mask
        with torch.no_grad():
            pose = self.pose_encoder(seen.driver)
        drawn = self.person(pose)
        picture, mask = drawn.picture.float(), drawn.mask.float()
        rows = functional.normalize(self.row, dim=0).expand(len(batch), -1)
        played = play(self.discriminator, self.objective, picture, photographs, rows)
        compared = (picture, photographs, batch.landmarks + seen.shift[:, None])
        own = {term.name: term(*compared) for term in self.pictures}
        own |= mask_losses(self.objective, mask, seen.mask, self.compatibility)
        mine = total(own | {"through": played.through})
        players = {"generator": mine, "discriminator": played.against}
        advice = "learn the person again with another seed, or with fewer steps"
        require_finite(players, self.global_step, advice)
        own |= played.losses | {"discriminator": played.against}
        for name, loss in own.items():
            self.log(f"train/{name}", loss.detach(), batch_size=len(batch))
        return mine + played.against

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Step both players, and average the weights.

        Not at the end of a batch: what looks at the average does so before that.
        """
        super().optimizer_step(*args, **kwargs)
        average(self.averaged, self.person, self.averaging)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """One optimiser for both players."""
        theirs = [*self.discriminator.parameters(), self.row]
        groups = [{"params": list(self.person.parameters())}, {"params": theirs}]
        optimizer = self.optimizer(groups)
        optimizer.param_groups[1]["lr"] *= self.discriminator_rate
        return optimizer


def usual_optimizer(parameters: Iterable[Any]) -> torch.optim.Optimizer:
    """RAdam without momentum, as the official fine-tuning."""
    return torch.optim.RAdam(parameters, lr=5e-4, betas=(0.0, 0.999), eps=1e-5)


class Person(nn.Module):
    """A generator that draws one person.

    Args:
        generator: Draws anybody.
        identity: Who it is to begin with.
    """

    def __init__(
        self, generator: Generator, identity: Float[Tensor, " identity"]
    ) -> None:
        super().__init__()
        self.generator = generator
        self.identity = nn.Parameter(identity.detach().clone())

    def forward(self, pose: Float[Tensor, "clip pose"]) -> Drawn:
        """The person in poses.

        Args:
            pose: Pose descriptors.
        """
        drawn: Drawn = self.generator(self.identity.expand(len(pose), -1), pose)
        return drawn
