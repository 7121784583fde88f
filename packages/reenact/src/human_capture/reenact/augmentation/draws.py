"""Random numbers for a batch of pictures, the same ones on every device.

They are drawn where the generator is and moved to the pictures, so a generator on the
CPU makes the same choices for pictures on a GPU.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Generator, Tensor


def uniform(
    pictures: Float[Tensor, "clip channel height width"],
    low: float,
    high: float,
    generator: Generator,
    shape: tuple[int, ...] = (),
) -> Float[Tensor, " clip *shape"]:
    """Numbers between two limits for each picture.

    Args:
        pictures: Whose number, device and precision count.
        low: Lower limit.
        high: Upper limit.
        generator: Of the numbers.
        shape: Of the numbers of one picture.
    """
    drawn = torch.rand(
        len(pictures), *shape, generator=generator, device=generator.device
    )
    return drawn.to(pictures) * (high - low) + low


def normal(
    pictures: Float[Tensor, "clip channel height width"],
    generator: Generator,
    shape: tuple[int, ...] = (),
) -> Float[Tensor, " clip *shape"]:
    """Numbers of mean 0 and deviation 1 for each picture.

    Args:
        pictures: Whose number, device and precision count.
        generator: Of the numbers.
        shape: Of the numbers of one picture.
    """
    drawn = torch.randn(
        len(pictures), *shape, generator=generator, device=generator.device
    )
    return drawn.to(pictures)


def whole(
    pictures: Float[Tensor, "clip channel height width"],
    low: int,
    high: int,
    generator: Generator,
    shape: tuple[int, ...] = (),
) -> Int[Tensor, " clip *shape"]:
    """Whole numbers from ``low`` to ``high``, both included, for each picture.

    Args:
        pictures: Whose number and device count.
        low: The least.
        high: The greatest.
        generator: Of the numbers.
        shape: Of the numbers of one picture.
    """
    drawn = torch.randint(
        low,
        high + 1,
        (len(pictures), *shape),
        generator=generator,
        device=generator.device,
    )
    return drawn.to(pictures.device)


def chance(
    pictures: Float[Tensor, "clip channel height width"],
    probability: float,
    generator: Generator,
) -> Bool[Tensor, " clip"]:
    """Whether something happens to each picture.

    Args:
        pictures: Whose number and device count.
        probability: That it happens.
        generator: Of the chances.
    """
    return uniform(pictures, 0.0, 1.0, generator) < probability
