"""How well landmarks can be read off a frozen descriptor by a small network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn

from human_capture.reenact.evaluation.people import Described
from human_capture.reenact.evaluation.pose_error import inter_ocular, landmark_errors

WIDTH = 256
STEPS = 1500
BATCH = 128
RATE = 1e-3
DECAY = 1e-2


@dataclass(frozen=True)
class KeypointRegression:
    """Mean landmark errors on people not seen before, over inter-ocular distances.

    Attributes:
        error: Of the network.
        constant: Of always answering the mean of the people seen.
    """

    error: float
    constant: float


def keypoint_regression(
    learnt: Described, judged: Described, generator: Generator, steps: int = STEPS
) -> KeypointRegression:
    """Train on some people, test on others; descriptors are frozen.

    Args:
        learnt: What the network is trained on.
        judged: What it is tested on.
        generator: Draws first weights and batches.
        steps: Of the training.
    """
    true, mean = judged.people.landmarks, learnt.people.landmarks.mean(0)
    network = landmark_network(
        learnt.descriptors, learnt.people.landmarks, generator, steps
    )
    with torch.no_grad():
        found = network(judged.descriptors).unflatten(-1, (68, 2))
    return KeypointRegression(
        float(landmark_errors(found, true).mean()),
        float(landmark_errors(mean.expand_as(true), true).mean()),
    )


def landmark_network(
    descriptors: Float[Tensor, "frame number"],
    landmarks: Float[Tensor, "frame 68 2"],
    generator: Generator,
    steps: int = STEPS,
) -> nn.Sequential:
    """A network of two hidden layers that gives landmarks, x and y by turns.

    Args:
        descriptors: Frozen.
        landmarks: As shares of the side.
        generator: Draws first weights and batches.
        steps: Of the training.
    """
    targets = landmarks.flatten(1)
    first = _standardising(descriptors)
    network = nn.Sequential(
        first,
        *_linear(descriptors.shape[1], WIDTH, generator),
        *_linear(WIDTH, WIDTH, generator),
        _linear(WIDTH, targets.shape[1], generator)[0],
    )
    last = network[-1]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.bias.copy_(targets.mean(0))
    weight = 1 / inter_ocular(landmarks)[:, None]
    free = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(free, RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    with torch.enable_grad():
        for _ in range(steps):
            batch = torch.randint(len(targets), (BATCH,), generator=generator)
            error = (network(descriptors[batch]) - targets[batch]) * weight[batch]
            optimizer.zero_grad()
            error.square().mean().backward()
            optimizer.step()
            schedule.step()
    return network


def _standardising(descriptors: Float[Tensor, "frame number"]) -> nn.Linear:
    """A fixed layer whose outputs have mean 0 and deviation 1."""
    deviation = descriptors.std(0)
    scale = 1 / torch.where(deviation > 1e-9, deviation, 1.0)
    layer = nn.Linear(len(scale), len(scale)).requires_grad_(False)
    layer.weight.copy_(scale.diag())
    layer.bias.copy_(-descriptors.mean(0) * scale)
    return layer


def _linear(before: int, after: int, generator: Generator) -> tuple[nn.Linear, nn.ReLU]:
    layer = nn.Linear(before, after)
    with torch.no_grad():
        bound = before**-0.5
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.zero_()
    return layer, nn.ReLU()
