"""Light of a scene: lamps with shadows, sky and ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from human_capture.common.people.drawing.materials import linear


@dataclass(frozen=True)
class Lamp:
    """Light from one direction.

    Args:
        direction: Unit vector towards the lamp.
        colour: Linear light on a surface that faces it.
        softness: Width of shadow edges in metres.
        shadow: 0 no shadow .. 1 none of its light in the shadow.
    """

    direction: Float[np.ndarray, "3"]
    colour: Float[np.ndarray, "3"]
    softness: float
    shadow: float


@dataclass(frozen=True)
class Light:
    """All light that falls on a scene.

    Args:
        lamps: The first is the strongest.
        sky: Linear light from above.
        ground: Linear light from below.
    """

    lamps: tuple[Lamp, ...]
    sky: Float[np.ndarray, "3"]
    ground: Float[np.ndarray, "3"]

    def brightness(self) -> float:
        """Mean linear light on upright surfaces, for an automatic exposure."""
        lamps = sum(lamp.colour.mean() * 0.35 for lamp in self.lamps)
        return float(lamps + 0.5 * (self.sky.mean() + self.ground.mean())) * 1.5

    @classmethod
    def sample(cls, seed: int, outdoors: bool = False) -> Light:
        """The light that a seed stands for.

        Args:
            seed: Same seed, same light.
            outdoors: One sun or an overcast sky; indoors up to three lamps.
        """
        generator = np.random.default_rng([seed, 104729])
        if outdoors:
            return _outdoor(generator)
        return _indoor(generator)


def _outdoor(generator: np.random.Generator) -> Light:
    sunny = generator.random() < 0.65
    strength = generator.uniform(0.9, 1.8) if sunny else generator.uniform(0.0, 0.25)
    warm = generator.uniform(0, 0.35)
    colour = np.array([1.0, 1 - 0.25 * warm, 1 - 0.75 * warm]) * strength
    softness = 0.012 if sunny else 0.15
    direction = _direction(generator, 15.0, 75.0)
    sky = generator.uniform(0.25, 0.7) if sunny else generator.uniform(0.6, 1.0)
    sky_colour = linear(0.58, generator.uniform(0.02, 0.2), 1.0) * sky
    lamps = (Lamp(direction, colour, softness, float(generator.uniform(0.8, 1.0))),)
    shade = Lamp(np.array([0.03, 0.02, 1.0]), sky_colour * 0.5, 0.22, 0.9)
    ground = generator.uniform(0.12, 0.4) * np.array([1.0, 0.95, 0.85]) * sky
    return Light((*lamps, shade), sky_colour * 0.6, ground)


def _indoor(generator: np.random.Generator) -> Light:
    style = generator.choice(
        ["soft", "hard", "dim", "back"], p=[0.45, 0.25, 0.15, 0.15]
    )
    warm = float(generator.normal(0, 0.6))
    tint = np.array([1 + 0.16 * warm, 1.0, 1 - 0.22 * warm]).clip(0.4, 1.5)
    key = {"soft": 0.55, "hard": 1.1, "dim": 0.7, "back": 1.1}[style]
    key *= float(generator.uniform(0.7, 1.4))
    ambient = {"soft": 0.55, "hard": 0.2, "dim": 0.12, "back": 0.25}[style]
    ambient *= float(generator.uniform(0.6, 1.5))
    low = 5.0 if style == "back" else 30.0
    lamps = [
        Lamp(
            _direction(generator, low, 75.0),
            tint * key,
            0.02 if style == "hard" else float(generator.uniform(0.02, 0.12)),
            float(generator.uniform(0.7, 1.0)),
        )
    ]
    for _ in range(int(generator.choice([0, 1, 2], p=[0.4, 0.4, 0.2]))):
        colour = linear(generator.random(), generator.uniform(0, 0.5), 1.0)
        strength = key * generator.uniform(0.15, 0.7)
        softness = float(generator.uniform(0.02, 0.15))
        lamps.append(
            Lamp(_direction(generator, 5.0, 70.0), colour * strength, softness, 0.8)
        )
    sky = np.array([1 + 0.05 * warm, 1.0, 1 - 0.07 * warm]) * ambient
    lamps.append(Lamp(np.array([0.03, 0.02, 1.0]), sky * 0.5, 0.22, 0.9))
    ground = sky * generator.uniform(0.3, 0.8) * np.array([1.0, 0.93, 0.85])
    return Light(tuple(lamps), sky * 0.6, ground)


def _direction(
    generator: np.random.Generator, low: float, high: float
) -> Float[np.ndarray, "3"]:
    """A unit vector between two heights above the horizon, given in degrees."""
    azimuth = generator.uniform(0, 2 * np.pi)
    height = np.radians(generator.uniform(low, high))
    flat = np.cos(height)
    return np.array([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(height)])
