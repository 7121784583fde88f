"""What a lifter sees: a person's key points whatever the camera and the place.

A view frame is the camera turned so that it looks straight at the person (panned and
tilted about its own centre, without roll). There the key points are divided by the
person's apparent size. So neither where somebody is in the image, nor how far away, nor
the focal length makes a difference; perspective, which tells something, is kept.

Everything is causal: a frame's numbers depend on it and on frames before, and a video
may come in pieces of any length.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import normalize as unit

from human_capture.common.keypoints import TRUNK, KeypointFormat

TRUNK_WEIGHT = 8.0
MEMORY = 0.9
"""Share of the apparent size that is kept from frame to frame."""

JOINT_CHANNELS, PERSON_CHANNELS = 3, 5


@dataclass(frozen=True)
class LifterInput:
    """Normalised key points.

    Attributes:
        joints: x and y in apparent sizes, and the confidence; zero where not seen.
        seen: Which joints are.
        person: Shift since the frame before (x, y), change of the size, size over the
            remembered size, and whether anything is seen.
        view: Rotation from the camera to the view frame.
    """

    joints: Float[Tensor, "batch frame joint 3"]
    seen: Bool[Tensor, "batch frame joint"]
    person: Float[Tensor, "batch frame 5"]
    view: Float[Tensor, "batch frame 3 3"]


@dataclass(frozen=True)
class Memory:
    """What normalisation remembers of the frames before.

    Attributes:
        view: Rotation to the last view frame.
        log_size: Logarithm of the apparent size, averaged.
        weight: How much has gone into that average; 0 at the start.
    """

    view: Float[Tensor, "batch 3 3"]
    log_size: Float[Tensor, " batch"]
    weight: Float[Tensor, " batch"]


def normalise(
    rays: Float[Tensor, "batch frame joint 2"],
    confidence: Float[Tensor, "batch frame joint"],
    format: KeypointFormat,
    memory: Memory | None = None,
) -> tuple[LifterInput, Memory]:
    """Key points as a lifter sees them, and what to remember for the frames to come.

    Args:
        rays: Pinhole coordinates (x/z, y/z), y down; anything where not seen.
        confidence: In [0, 1]; 0 where not seen.
        format: Of the key points.
        memory: Of the frames before; None at the start of a video or after a cut.
    """
    seen = confidence > 0
    rays = torch.where(seen[..., None], rays, 0.0)
    weight = confidence * _importance(format).to(confidence)
    total = weight.sum(-1, keepdim=True)
    anyone = total[..., 0] > 0
    points = torch.cat((rays, torch.ones_like(rays[..., :1])), -1)
    towards = (weight[..., None] * unit(points, dim=-1)).sum(-2)
    towards = torch.where(
        anyone[..., None], towards, points.new_tensor([0.0, 0.0, 1.0])
    )
    before = None if memory is None else memory.view
    view = _kept(view_rotation(towards), anyone, before)
    in_view = points @ view.mT
    turned = in_view[..., :2] / in_view[..., 2:].clamp_min(0.05)
    squared = (weight * turned.square().sum(-1)).sum(-1)
    size = (squared / total[..., 0].clamp_min(1e-6)).sqrt().clamp_min(1e-4)
    log_size, after = _remembered(size.log(), anyone, memory)
    scale = log_size.exp()
    joints = torch.cat(
        (turned / scale[..., None, None], confidence[..., None]), -1
    ) * seen[..., None].to(rays)
    person = _person(view, log_size, size, scale, anyone, memory)
    return LifterInput(joints, seen, person, view), Memory(view[:, -1], *after)


def view_rotation(
    towards: Float[Tensor, "*batch 3"],
) -> Float[Tensor, "*batch 3 3"]:
    """The pan and tilt that turn a direction into the viewing axis.

    Args:
        towards: In the camera's frame, of any length, not straight up or down.
    """
    z = unit(towards, dim=-1)
    down = torch.tensor([0.0, 1.0, 0.0]).to(z).expand_as(z)
    x = unit(torch.linalg.cross(down, z), dim=-1)
    return torch.stack((x, torch.linalg.cross(z, x), z), -2)


@lru_cache(maxsize=8)
def _importance(format: KeypointFormat) -> Tensor:
    """The trunk decides where somebody is; fingers and faces hardly do."""
    weights = [TRUNK_WEIGHT if joint in TRUNK else 1.0 for joint in format.joints]
    with torch.inference_mode(False):  # the same tensor for training
        return torch.tensor(weights)


def _kept(view: Tensor, anyone: Tensor, before: Tensor | None) -> Tensor:
    """View frames that stay where they were while nobody is seen."""
    frames = torch.arange(view.shape[1], device=view.device)
    last = torch.where(anyone, frames, -1).cummax(1).values
    index = last.clamp_min(0)[..., None, None].expand(-1, -1, 3, 3)
    if before is None:
        before = torch.eye(3).to(view).expand(len(view), 3, 3)
    return torch.where(
        (last < 0)[..., None, None], before[:, None], view.gather(1, index)
    )


def _remembered(
    log_size: Tensor, anyone: Tensor, memory: Memory | None
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """A running average of the size, over the frames in which somebody is seen."""
    zero = torch.zeros_like(log_size[:, 0])
    average, weight = (
        (zero, zero) if memory is None else (memory.log_size, memory.weight)
    )
    averages = []
    for now, here in zip(log_size.unbind(1), anyone.unbind(1), strict=True):
        # the first frames count in full, which a fixed share would not let them
        share = torch.where(here, (1 - MEMORY) / (1 - MEMORY * (1 - weight)), zero)
        average = average + share * (now - average)
        weight = torch.where(here, 1 - MEMORY * (1 - weight), weight)
        averages.append(average)
    return torch.stack(averages, 1), (average, weight)


def _person(
    view: Tensor,
    log_size: Tensor,
    size: Tensor,
    scale: Tensor,
    anyone: Tensor,
    memory: Memory | None,
) -> Tensor:
    first = view[:, 0] if memory is None else memory.view
    former = torch.cat((first[:, None], view[:, :-1]), 1)
    # the present direction of the person, seen in the view frame before
    direction = (former @ view[..., 2, :, None])[..., 0]
    shift = direction[..., :2] / scale[..., None]
    earlier = log_size[:, 0] if memory is None else memory.log_size
    growth = log_size.diff(dim=1, prepend=earlier[:, None])
    breadth = (size / scale).log()
    moved = torch.cat((shift, torch.stack((growth, breadth), -1)), -1).clamp(-2, 2)
    here = anyone[..., None].to(size)
    return torch.cat((moved, torch.ones_like(here)), -1) * here
