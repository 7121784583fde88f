"""From linear light to an 8-bit picture: exposure, white balance, contrast, corners."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from human_capture.common.people.drawing.shading import BRIGHTEST, TONES


@dataclass(frozen=True)
class Film:
    """How a camera renders light.

    Args:
        exposure: Factor on the automatic exposure, which goes by the light.
        balance: Gains of red, green, blue.
        contrast: Slope in the mid tones; 1 is a plain gamma curve.
        shoulder: 0 highlights clip .. 1 they roll off softly.
        vignette: Share of light lost in the corners.
    """

    exposure: float = 1.2
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    contrast: float = 1.0
    shoulder: float = 0.5
    vignette: float = 0.0

    @classmethod
    def sample(cls, seed: int) -> Film:
        """The film that a seed stands for.

        Args:
            seed: Same seed, same film.
        """
        generator = np.random.default_rng([seed, 15485863])
        warm = generator.normal(0, 0.07)
        green = generator.normal(0, 0.03)
        return cls(
            exposure=float(np.exp(generator.normal(0.25, 0.3))),
            balance=(float(1 + warm), float(1 + green), float(1 - warm)),
            contrast=float(np.exp(generator.normal(0.05, 0.18))),
            shoulder=float(generator.random()),
            vignette=float(generator.choice([0, generator.uniform(0, 0.4)])),
        )

    def gains(self, brightness: float) -> Float[np.ndarray, "3"]:
        """Factors on linear red, green and blue.

        Args:
            brightness: Of the scene's light.
        """
        return np.array(self.balance) * (self.exposure / max(brightness, 0.05))

    def tones(self) -> UInt8[np.ndarray, " tone"]:
        """8-bit values over the square root of light, from 0 to `BRIGHTEST`."""
        light = np.linspace(0, 1, TONES) ** 2 * BRIGHTEST
        knee = 1 - 0.5 * self.shoulder
        over = np.maximum(light - knee, 0)
        room = 1.0 - knee + 1e-3
        soft = np.where(light > knee, knee + room * over / (over + room), light)
        light = self.shoulder * soft + (1 - self.shoulder) * np.minimum(light, 1)
        value = light.clip(0, 1) ** (1 / 2.2)
        # a sigmoid that keeps black, middle grey and white in place
        power = value**self.contrast
        value = power / (power + (1 - value) ** self.contrast + 1e-12)
        return np.asarray(value * 255 + 0.5).astype(np.uint8)
