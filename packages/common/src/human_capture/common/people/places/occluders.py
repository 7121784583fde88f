"""Where things stand: around people, between them and cameras, under who sits."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from human_capture.common.people.drawing.textures import PROCEDURAL
from human_capture.common.people.looks.surface import body_surface
from human_capture.common.people.places.furniture import (
    Prop,
    box,
    chair,
    crate,
    ladder,
    post,
    sample_record,
    table,
    tripod,
)

KINDS = (table, chair, ladder, tripod, crate, crate, post, post)


def sample_clutter(
    seed: int,
    count: int,
    nearest: float = 1.0,
    farthest: float = 3.5,
    pictures: int = PROCEDURAL,
    centre: tuple[float, float] = (0.0, 0.0),
) -> list[Prop]:
    """Things around a person; seen from some camera they hide a part of it.

    Args:
        seed: Same seed, same things.
        count: How many things.
        nearest: Distance of the closest from `centre`, in metres.
        farthest: Distance of the farthest, in metres.
        pictures: Number of pictures in the texture bank.
        centre: The person's place on the floor, metres.
    """
    generator = np.random.default_rng([seed, 32452843])
    props: list[Prop] = []
    for _ in range(count):
        angle = generator.uniform(0, 2 * np.pi)
        radius = np.sqrt(generator.uniform(nearest**2, farthest**2))
        place = np.array(centre) + radius * np.array([np.cos(angle), np.sin(angle)])
        props += KINDS[generator.integers(len(KINDS))](generator, place, pictures)
    return props


def sample_occluders(
    seed: int,
    centres: Float[np.ndarray, "view 3"],
    target: Float[np.ndarray, "3"],
    count: int,
    pictures: int = PROCEDURAL,
) -> list[Prop]:
    """Things on the lines from cameras to a person, each hiding a part in some view.

    Args:
        seed: Same seed, same things.
        centres: Of the cameras, in the world.
        target: What they look at, in the world.
        count: How many things.
        pictures: Number of pictures in the texture bank.
    """
    generator = np.random.default_rng([seed, 49979687])
    props: list[Prop] = []
    for _ in range(count):
        camera = centres[generator.integers(len(centres))]
        line = target - camera
        along = generator.uniform(0.45, 0.85)
        place = (camera + along * line)[:2] + generator.normal(0, 0.12, 2)
        if generator.random() < 0.7:
            props += KINDS[generator.integers(len(KINDS))](generator, place, pictures)
            continue
        # a board or branch in the air, at the height of the line of sight
        height = (camera + along * line)[2] + generator.normal(0, 0.35)
        size = generator.uniform(0.05, 0.55, 3)
        record = sample_record(generator, pictures)
        props.append(box([*place, height], size, generator.uniform(0, 3), record))
    return props


def seat(
    vertices: Float[np.ndarray, "vertex 3"], seed: int, pictures: int = PROCEDURAL
) -> Prop | None:
    """A block from the floor to the underside of somebody who sits, else None.

    Args:
        vertices: Posed body vertices in the world, floor at z = 0.
        seed: Decides size and look.
        pictures: Number of pictures in the texture bank.
    """
    surface = body_surface()
    rest = surface.canonical
    thigh = vertices[surface.thigh]
    hip = thigh[rest[surface.thigh][:, 2] > -0.03]
    knee = vertices[(np.abs(rest[:, 2] + 0.40) < 0.03) & (rest[:, 2] < 0)]
    upright = vertices[:13380, 2].max() - vertices[:13380, 2].min()
    fallen = hip[:, 2].mean() - knee[:, 2].mean()
    if fallen > 0.16 * upright or hip[:, 2].min() < 0.15:
        return None
    generator = np.random.default_rng([seed, 86028121])
    height = float(np.quantile(thigh[:, 2], 0.03))
    forward = (knee.mean(0) - hip.mean(0))[:2]
    turn = float(np.arctan2(forward[1], forward[0]))
    size = generator.uniform([0.30, 0.38], [0.44, 0.8])
    unit = forward / (np.linalg.norm(forward) + 1e-9)
    place = (hip.mean(0)[:2] + unit * 0.03).astype(float)
    record = sample_record(generator, pictures)
    return box([*place, height / 2], [*size, height], turn, record)
