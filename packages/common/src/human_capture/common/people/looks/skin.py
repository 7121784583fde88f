"""Colour of skin, lips, ears and mouth, baked at the vertices of the body mesh."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Float

from human_capture.common.people.looks.surface import body_surface

TONES = np.array(  # linear, from light to dark
    [
        [0.82, 0.58, 0.46],
        [0.70, 0.45, 0.33],
        [0.54, 0.31, 0.20],
        [0.34, 0.17, 0.095],
        [0.17, 0.078, 0.042],
        [0.085, 0.040, 0.025],
    ]
)


def skin_tone(melanin: float) -> Float[np.ndarray, "3"]:
    """Linear colour of skin.

    Args:
        melanin: 0 the lightest .. 1 the darkest.
    """
    stops = np.linspace(0, 1, len(TONES))
    return np.array([np.interp(melanin, stops, TONES[:, k]) for k in range(3)])


def skin_tint(
    tone: Float[np.ndarray, "3"], lips: float, nails: Float[np.ndarray, "3"] | None
) -> Float[np.ndarray, "vertex 3"]:
    """Linear colour of the skin at every vertex.

    Args:
        tone: Of plain skin.
        lips: 0 as the skin .. 1 painted red.
        nails: Colour of painted finger nails.
    """
    masks = body_surface().masks
    colour = tone * _relief()
    mouth = masks["lips"][:, None] * (0.35 + 0.65 * lips)
    colour *= 1 - mouth * np.array([0.14, 0.62, 0.55])
    if nails is not None:
        share = masks["fingernails"][:, None]
        colour += share * (nails - colour)
    inner = masks["inside_mouth"][:, None]
    return np.asarray(colour + inner * (np.array([0.06, 0.012, 0.012]) - colour))


@cache
def _relief() -> Float[np.ndarray, "vertex 3"]:
    """What is ruddier, paler or darker on everybody's skin, as a factor."""
    surface = body_surface()
    x, y, z = surface.canonical.T.astype(float)
    side = np.abs(x)

    def spot(cx: float, cy: float, cz: float, radius: float) -> np.ndarray:
        d2 = (side - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2
        return np.asarray(np.exp(-d2 / (2 * radius * radius)))

    red = 0.5 * spot(0.042, -0.125, 0.655, 0.017) + 0.5 * spot(0.0, -0.15, 0.668, 0.011)
    red += 0.4 * surface.masks["ears"]
    # hands, elbows and knees are ruddier
    red += 0.3 * surface.hand + 0.25 * spot(0.32, -0.0, 0.27, 0.04)
    red += 0.25 * spot(0.15, -0.07, -0.41, 0.05)
    factor = 1 - np.clip(red, 0, 1)[:, None] * np.array([0.03, 0.22, 0.20])
    covered = np.clip((0.56 - z) / 0.1, 0, 1)  # what clothes cover is paler
    factor *= 1 + 0.06 * covered[:, None]
    hollow = 0.22 * spot(0.030, -0.128, 0.703, 0.011)
    factor *= 1 - hollow[:, None] * np.array([0.8, 1.0, 0.9])
    nipple = 0.55 * spot(0.085, -0.125, 0.365, 0.009)
    return np.asarray(factor * (1 - nipple[:, None] * np.array([0.6, 1.0, 1.0])))
