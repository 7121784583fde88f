"""Materials of rooms: floors, walls, and what hangs on them."""

from __future__ import annotations

import numpy as np

from human_capture.common.people.drawing.materials import Pattern, linear, material
from human_capture.common.people.drawing.shading_backdrop import PANEL
from human_capture.common.people.drawing.textures import PROCEDURAL
from human_capture.common.people.places.furniture import sample_record


def panel(
    generator: np.random.Generator, size: np.ndarray, index: int, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """A poster, a window, a door or a stripe on a wall, with its material.

    Args:
        generator: Decides everything.
        size: Of the room: half width, half depth, height.
        index: Of its material among the room's.
        count: Number of pictures in the texture bank.
    """
    panel = np.zeros((), PANEL)
    plane = int(generator.integers(2, 6))
    along = size[1] if plane < 4 else size[0]
    kind = generator.choice(
        ["poster", "window", "door", "stripe"], p=[0.6, 0.15, 0.1, 0.15]
    )
    half = generator.uniform([0.15, 0.15], [1.1, 0.8])
    centre = [generator.uniform(-along, along), generator.uniform(0.3, size[2])]
    glow = 0.0
    record = sample_record(generator, count)
    if kind == "poster":
        record["pattern"] = Pattern.PLAIN
        record["texture_mix"] = 1.0
        record["texture_scale"] = 0.5 / half.max() * generator.uniform(0.6, 1.6)
    elif kind == "window":
        glow = float(generator.uniform(0.6, 2.5))
        record["colour"] = linear(0.58, generator.uniform(0, 0.25), 0.95)
        record["texture_mix"] = generator.choice([0.0, 0.7])
        record["pattern"] = Pattern.PLAIN
    elif kind == "door":
        half = np.array([0.45, 1.02])
        centre[1] = 1.0
    else:
        half = np.array([along, generator.uniform(0.03, 0.5)])
        centre[0] = 0.0
    panel["plane"], panel["centre"], panel["half"] = plane, centre, half
    panel["material"], panel["glow"] = index, glow
    return panel, record


def plain(generator: np.random.Generator, low: float, high: float) -> np.ndarray:
    """A painted surface.

    Args:
        generator: Decides everything.
        low: Least brightness on a display, 0 to 1.
        high: Most.
    """
    colour = linear(
        generator.random(),
        generator.uniform(0, 0.35) ** 1.5,
        generator.uniform(low, high),
    )
    return material(
        colour,
        texture=generator.integers(PROCEDURAL),
        texture_scale=generator.uniform(0.2, 1.5),
        grain=generator.uniform(0.05, 0.3),
        seed=generator.uniform(0, 30),
    )


def wall(generator: np.random.Generator, count: int) -> np.ndarray:
    """A wall: painted, bricks, paper, planks, a mural.

    Args:
        generator: Decides everything.
        count: Number of pictures in the texture bank.
    """
    record = plain(generator, 0.98 - 0.7 * generator.random() ** 1.7, 0.98)
    kind = generator.choice(
        ["plain", "brick", "paper", "picture", "planks", "mixed"],
        p=[0.32, 0.1, 0.12, 0.16, 0.1, 0.2],
    )
    record["second"] = record["colour"] * generator.uniform(0.4, 1.3)
    record["texture"] = generator.integers(count)
    if kind == "brick":
        record["pattern"], record["scale"] = Pattern.BRICKS, generator.uniform(4, 14)
    elif kind == "paper":
        choices = [Pattern.STRIPES_ALONG, Pattern.DOTS, Pattern.CHECK, Pattern.PLAID]
        record["pattern"] = generator.choice(choices)
        record["scale"] = generator.uniform(2, 12)
    elif kind == "planks":
        record["pattern"], record["scale"] = Pattern.WOOD, generator.uniform(3, 10)
    elif kind == "picture":
        record["texture_mix"] = generator.uniform(0.6, 1)
    elif kind == "mixed":
        record["texture_mix"] = generator.uniform(0.1, 0.6)
    return record


def floor(generator: np.random.Generator, count: int) -> np.ndarray:
    """A floor: planks, tiles, carpet, mats, anything.

    Args:
        generator: Decides everything.
        count: Number of pictures in the texture bank.
    """
    record = plain(generator, 0.2, 0.85)
    kind = generator.choice(
        ["wood", "tile", "carpet", "picture", "mats"], p=[0.3, 0.2, 0.2, 0.2, 0.1]
    )
    record["texture"] = generator.integers(count)
    record["gloss"] = generator.choice([0.0, 0.05, 0.2])
    if kind == "wood":
        brown = linear(0.075, generator.uniform(0.2, 0.6), generator.uniform(0.3, 0.85))
        record["pattern"], record["colour"], record["second"] = (
            Pattern.WOOD,
            brown,
            brown,
        )
        record["scale"] = generator.uniform(5, 13)
    elif kind == "tile":
        record["pattern"], record["scale"] = Pattern.TILES, generator.uniform(1, 4)
        record["second"] = record["colour"] * generator.uniform(0.3, 1.1)
    elif kind == "mats":
        record["pattern"], record["scale"] = Pattern.TILES, generator.uniform(0.5, 1.2)
        record["second"] = linear(generator.random(), 0.6, 0.6)
    elif kind == "picture":
        record["texture_mix"] = generator.uniform(0.5, 1)
        record["texture_scale"] = generator.uniform(0.2, 1.0)
    else:
        record["pattern"], record["scale"] = Pattern.SPECKLE, generator.uniform(30, 120)
        record["second"] = record["colour"] * 0.7
    return record
