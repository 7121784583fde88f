"""Where along rays, and in space, a field is evaluated."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from human_capture.common.rendering.compositing import composite
from human_capture.common.rendering.rays import along
from human_capture.common.rendering.sdf import section_weights

_EPSILON = 1e-5


def uniform_depths(
    near: Float[Tensor, "*ray"],
    far: Float[Tensor, "*ray"],
    samples: int,
    generator: Generator | None = None,
) -> Float[Tensor, "*ray sample"]:
    """Equal steps from near to far, all of a ray shifted by one random part of a step.

    Args:
        near: Depth of the first sample.
        far: Depth of the last.
        samples: How many.
        generator: Of the shifts, by up to half a step to either side; none if absent.
    """
    steps = torch.linspace(0, 1, samples).to(near)
    depths = near[..., None] + (far - near)[..., None] * steps
    if generator is None:
        return depths
    shift = torch.rand(*near.shape, 1, generator=generator).to(near) - 0.5
    return depths + shift * (far - near)[..., None] / samples


def inverse_transform(
    edges: Float[Tensor, "*ray edge"],
    weights: Float[Tensor, "*ray section"],
    samples: int,
) -> Float[Tensor, "*ray sample"]:
    """Depths at equally spaced quantiles of a piecewise constant density.

    Args:
        edges: Ascending bounds of the sections, one more than there are weights.
        weights: Of the sections, not negative.
        samples: How many depths.
    """
    weights = weights + _EPSILON
    share = weights / weights.sum(-1, keepdim=True)
    cumulated = torch.cat(
        (torch.zeros_like(share[..., :1]), share.cumsum(-1)), -1
    ).contiguous()
    wanted = (torch.arange(samples).to(edges) + 0.5) / samples
    wanted = wanted.expand(*edges.shape[:-1], samples).contiguous()
    above = torch.searchsorted(cumulated, wanted, right=True)
    above = above.clamp(1, edges.shape[-1] - 1)
    low, high = cumulated.gather(-1, above - 1), cumulated.gather(-1, above)
    start, stop = edges.gather(-1, above - 1), edges.gather(-1, above)
    width = high - low
    part = (wanted - low) / torch.where(width < _EPSILON, 1.0, width)
    return start + part * (stop - start)


def surface_depths(
    field: Callable[[Float[Tensor, "*ray sample 3"]], Float[Tensor, "*ray sample"]],
    origins: Float[Tensor, "*ray 3"],
    directions: Float[Tensor, "*ray 3"],
    depths: Float[Tensor, "*ray sample"],
    more: int,
    rounds: int = 4,
    sharpness: float = 64.0,
) -> Float[Tensor, "*ray more"]:
    """Depths gathered about the surface, in rounds of growing sharpness (NeuS, code).

    The field is evaluated once at each depth but those of the last round, whose values
    nobody needs here.

    Args:
        field: Signed distances of points.
        origins: Of the rays.
        directions: Of unit length.
        depths: To begin with, ascending.
        more: How many depths are added, divisible by ``rounds``.
        rounds: How often they are chosen anew.
        sharpness: Of the first round; each has twice that of the one before.
    """
    if more % rounds:
        raise ValueError(f"{more} samples cannot be divided among {rounds} rounds.")
    points = along(origins, directions, depths)
    sdf, inside = field(points), 1 - points.norm(dim=-1)
    for step in range(rounds):
        weights = section_weights(depths, sdf, inside, sharpness * 2**step)
        added = inverse_transform(depths, weights, more // rounds)
        if step + 1 < rounds:
            points = along(origins, directions, added)
            sdf = torch.cat((sdf, field(points)), -1)
            inside = torch.cat((inside, 1 - points.norm(dim=-1)), -1)
        depths, order = torch.cat((depths, added), -1).sort(-1)
        if step + 1 < rounds:
            sdf, inside = sdf.gather(-1, order), inside.gather(-1, order)
    return depths


def outside_depths(
    far: Float[Tensor, "*ray"],
    samples: int,
    generator: Generator | None = None,
    gap: float = 1 / 64,
) -> Float[Tensor, "*ray sample"]:
    """Depths beyond the unit sphere, equally spaced in their inverse (NeRF++).

    Args:
        far: Where the inner samples end.
        samples: How many.
        generator: Jitters each sample within its stratum; none if absent.
        gap: Added, to keep clear of the inner samples.
    """
    steps = torch.linspace(1e-3, 1 - 1 / (samples + 1), samples).to(far)
    steps = steps.expand(*far.shape, samples)
    if generator is not None:
        middle = (steps[..., 1:] + steps[..., :-1]) / 2
        upper = torch.cat((middle, steps[..., -1:]), -1)
        lower = torch.cat((steps[..., :1], middle), -1)
        jitter = torch.rand(steps.shape, generator=generator).to(far)
        steps = lower + (upper - lower) * jitter
    return far[..., None] / steps.flip(-1) + gap


def eikonal_points(
    points: Float[Tensor, "*ray sample 3"],
    weights: Float[Tensor, "*ray sample"],
    each: int,
    generator: Generator,
    spread: float = 0.055,
) -> Float[Tensor, "*ray point 3"]:
    """Where the gradient of the field is asked to have unit length (Multi-NeuS, code).

    A third anywhere in the unit ball, a third about the expected surface, a third among
    the samples of the ray.

    Args:
        points: Samples along the rays.
        weights: Of the samples.
        each: Points of each third.
        generator: Of everything random.
        spread: Greatest distance from the surface, along each axis.
    """
    rays = points.shape[:-2]

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*rays, *shape, generator=generator).to(points)

    towards = torch.randn(*rays, each, 3, generator=generator).to(points)
    ball = towards / towards.norm(dim=-1, keepdim=True).clamp_min(1e-9)
    ball = ball * uniform(each, 1) ** (1 / 3)
    total = weights.sum(-1, keepdim=True).clamp_min(1e-6)
    surface = composite(weights, points) / total
    near = surface[..., None, :] + spread * (2 * uniform(each, 3) - 1)
    chosen = (uniform(each) * points.shape[-2]).long().clamp_max(points.shape[-2] - 1)
    among = points.gather(-2, chosen[..., None].expand(*chosen.shape, 3))
    return torch.cat((ball, near, among), -2)
