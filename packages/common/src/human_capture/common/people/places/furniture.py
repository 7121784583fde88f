"""Solid things: boxes, poles, tables, chairs, ladders, tripods."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Float, Int32

from human_capture.common.people.drawing.materials import (
    Kind,
    Pattern,
    linear,
    material,
)
from human_capture.common.people.looks.hair import tube

Place = Sequence[float | int] | Float[np.ndarray, "3"]


@dataclass(frozen=True)
class Prop:
    """A solid thing made of one material.

    Args:
        vertices: In the world, metres.
        faces: Outside counter-clockwise.
        flat: Metres along the surface at each vertex, for patterns.
        record: Its material, shape (1,).
    """

    vertices: Float[np.ndarray, "vertex 3"]
    faces: Int32[np.ndarray, "face 3"]
    flat: Float[np.ndarray, "vertex 2"]
    record: np.ndarray


def box(centre: Place, size: Place, turn: float, record: np.ndarray) -> Prop:
    """A block.

    Args:
        centre: In the world, metres.
        size: Along its axes, metres.
        turn: About the vertical, in radians.
        record: Its material.
    """
    half = np.asarray(size, float) / 2
    rotation = _turn(turn)
    vertices: list[np.ndarray] = []
    flat: list[np.ndarray] = []
    faces: list[list[int]] = []
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        for sign in (-1, 1):
            corners = np.zeros((4, 3))
            corners[:, axis] = sign * half[axis]
            corners[:, a] = half[a] * np.array([-1, 1, 1, -1])
            corners[:, b] = half[b] * np.array([-1, -1, 1, 1])
            start = 4 * len(vertices)
            order = [[0, 1, 2], [0, 2, 3]] if sign > 0 else [[0, 2, 1], [0, 3, 2]]
            faces += [[start + k for k in triangle] for triangle in order]
            vertices.append(corners)
            flat.append(corners[:, [b, a] if axis == 1 else [a, b]])
    placed = np.concatenate(vertices) @ rotation.T + np.asarray(centre, float)
    return Prop(placed, np.array(faces, np.int32), np.concatenate(flat), record)


def pole(start: Place, end: Place, radius: float, record: np.ndarray) -> Prop:
    """A round bar between two points.

    Args:
        start: One end, metres.
        end: The other.
        radius: In metres.
        record: Its material.
    """
    first, last = np.asarray(start, float), np.asarray(end, float)
    axis = last - first
    length = float(np.linalg.norm(axis))
    axis /= length
    helper = np.array([1.0, 0, 0]) if abs(axis[0]) < 0.7 else np.array([0, 1.0, 0])
    across = np.cross(axis, helper)
    across /= np.linalg.norm(across)
    frame = np.stack([radius * across, radius * np.cross(axis, across), axis * length])
    vertices, faces = _cylinder()
    angle = np.arange(10) * 2 * np.pi / 10
    flat = np.stack([np.tile(angle * radius, 2), np.repeat([0, length], 10)], 1)
    return Prop(vertices @ frame + first, faces, flat, record)


@cache
def _cylinder() -> tuple[np.ndarray, np.ndarray]:
    """A tube of radius and length one along z."""
    vertices, faces = tube(np.array([[0.0, 0, 0], [0, 0, 1]]), np.ones(2), 10)
    # the tube chose its own cross section; the frame's axes stand for x and y
    return vertices, faces


def sample_record(generator: np.random.Generator, pictures: int) -> np.ndarray:
    """A material of furniture: wood, paint, metal, or a picture.

    Args:
        generator: Decides everything.
        pictures: Number of pictures in the texture bank.
    """
    kind = generator.choice(
        ["paint", "wood", "dark", "picture"], p=[0.3, 0.3, 0.2, 0.2]
    )
    hue, saturation = generator.random(), generator.uniform(0, 0.6)
    value = generator.uniform(0.2, 0.95)
    if kind == "wood":
        hue, saturation, value = (
            0.08,
            generator.uniform(0.3, 0.6),
            generator.uniform(0.3, 0.8),
        )
    if kind == "dark":
        saturation, value = 0.05, generator.uniform(0.08, 0.3)
    return material(
        linear(hue, saturation, value),
        Kind.PLAIN,
        Pattern.WOOD if kind == "wood" else Pattern.PLAIN,
        scale=generator.uniform(4, 12),
        texture=generator.integers(pictures),
        texture_scale=generator.uniform(0.6, 2.5),
        texture_mix=1.0 if kind == "picture" else 0.0,
        gloss=generator.choice([0.03, 0.3]),
        seed=generator.uniform(0, 30),
    )


def table(
    generator: np.random.Generator, place: Float[np.ndarray, "2"], pictures: int
) -> list[Prop]:
    """A top on four legs.

    Args:
        generator: Decides size and look.
        place: Centre on the floor, metres.
        pictures: Number of pictures in the texture bank.
    """
    width, depth = generator.uniform(0.5, 1.5), generator.uniform(0.4, 0.8)
    height, turn = generator.uniform(0.42, 0.95), generator.uniform(0, np.pi)
    record = sample_record(generator, pictures)
    props = [box([*place, height], [width, depth, 0.04], turn, record)]
    return props + _legs(place, width, depth, height, turn, record)


def chair(
    generator: np.random.Generator, place: Float[np.ndarray, "2"], pictures: int
) -> list[Prop]:
    """A seat with a back on four legs.

    Args:
        generator: Decides size and look.
        place: Centre on the floor, metres.
        pictures: Number of pictures in the texture bank.
    """
    width, height = generator.uniform(0.38, 0.5), generator.uniform(0.4, 0.5)
    turn, back = generator.uniform(0, 2 * np.pi), generator.uniform(0.3, 0.55)
    record = sample_record(generator, pictures)
    behind = _turn(turn)[:2, :2] @ np.array([0, width / 2])
    props = [
        box([*place, height], [width, width, 0.04], turn, record),
        box(
            [*(place + behind), height + 0.12 + back / 2],
            [width, 0.03, back],
            turn,
            record,
        ),
    ]
    for side in (-0.45, 0.45):
        foot = place + behind + _turn(turn)[:2, :2] @ np.array([side * width, 0])
        props.append(pole([*foot, height], [*foot, height + 0.2], 0.015, record))
    return props + _legs(place, width, width, height, turn, record)


def ladder(
    generator: np.random.Generator, place: Float[np.ndarray, "2"], pictures: int
) -> list[Prop]:
    """Two rails with rungs, leaning or upright.

    Args:
        generator: Decides size and look.
        place: On the floor, metres.
        pictures: Number of pictures in the texture bank.
    """
    height, width = generator.uniform(1.2, 2.6), generator.uniform(0.3, 0.5)
    turn, lean = generator.uniform(0, np.pi), generator.uniform(-0.4, 0.4)
    record = sample_record(generator, pictures)
    across = _turn(turn) @ np.array([width / 2, 0, 0])
    top = _turn(turn) @ np.array([0, lean, height])
    foot = np.array([*place, 0.0])
    radius = generator.uniform(0.012, 0.025)
    props = [
        pole(foot + s * across, foot + s * across + top, radius, record)
        for s in (-1, 1)
    ]
    for t in np.arange(0.25, height, 0.28) / height:
        at = foot + t * top
        props.append(pole(at - across, at + across, radius * 0.8, record))
    return props


def tripod(
    generator: np.random.Generator, place: Float[np.ndarray, "2"], pictures: int
) -> list[Prop]:
    """Three legs that carry a box: a camera, a lamp.

    Args:
        generator: Decides size and look.
        place: On the floor, metres.
        pictures: Number of pictures in the texture bank.
    """
    height, spread = generator.uniform(0.9, 1.7), generator.uniform(0.25, 0.5)
    record = material(linear(0.0, 0.0, generator.uniform(0.05, 0.4)), gloss=0.2)
    head = np.array([*place, height])
    props = [
        box(head, generator.uniform(0.08, 0.3, 3), generator.uniform(0, 3), record)
    ]
    for k in range(3):
        angle = 2.1 * k + generator.uniform(0, 0.4)
        foot = np.array([*place, 0]) + spread * np.array(
            [np.cos(angle), np.sin(angle), 0]
        )
        props.append(pole(foot, head, 0.014, record))
    return props


def crate(
    generator: np.random.Generator, place: Float[np.ndarray, "2"], pictures: int
) -> list[Prop]:
    """A box on the floor: crate, cupboard, screen.

    Args:
        generator: Decides size and look.
        place: Centre on the floor, metres.
        pictures: Number of pictures in the texture bank.
    """
    size = generator.uniform([0.2, 0.1, 0.2], [1.2, 0.6, 2.0])
    record = sample_record(generator, pictures)
    return [box([*place, size[2] / 2], size, generator.uniform(0, np.pi), record)]


def post(
    generator: np.random.Generator, place: Float[np.ndarray, "2"], pictures: int
) -> list[Prop]:
    """A pole or pillar from the floor up, or a beam overhead.

    Args:
        generator: Decides size and look.
        place: On the floor, metres.
        pictures: Number of pictures in the texture bank.
    """
    record = sample_record(generator, pictures)
    height, radius = generator.uniform(1.0, 3.0), generator.uniform(0.015, 0.12)
    foot = np.array([*place, 0.0])
    return [pole(foot, foot + np.array([0, 0, height]), radius, record)]


def _legs(
    place: np.ndarray,
    width: float,
    depth: float,
    height: float,
    turn: float,
    record: np.ndarray,
) -> list[Prop]:
    props = []
    for sx in (-0.45, 0.45):
        for sy in (-0.45, 0.45):
            foot = place + _turn(turn)[:2, :2] @ np.array([sx * width, sy * depth])
            props.append(pole([*foot, 0], [*foot, height], 0.02, record))
    return props


def _turn(angle: float) -> Float[np.ndarray, "3 3"]:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
