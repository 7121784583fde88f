"""One forward pass of the two players, from which both of them learn."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from human_capture.common.errors import InputError
from human_capture.reenact.losses.adversarial import discriminator_loss
from human_capture.reenact.networks.discriminator import Discriminator, Judged, score
from human_capture.reenact.objective import Objective, judged_losses, total


@dataclass(frozen=True)
class Played:
    """What came of showing drawn pictures and photographs to the discriminator.

    Attributes:
        losses: Of the generator, by name; numbers without a graph.
        through: Has the gradient of these losses with respect to the pictures, and none
            with respect to the discriminator.
        against: What the discriminator loses; depends on its parameters alone.
    """

    losses: dict[str, Tensor]
    through: Float[Tensor, ""]
    against: Float[Tensor, ""]


def play(
    discriminator: Discriminator,
    objective: Objective,
    drawn: Float[Tensor, "clip 3 height width"],
    photographs: Float[Tensor, "clip 3 height width"],
    rows: Float[Tensor, "clip feature"],
    beside: Float[Tensor, "clip beside height width"] | None = None,
) -> Played:
    """Show drawn pictures and photographs to the discriminator, each once.

    The official code shows the drawn ones twice, once for each player. The gradient of
    the generator's losses is taken with respect to the pictures at once here, and goes
    on as a product with them; the same pass then serves the discriminator.

    Args:
        discriminator: The judge.
        objective: Weights of the generator's losses.
        drawn: By the generator.
        photographs: What should have been drawn.
        rows: Vectors of the clips that all of them are of.
        beside: What the discriminator sees before each of them, if anything.
    """

    def judged(pictures: Tensor) -> Judged:
        seen = pictures if beside is None else torch.cat((beside, pictures), 1)
        found: Judged = discriminator(seen)
        return found

    leaf = drawn.detach().requires_grad_()
    real, fake = judged(photographs), judged(leaf)
    of_fake = score(fake, rows)
    losses = judged_losses(objective, of_fake, fake.features, real.features)
    (gradient,) = torch.autograd.grad(total(losses), leaf, retain_graph=True)
    return Played(
        {name: loss.detach() for name, loss in losses.items()},
        (drawn * gradient).sum(),
        discriminator_loss(score(real, rows), of_fake),
    )


def require_finite(
    losses: dict[str, Tensor],
    step: int,
    advice: str = "train again with a lower learning rate",
) -> None:
    """Stop a training in which a player has lost its way.

    Args:
        losses: What each player loses, by the player's name.
        step: Of the training.
        advice: What to do then.

    Raises:
        InputError: One is not finite.
    """
    for player, loss in losses.items():
        if not bool(loss.isfinite()):
            raise InputError(
                f"The loss of the {player} is not finite at step {step}; {advice}."
            )


def nothing(module: nn.Module) -> Float[Tensor, ""]:
    """Zero, which depends on all parameters of a module.

    Processes that train together wait for the gradient of every parameter.
    """
    return 0 * torch.stack([p.sum() for p in module.parameters()]).sum()
