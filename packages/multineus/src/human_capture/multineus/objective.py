"""What a training step asks of a field: the sum of some losses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save
from torch import Generator, Tensor

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path
from human_capture.common.rendering.sampling import eikonal_points
from human_capture.multineus.fields.scene import ObjectFields
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

    def __call__(
        self,
        field: ObjectFields,
        renderer: Renderer,
        batch: RayBatch,
        generator: Generator,
        anneal: float = 1.0,
    ) -> tuple[dict[str, Tensor], Rendered]:
        """Every loss with its weight, by name, and what was rendered for them.

        Args:
            field: Of the batch's objects.
            renderer: How rays are sampled.
            batch: The rays.
            generator: Of everything random.
            anneal: Progress of the annealing of slopes.
        """
        some = batch
        if self.rendered < 1:
            some = batch.first(max(round(self.rendered * batch.colour.shape[1]), 1))
        rendered = renderer(field, some.origins, some.directions, generator, anneal)
        weights = some.mask * some.trust if self.mask else some.trust
        losses = {
            "colour": self.colour
            * colour_loss(rendered.colour.float(), some.colour, weights),
            "eikonal": self.eikonal * self._eikonal(field, rendered, generator),
        }
        if self.mask:
            opacity = rendered.opacity.float()
            losses["mask"] = self.mask * mask_loss(
                opacity, some.mask, weights=some.trust
            )
        if self.surface:
            losses |= self._surface(field, batch)
        return losses, rendered

    def _surface(self, field: ObjectFields, batch: RayBatch) -> dict[str, Tensor]:
        """Distance and colour of points of the true surface."""
        known = batch.surface.isfinite().all(-1)
        points = torch.where(known[..., None], batch.surface, 0.0)
        surface = field.surface(points)
        colour = field.colour(points, batch.directions, surface).float()
        return {
            "surface": self.surface * surface_loss(surface.sdf, known),
            "surface_colour": self.surface
            * colour_loss(colour, batch.colour, known.float()),
        }

    def _eikonal(
        self, field: ObjectFields, rendered: Rendered, generator: Generator
    ) -> Tensor:
        if not self.eikonal_points:
            return eikonal_loss(rendered.gradient, rendered.points)
        points = eikonal_points(
            rendered.points, rendered.weights.detach(), self.eikonal_points, generator
        ).flatten(1, 2)
        return eikonal_loss(field.surface(points).gradient, points)


def masked_psnr(rendered: Rendered, batch: RayBatch) -> Tensor:
    """Peak signal-to-noise ratio within the mask, in decibels.

    Args:
        rendered: What the first rays of a batch see.
        batch: What they should see.
    """
    colour = rendered.colour.detach()
    batch = batch.first(colour.shape[1])
    mask = (batch.mask * batch.trust)[..., None]
    squared = ((colour - batch.colour).square() * mask).sum() / (3 * mask.sum() + 1e-5)
    return -10 * squared.clamp_min(1e-9).log10()


def require_finite(loss: Tensor, batch: RayBatch, step: int, folder: str) -> None:
    """Stop a training whose loss is no longer a number; keep the batch that did it.

    Args:
        loss: Of the step.
        batch: Of the step.
        step: Its number.
        folder: Of the run.

    Raises:
        InputError: The loss is not finite.
    """
    if bool(loss.isfinite()):
        return
    path = Path(folder) / f"diverged_step_{step}.safetensors"
    tensors = {
        name: tensor.detach().cpu().contiguous() for name, tensor in vars(batch).items()
    }
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(tensors))
    raise InputError(
        f"The loss is not finite at step {step}; its rays are kept in {str(path)!r}, "
        "and training can go on from the last checkpoint with a lower learning rate."
    )
