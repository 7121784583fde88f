"""Clothes cut from the body suit and the skirt that come with the body mesh.

Every garment is a signed distance in canonical coordinates: positive where it is,
zero at collar, sleeve end and hem.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float, Float32

from human_capture.common.people.drawing.materials import (
    Kind,
    Pattern,
    linear,
    material,
)
from human_capture.common.people.drawing.noise import noise
from human_capture.common.people.looks.fabrics import cloth_colour, sample_fabric
from human_capture.common.people.looks.surface import body_surface

SHOULDER, WRIST = np.array([0.16, -0.02, 0.47]), np.array([0.45, -0.19, 0.15])
Field = Float[np.ndarray, " vertex"]


@dataclass(frozen=True)
class Garment:
    """One piece of clothing.

    Args:
        part: The mesh it is cut from: tights or skirt.
        cut: Positive where the garment is.
        offset: Distance from the suit in metres.
        hides: Positive where it covers the skin; the skin there is left out.
        record: Its material.
    """

    part: str
    cut: Field
    offset: Field
    hides: Field
    record: np.ndarray


@cache
def flat_coordinates() -> Float32[np.ndarray, "vertex 2"]:
    """Metres around and along torso, arms and legs, continuous up to their joints."""
    x, y, z = body_surface().canonical.T.astype(float)
    u, v = 0.16 * np.arctan2(x, np.abs(y + 0.03)), z.copy()
    side = np.abs(x)
    leg = z < -0.06
    knee = np.interp(z, [-0.75, -0.4, -0.05], [0.175, 0.15, 0.10])
    u = np.where(leg, 0.09 * np.arctan2(side - knee, np.abs(y) + 0.02), u)
    axis = (WRIST - SHOULDER) / np.linalg.norm(WRIST - SHOULDER)
    point = np.stack([side, y, z], 1) - SHOULDER
    along = point @ axis
    across = np.cross(axis, [0.0, 1, 0])
    across /= np.linalg.norm(across)
    third = np.cross(axis, across)
    arm = (side > 0.165) & (z > 0.03)
    turn = 0.06 * np.arctan2(point @ third, np.abs(point @ across) + 0.01)
    return np.stack([np.where(arm, turn, u), np.where(arm, 0.47 - along, v)], 1).astype(
        np.float32
    )


def sample_outfit(
    generator: np.random.Generator, female: bool, pictures: int
) -> list[Garment]:
    """Clothes of one person; the lower body is always covered.

    Args:
        generator: Decides everything.
        female: Whose shape they are made for.
        pictures: Number of pictures in the texture bank.
    """
    bottom_kind = str(
        generator.choice(
            ["trousers", "wide", "leggings", "shorts", "brief", "skirt", "dress"],
            p=[0.30, 0.12, 0.17, 0.17, 0.06, 0.10, 0.08]
            if female
            else [0.46, 0.14, 0.12, 0.24, 0.04, 0.0, 0.0],
        )
    )
    garments = []
    fabric = sample_fabric(generator, pictures, top=False)
    tucked = bottom_kind in ("skirt", "dress") or generator.random() < 0.35
    if bottom_kind in ("skirt", "dress"):
        garments += _skirt(generator, fabric, bottom_kind == "dress")
    else:
        garments.append(_legwear(generator, fabric, bottom_kind))
    bare = not female and generator.random() < 0.16
    if not bare:
        shirt = (
            fabric
            if bottom_kind == "dress"
            else sample_fabric(generator, pictures, top=True)
        )
        garments.append(_top(generator, shirt, female, tucked))
        if generator.random() < 0.15 and bottom_kind != "dress":
            coat = sample_fabric(generator, pictures, top=False)
            garments.append(_jacket(generator, coat))
    return garments + _footwear(generator)


@cache
def _coordinates() -> tuple[Field, Field, Field, Field]:
    """|x|, y, z and the distance down the arm of every body vertex."""
    x, y, z = body_surface().canonical.T.astype(float)
    side = np.abs(x)
    arm = np.where(side > 0.15, np.hypot(side - 0.16, z - 0.47), 0)
    return side, y, z, arm


def _step(x: Field, low: float, high: float) -> Field:
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _creases(seed: float, size: float) -> Field:
    return noise(body_surface().canonical * size + seed).astype(float)


def _top(
    generator: np.random.Generator, record: np.ndarray, female: bool, tucked: bool
) -> Garment:
    side, y, z, arm = _coordinates()
    sleeve = str(
        generator.choice(
            ["short", "long", "elbow", "none", "strap", "bra"],
            p=[0.33, 0.27, 0.08, 0.10, 0.12, 0.10]
            if female
            else [0.42, 0.34, 0.07, 0.09, 0.08, 0.0],
        )
    )
    reach = {"short": 0.17, "elbow": 0.27, "long": 0.46}.get(sleeve, 0.02)
    reach += float(generator.uniform(-0.03, 0.03)) if reach > 0.1 else 0.0
    collar = str(generator.choice(["round", "v", "high"], p=[0.6, 0.25, 0.15]))
    radius = float(generator.uniform(0.07, 0.115))
    if sleeve in ("none", "strap", "bra"):
        collar, radius = "round", float(generator.uniform(0.07, 0.095))
    drop = 0.8 if collar == "v" else 1.0
    centre = 0.56 if collar == "v" else 0.545
    front = np.where(y < -0.01, radius, radius * 0.85)
    neck = np.hypot(side, (z - centre) * drop) - front
    if collar == "high":
        neck = 0.602 - z
    hem = 0.045 if tucked else float(generator.uniform(-0.075, 0.06))
    if sleeve == "bra":
        hem = float(generator.uniform(0.17, 0.27))
    ceiling = (0.61 if collar == "high" else 0.575) - z
    cut = np.minimum.reduce([z - hem, reach - arm, neck, ceiling])
    if sleeve in ("strap", "bra", "none"):
        width = {"strap": 0.078, "bra": 0.075, "none": 0.055}[sleeve]
        hole = np.hypot(side - 0.185, (z - 0.47) / 1.25) - width
        cut = np.minimum(cut, np.where(side > 0.03, hole, 1))
    loose = float(generator.uniform(0.1, 1.3)) if sleeve != "bra" else 0.0
    spread = _step(0.6 - z, 0.0, 0.2)
    offset = (
        0.007 + 0.015 * loose * (0.3 + _creases(float(record["seed"][0]), 9.0)) * spread
    )
    if tucked:
        offset = np.where(
            z < 0.13, 0.004 + (offset - 0.004) * _step(z, 0.07, 0.13), offset
        )
    else:
        offset = offset + (0.009 + 0.006 * loose) * _step(0.16 - z, 0.0, 0.06)
    return Garment("tights", cut, offset, cut - 0.03, record)


def _jacket(generator: np.random.Generator, record: np.ndarray) -> Garment:
    side, y, z, arm = _coordinates()
    gap = float(generator.uniform(0.0, 0.06)) + 0.08 * _step(z, 0.2, 0.55)
    opening = np.where(y < 0.0, side - gap, 1.0)
    neck = np.hypot(side, z - 0.56) - 0.075
    cut = np.minimum.reduce(
        [z - generator.uniform(-0.075, 0.03), 0.46 - arm, neck, opening, 0.585 - z]
    )
    offset = 0.026 + 0.014 * _creases(float(record["seed"][0]) + 5, 8.0) + 0 * z
    return Garment("tights", cut, offset, cut - 0.06, record)


def _legwear(generator: np.random.Generator, record: np.ndarray, kind: str) -> Garment:
    side, _, z, _ = _coordinates()
    end = {
        "trousers": -0.745,
        "wide": -0.755,
        "leggings": float(generator.choice([-0.73, -0.60, -0.50])),
        "shorts": float(generator.uniform(-0.43, -0.18)),
        "brief": -0.105,
    }[kind]
    waist = float(generator.uniform(0.06, 0.10))
    cut = np.minimum.reduce([waist - z, z - end, 0.30 - side])
    crease = _creases(float(record["seed"][0]) + 5, 9.0)
    if kind in ("leggings", "brief"):
        record["folds"] *= 0.25
        offset = np.full_like(z, 0.0035)
    else:
        width = {"trousers": 0.4, "wide": 1.6, "shorts": 1.2}[kind]
        width *= float(generator.uniform(0.4, 1.3))
        offset = 0.006 + 0.010 * crease * _step(0.1 - z, 0.0, 0.2)
        offset = offset + 0.020 * width * _step(0.05 - z, 0.0, 0.35)
        inner = _step(side, 0.03, 0.09)  # legs must not grow through one another
        offset = 0.005 + (offset - 0.005) * (0.35 + 0.65 * inner)
    return Garment("tights", cut, offset, cut - 0.025, record)


def _skirt(
    generator: np.random.Generator, record: np.ndarray, dress: bool
) -> list[Garment]:
    side, _, z, _ = _coordinates()
    end = -float(generator.uniform(0.18, 0.66))
    skirt = Garment(
        "skirt", z - end, np.full_like(z, 0.004), np.full_like(z, -1.0), record
    )
    cut = np.minimum.reduce([(0.12 if dress else 0.10) - z, z + 0.12, 0.30 - side])
    under = Garment("tights", cut, np.full_like(z, 0.0035), cut - 0.03, record)
    return [skirt, under]


def _footwear(generator: np.random.Generator) -> list[Garment]:
    _, _, z, _ = _coordinates()
    kind = generator.choice(
        ["bare", "socks", "shoes", "both", "boots"], p=[0.16, 0.08, 0.4, 0.28, 0.08]
    )
    garments = []
    if kind in ("socks", "both"):
        top = float(generator.uniform(-0.71, -0.55))
        sock = material(cloth_colour(generator), Kind.CLOTH, folds=0.3, grain=0.1)
        cut = top - z
        garments.append(
            Garment("tights", cut, np.full_like(z, 0.002), cut - 0.02, sock)
        )
    if kind in ("shoes", "both", "boots"):
        top = -0.62 if kind == "boots" else float(generator.uniform(-0.755, -0.725))
        sole = linear(0.0, 0.0, generator.choice([0.08, 0.3, 0.9]))
        upper = material(
            sole,
            Kind.PLAIN,
            Pattern.BLOCKS,
            second=cloth_colour(generator) * generator.uniform(0.3, 1),
            box=(0, -0.803, 0, 0),
            gloss=generator.choice([0.05, 0.3]),
            grain=0.2,
        )
        cut = top - z
        # towards the sole the foot widens; toes vanish under the leather
        offset = 0.008 + 0.006 * _step(-0.74 - z, 0.0, 0.05)
        garments.append(Garment("tights", cut, offset, cut - 0.015, upper))
    return garments
