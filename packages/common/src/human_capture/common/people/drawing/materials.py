"""What surfaces are made of: one record a material, read by the compiled shading.

Colours are linear (proportional to reflected light), lengths in metres.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from jaxtyping import Float

Colour = tuple[float, float, float] | Float[np.ndarray, "3"]


class Kind(IntEnum):
    """How a surface takes light."""

    PLAIN = 0  # furniture, walls, teeth, shoes
    SKIN = 1
    EYE = 2
    CLOTH = 3
    HAIR = 4


class Pattern(IntEnum):
    """How two colours are laid out."""

    PLAIN = 0
    STRIPES_ACROSS = 1
    STRIPES_ALONG = 2
    CHECK = 3
    PLAID = 4
    DOTS = 5
    CAMOUFLAGE = 6
    PRINT = 7  # a picture in `box`
    BLOCKS = 8
    WOOD = 9
    TILES = 10
    BRICKS = 11
    SPECKLE = 12


MATERIAL = np.dtype(
    [
        ("kind", np.uint8),
        ("pattern", np.uint8),
        ("colour", np.float32, 3),
        ("second", np.float32, 3),
        ("scale", np.float32),  # pattern periods a metre
        ("texture", np.int32),  # picture in the bank
        ("texture_scale", np.float32),  # pictures a metre
        ("texture_mix", np.float32),  # 0 flat colour .. 1 the picture alone
        ("box", np.float32, 4),  # centre and half size of a print
        ("grain", np.float32),  # strength of blotches
        ("folds", np.float32),  # strength of creases in cloth
        ("gloss", np.float32),
        ("seed", np.float32),  # shifts noise and pictures
        # skin only
        ("hair", np.float32, 3),
        ("brow", np.float32),
        ("beard", np.float32),
        ("freckles", np.float32),
        ("hairline", np.float32),
        ("scalp", np.float32),  # 0 bald .. 1 hair on the head
    ],
    align=True,
)


def material(
    colour: Colour,
    kind: Kind = Kind.PLAIN,
    pattern: Pattern = Pattern.PLAIN,
    **fields: object,
) -> np.ndarray:
    """A record of the type `MATERIAL`, shape (1,).

    Args:
        colour: Linear red, green, blue.
        kind: How it takes light.
        pattern: How `colour` and `second` are laid out.
        fields: Further fields of the record by name.
    """
    record = np.zeros(1, MATERIAL)
    record["kind"], record["pattern"] = kind, pattern
    record["colour"] = record["second"] = colour
    record["scale"], record["texture_scale"] = 10.0, 1.0
    record["grain"], record["gloss"] = 0.15, 0.05
    for name, value in fields.items():
        record[name] = value
    return record


def linear(hue: float, saturation: float, value: float) -> Float[np.ndarray, "3"]:
    """Linear colour of a hue in [0, 1), a saturation and a display brightness.

    Args:
        hue: 0 red, 1/3 green, 2/3 blue.
        saturation: 0 grey .. 1 pure.
        value: Brightness of the strongest channel on a display, in [0, 1].
    """
    wheel = np.clip(np.abs((hue * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    return np.asarray((value * (1 - saturation * (1 - wheel))) ** 2.2)
