"""What the networks are trained for: the sum of some losses."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from human_capture.reenact.losses.adversarial import generator_loss
from human_capture.reenact.losses.features import feature_matching
from human_capture.reenact.losses.segmentation import dice_loss
from human_capture.reenact.losses.views import View, look_at


@dataclass(frozen=True)
class Objective:
    """How much each loss of the generator and the encoders counts.

    Attributes:
        adversarial: Hinge loss against the discriminator.
        features: Difference of the discriminator's feature maps.
        identity_match: Difference of the identity vector from the discriminator's row
            of the clip; 0 in fine-tuning.
        mask: Dice loss of the mask.
    """

    adversarial: float = 1.0
    features: float = 10.0
    identity_match: float = 1e-2
    mask: float = 1.0


USUAL_OBJECTIVE = Objective()


def judged_losses(
    objective: Objective,
    score: Float[Tensor, " clip"],
    found: list[Tensor],
    wanted: list[Tensor],
) -> dict[str, Tensor]:
    """The losses that depend on the picture through the discriminator.

    Args:
        objective: Their weights.
        score: Of drawn pictures.
        found: Feature maps of drawn pictures.
        wanted: Feature maps of photographs.
    """
    return {
        "adversarial": objective.adversarial * generator_loss(score),
        "features": objective.features * feature_matching(found, wanted),
    }


@dataclass(frozen=True)
class PictureLoss:
    """A loss that compares drawn pictures with photographs.

    Attributes:
        name: Under which it is logged.
        loss: Takes both, in [0, 1], and has no parameters that are trained.
        weight: How much it counts.
        view: What of the pictures it sees. The official loss of VGGFace sees the face;
            what eyes and mouth do then counts more.
    """

    name: str
    loss: nn.Module
    weight: float = 1.0
    view: View = "picture"

    def __call__(
        self,
        found: Float[Tensor, "clip 3 height width"],
        wanted: Float[Tensor, "clip 3 height width"],
        landmarks: Float[Tensor, "clip 68 2"],
    ) -> Float[Tensor, ""]:
        """The loss with its weight.

        Args:
            found: Drawn pictures in [0, 1].
            wanted: Photographs.
            landmarks: iBUG's 68 of the photographs, as shares of the side.
        """
        seen = (look_at(images, landmarks, self.view) for images in (found, wanted))
        value: Tensor = self.weight * self.loss(*seen)
        return value


def mask_losses(
    objective: Objective,
    found: Float[Tensor, "clip 1 height width"],
    wanted: Float[Tensor, "clip 1 height width"],
    compatibility: bool = False,
) -> dict[str, Tensor]:
    """The loss of the masks.

    Args:
        objective: Its weight.
        found: Drawn masks.
        wanted: True masks.
        compatibility: Count the true mask three times, as the official code does.
    """
    if not objective.mask:
        return {}
    loss = dice_loss(found, wanted, channels=3 if compatibility else 1)
    return {"mask": objective.mask * loss}


def total(losses: dict[str, Tensor]) -> Float[Tensor, ""]:
    """Sum of some losses."""
    return torch.stack(list(losses.values())).sum()
