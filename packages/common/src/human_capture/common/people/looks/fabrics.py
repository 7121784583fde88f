"""Cloth: colours, patterns, prints, creases."""

from __future__ import annotations

import numpy as np

from human_capture.common.people.drawing.materials import (
    Kind,
    Pattern,
    linear,
    material,
)


def sample_fabric(
    generator: np.random.Generator, pictures: int, top: bool
) -> np.ndarray:
    """A material of cloth: colours, pattern, creases.

    Args:
        generator: Decides everything.
        pictures: Number of pictures in the texture bank.
        top: Shirts are more often printed than trousers.
    """
    plain = 0.42 if top else 0.62
    rest = np.array([3, 1.2, 1, 1.5, 0.8, 1, 3.5 if top else 0.5, 0.8, 1.5])
    names = [
        Pattern.STRIPES_ACROSS,
        Pattern.STRIPES_ALONG,
        Pattern.CHECK,
        Pattern.PLAID,
        Pattern.DOTS,
        Pattern.CAMOUFLAGE,
        Pattern.PRINT,
        Pattern.BLOCKS,
        Pattern.SPECKLE,
    ]
    share = np.r_[plain, (1 - plain) * rest / rest.sum()]
    pattern = [Pattern.PLAIN, *names][generator.choice(len(share), p=share)]
    all_over = generator.random() < (0.12 if top else 0.06)
    width = generator.uniform(0.05, 0.13)
    speckle = pattern in (Pattern.SPECKLE, Pattern.CAMOUFLAGE)
    return material(
        cloth_colour(generator),
        Kind.CLOTH,
        Pattern.PLAIN if all_over else pattern,
        second=cloth_colour(generator),
        scale=generator.uniform(8, 60) if not speckle else generator.uniform(10, 120),
        texture=generator.integers(pictures),
        texture_scale=generator.uniform(1.0, 4.0),
        texture_mix=generator.uniform(0.5, 1.0) if all_over else 0.0,
        box=(
            generator.normal(0, 0.02) if generator.random() < 0.75 else 0.06,
            generator.uniform(0.28, 0.40),
            width,
            width * generator.uniform(0.4, 1.2),
        ),
        grain=generator.uniform(0.05, 0.3),
        folds=generator.uniform(0.35, 1.3),
        gloss=generator.choice([0.0, 0.03, 0.15], p=[0.5, 0.35, 0.15]),
        seed=generator.uniform(0, 30),
    )


def cloth_colour(generator: np.random.Generator) -> np.ndarray:
    """A linear colour as clothes have it: greys, denim and earth, or bright.

    Args:
        generator: Decides.
    """
    kind = generator.random()
    if kind < 0.22:  # black, grey, white
        return linear(0.0, 0.0, generator.choice([0.1, 0.18, 0.4, 0.7, 0.93]))
    if kind < 0.42:  # denim, khaki, brown
        hue = generator.choice([0.6, 0.62, 0.09, 0.12, 0.05])
        return linear(hue, generator.uniform(0.2, 0.6), generator.uniform(0.2, 0.7))
    return linear(
        generator.random(), generator.uniform(0.15, 0.9), generator.uniform(0.2, 0.95)
    )
