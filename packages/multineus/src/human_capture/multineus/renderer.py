"""Images of several objects at once, by the rules of NeuS."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from human_capture.common.rendering.compositing import (
    alpha_from_density,
    composite,
    weights_from_alpha,
)
from human_capture.common.rendering.rays import along, sphere_bounds
from human_capture.common.rendering.sampling import (
    outside_depths,
    surface_depths,
    uniform_depths,
)
from human_capture.common.rendering.sdf import (
    alpha_from_sdf,
    annealed_cosine,
    section_lengths,
)
from human_capture.multineus.fields.scene import ObjectFields


@dataclass(frozen=True)
class Rendered:
    """What rays see, and what was evaluated along them.

    Attributes:
        colour: Of the rays.
        opacity: How much of a ray the object stops, in [0, 1].
        points: Middles of the sections along the rays.
        weights: Of those sections.
        gradient: Of the signed distance, there.
        sharpness: Of the surface.
    """

    colour: Float[Tensor, "object ray 3"]
    opacity: Float[Tensor, "object ray"]
    points: Float[Tensor, "object ray sample 3"]
    weights: Float[Tensor, "object ray sample"]
    gradient: Float[Tensor, "object ray sample 3"]
    sharpness: Float[Tensor, ""]

    @property
    def normal(self) -> Float[Tensor, "object ray 3"]:
        """Mean direction of the gradient along each ray."""
        direction = torch.nn.functional.normalize(self.gradient, dim=-1)
        return composite(self.weights, direction)

    @property
    def surface(self) -> Float[Tensor, "object ray 3"]:
        """Where the object is expected along each ray."""
        total = self.weights.sum(-1, keepdim=True).clamp_min(1e-6)
        return composite(self.weights, self.points) / total


@dataclass(frozen=True)
class Renderer:
    """How rays are sampled.

    Attributes:
        even: Samples at equal distances.
        near_surface: Samples that gather about the surface.
        rounds: In which those are chosen.
        outside: Samples beyond the unit sphere, for fields with a background.
    """

    even: int = 64
    near_surface: int = 64
    rounds: int = 4
    outside: int = 32

    def __call__(
        self,
        field: ObjectFields,
        origins: Float[Tensor, "object ray 3"],
        directions: Float[Tensor, "object ray 3"],
        generator: Generator | None = None,
        anneal: float = 1.0,
    ) -> Rendered:
        """What rays of some objects see.

        Args:
            field: Of those objects.
            origins: In the frame of each object's unit sphere.
            directions: Of unit length.
            generator: Of the shifts of samples; no shifts if absent.
            anneal: Progress of the annealing of slopes.
        """
        near, far = sphere_bounds(origins, directions)
        depths = uniform_depths(near, far, self.even, generator)
        if self.near_surface:
            with torch.no_grad():
                depths = surface_depths(
                    field.distance,
                    origins,
                    directions,
                    depths,
                    self.near_surface,
                    self.rounds,
                )
        lengths = section_lengths(depths, 2 / self.even)
        points = along(origins, directions, depths + lengths / 2)
        towards = directions[:, :, None].expand_as(points)
        flat = points.flatten(1, 2)
        surface = field.surface(flat)
        colour = field.colour(flat, towards.flatten(1, 2), surface).view(points.shape)
        gradient = surface.gradient.view(points.shape)
        slope = annealed_cosine((gradient * towards).sum(-1), anneal)
        sharpness = field.sharpness()
        alpha = alpha_from_sdf(
            surface.sdf.view(depths.shape), slope, lengths, sharpness
        )
        samples = depths.shape[-1]
        if field.background:
            alpha, colour = self._with_background(
                field, (origins, directions, depths, far), points, alpha, colour,
                generator,
            )  # fmt: skip
        weights = weights_from_alpha(alpha)
        return Rendered(
            composite(weights, colour),
            weights[..., :samples].sum(-1),
            points,
            weights[..., :samples],
            gradient,
            sharpness,
        )

    def _with_background(
        self,
        field: ObjectFields,
        rays: tuple[Tensor, Tensor, Tensor, Tensor],
        points: Tensor,
        alpha: Tensor,
        colour: Tensor,
        generator: Generator | None,
    ) -> tuple[Tensor, Tensor]:
        """Opacity and colour, from the background wherever samples are outside."""
        origins, directions, depths, far = rays
        beyond = outside_depths(far, self.outside, generator)
        depths = torch.cat((depths, beyond), -1).sort(-1).values
        lengths = section_lengths(depths, 2 / self.even)
        everywhere = along(origins, directions, depths + lengths / 2)
        towards = directions[:, :, None].expand_as(everywhere)
        found = [
            around(everywhere[index], towards[index])
            for index, around in enumerate(field.background)
        ]
        density, seen = (torch.stack(parts) for parts in zip(*found, strict=True))
        behind = alpha_from_density(density, lengths)
        samples = alpha.shape[-1]
        inside = (points.norm(dim=-1) < 1).to(alpha)
        alpha = alpha * inside + behind[..., :samples] * (1 - inside)
        mix = inside[..., None]
        colour = colour * mix + seen[..., :samples, :] * (1 - mix)
        return (
            torch.cat((alpha, behind[..., samples:]), -1),
            torch.cat((colour, seen[..., samples:, :]), -2),
        )
