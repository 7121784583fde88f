# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""What hands do: wishes of the wrists, relative to shoulders, head or hips.

Coordinates are (forward, outward, up); outward is away from the middle of the body, so
that one wish serves both hands. Distances from the shoulder are in arm lengths,
distances from head and hips in metres.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from human_capture.common.people.anatomy.skeleton import Torso
from human_capture.common.people.movement.choreography import Reach
from human_capture.common.people.movement.orientations import (
    FORWARD,
    LEFT,
    UP,
    apply,
    dot,
    unit,
)
from human_capture.common.people.movement.stage import Stage

Coordinates = Float[np.ndarray, "frame 3"]


def _body_axes(
    coordinates: Float[np.ndarray, "*frame 3"], side: str
) -> Float[np.ndarray, "*frame 3"]:
    outward = LEFT if side == "left" else -LEFT
    return coordinates @ np.stack([FORWARD, outward, UP])


def from_shoulder(coordinates: Coordinates) -> Reach:
    """A place given from the resting shoulder, in the frame of the chest."""

    def target(torso: Torso, side: str) -> np.ndarray:
        local = torso.skeleton.arm * _body_axes(coordinates, side)
        return _shoulder(torso, side) + apply(torso.chest, local)

    return target


def _shoulder(torso: Torso, side: str) -> np.ndarray:
    """The shoulder joint while the arm rests."""
    skeleton = torso.skeleton
    offset = skeleton.bone(side, "upperarm01") - skeleton.joints["neck01"]
    return torso.column["neck01"] + apply(torso.chest, offset)


def from_head(coordinates: Coordinates) -> Reach:
    """A place given from the middle of the head, in its frame."""

    def target(torso: Torso, side: str) -> np.ndarray:
        middle = np.array([0, -0.035, 0.075])
        local = middle + _body_axes(coordinates, side)
        return torso.column["head"] + apply(torso.head, local)

    return target


def from_hips(coordinates: Coordinates) -> Reach:
    """A place given from between the hips, in the frame of the pelvis."""

    def target(torso: Torso, side: str) -> np.ndarray:
        return torso.position + apply(torso.pelvis, _body_axes(coordinates, side))

    return target


def on_floor(place: Float[np.ndarray, "frame 2"], apart: float, height: float) -> Reach:
    """A place in the world, with either hand on its own side of it."""

    def target(torso: Torso, side: str) -> np.ndarray:
        outward = apply(torso.pelvis, LEFT if side == "left" else -LEFT)
        level = np.column_stack([place, np.full(len(place), height)])
        return level + apart * outward * [1, 1, 0]

    return target


def mixed(first: Reach, second: Reach, share: Float[np.ndarray, " frame"]) -> Reach:
    """From one wish to another on an arc about the shoulder; 0 is the first."""

    def target(torso: Torso, side: str) -> np.ndarray:
        weight = share[:, None]
        shoulder = _shoulder(torso, side)
        start, end = first(torso, side) - shoulder, second(torso, side) - shoulder
        far = [np.sqrt(dot(x, x)) for x in (start, end)]
        straight = (1 - weight) * start + weight * end
        # a way through the shoulder or behind it is led round before it
        opposed = 1.4 - dot(start, end) / (far[0] * far[1])
        aside = apply(torso.chest, _body_axes(np.array([0.6, 0.5, 0.0]), side))
        straight = straight + weight * (1 - weight) * opposed * aside
        length = (1 - weight) * far[0] + weight * far[1]
        return shoulder + unit(straight) * length

    return target


def _around(
    stage: Stage, centre: tuple[float, float, float], spread: tuple[float, float, float]
) -> Coordinates:
    """A wandering about a place, at a pace of its own."""
    return np.array(centre) + np.array(spread) * stage.drift(stage.uniform(0.7, 1.8))


def hanging(stage: Stage) -> Reach:
    """Beside the thigh."""
    middle = (0.06, 0.14 + 0.1 * stage.uniform(0.0, 1.0), -0.955)
    return from_shoulder(_around(stage, middle, (0.05, 0.03, 0.01)))


def talking(stage: Stage) -> Reach:
    """Gestures before the body."""
    middle = (stage.uniform(0.4, 0.65), stage.uniform(-0.2, 0.1), -0.4)
    return from_shoulder(_around(stage, middle, (0.22, 0.3, 0.3)))


def pointing(stage: Stage) -> Reach:
    """Showing the way with an almost stretched arm."""
    middle = (stage.uniform(0.55, 0.9), stage.uniform(-0.1, 0.6), 0.0)
    return from_shoulder(_around(stage, middle, (0.15, 0.35, 0.35)))


def phoning(stage: Stage) -> Reach:
    """A hand that holds something to the ear."""
    return from_head(_around(stage, (0.08, 0.12, -0.17), (0.012, 0.008, 0.012)))


def eating(stage: Stage) -> Reach:
    """To the mouth and back, again and again."""
    mouth = from_head(_around(stage, (0.20, 0.06, -0.13), (0.01, 0.02, 0.01)))
    plate = from_shoulder(_around(stage, (0.6, -0.1, -0.55), (0.08, 0.12, 0.05)))
    return mixed(plate, mouth, stage.bouts((0.6, 1.1), (0.2, 1.5), 0.9))


def photographing(stage: Stage) -> Reach:
    """Holding a camera before the eyes."""
    far = stage.uniform(0.22, 0.42)
    return from_head(_around(stage, (far, 0.11, -0.08), (0.03, 0.01, 0.03)))


def waving(stage: Stage) -> Reach:
    """Beside the head, to and fro."""
    wave = np.sin(
        2 * np.pi * (stage.uniform(1.0, 2.0) * stage.time + stage.uniform(0.0, 1.0))
    )
    middle = np.array([stage.uniform(0.15, 0.5), stage.uniform(0.2, 0.5), 0.0])
    middle[2] = stage.uniform(0.25, 0.75)
    size = stage.uniform(0.1, 0.28) * (0.6 + 0.4 * stage.sway(3.0))
    wandering = middle + 0.04 * stage.drift(2.0)
    return from_shoulder(wandering + np.outer(size * wave, [0, 1, 0.15]))


def on_hip(stage: Stage) -> Reach:
    """A hand put on the hip."""
    outward = stage.skeleton.waist[0] + 0.065
    return from_hips(_around(stage, (-0.01, outward, 0.09), (0.01, 0.005, 0.01)))


def crossed(stage: Stage) -> Reach:
    """Arms folded before the chest; the left lies over the right."""
    coordinates = _around(stage, (0.0, 0.0, 0.0), (0.01, 0.01, 0.02))
    depth = stage.skeleton.waist[1]

    def target(torso: Torso, side: str) -> np.ndarray:
        over = 0.115 if side == "left" else 0.06
        height = -0.19 if side == "left" else -0.225
        local = coordinates + np.array([depth + over, -0.07, height])
        return torso.column["neck01"] + apply(torso.chest, _body_axes(local, side))

    return target


def in_lap(stage: Stage) -> Reach:
    """Hands on the thighs of a seated person."""
    far = stage.uniform(0.55, 0.85) * stage.skeleton.thigh
    middle = (far, stage.uniform(0.06, 0.14), stage.uniform(0.10, 0.13))
    return from_hips(_around(stage, middle, (0.04, 0.02, 0.01)))


def overhead(stage: Stage) -> Reach:
    """Above the head."""
    middle = (stage.uniform(-0.05, 0.25), stage.uniform(-0.15, 0.35), 0.9)
    return from_shoulder(_around(stage, middle, (0.12, 0.12, 0.08)))


def outstretched(stage: Stage) -> Reach:
    """To the side, as one does to keep balance."""
    middle = (stage.uniform(-0.1, 0.25), 0.93, stage.uniform(-0.15, 0.2))
    return from_shoulder(_around(stage, middle, (0.12, 0.04, 0.22)))


def behind(stage: Stage) -> Reach:
    """Behind the back, low."""
    depth = stage.skeleton.waist[1] + 0.09
    middle = (-depth - 0.02, stage.uniform(-0.03, 0.1), stage.uniform(0.02, 0.14))
    return from_hips(_around(stage, middle, (0.01, 0.03, 0.02)))


def on_head(stage: Stage) -> Reach:
    """Hands folded on or behind the head."""
    middle = (stage.uniform(-0.16, 0.04), 0.13, stage.uniform(-0.02, 0.12))
    return from_head(_around(stage, middle, (0.01, 0.01, 0.02)))


def anywhere(stage: Stage, pace: float = 1.0) -> Reach:
    """From end to end of what a shoulder can reach: up, down, behind and across.

    Args:
        stage: Time and chance.
        pace: Seconds between two places.
    """

    def place(_: int) -> np.ndarray:
        azimuth = stage.uniform(-0.6, 2.0)  # 0 is ahead, positive outwards
        height = stage.uniform(-0.97, 0.99)
        if azimuth > 1.6:  # backwards the shoulder gives way only at middle heights
            height = stage.uniform(-0.9, 0.45)
        far = stage.uniform(0.45, 1.0) ** 0.6
        return np.array([azimuth, np.arcsin(height), far])

    times = (0.6 * pace, 1.4 * pace)
    azimuth, height, far = stage.keyed(place, times, (0.0, 0.5 * pace)).T
    ahead, aside = np.cos(azimuth), np.sin(azimuth)
    level = np.stack([ahead * np.cos(height), aside * np.cos(height), np.sin(height)])
    return from_shoulder((far * level).T)


def swinging(stage: Stage, phase: np.ndarray, size: float, bent: float) -> Reach:
    """Arms that swing against the legs.

    Args:
        stage: Time and chance.
        phase: Of the gait in radians; the left foot is ahead at 0.
        size: How far, in arm lengths.
        bent: 0 for hanging arms, 1 for the bent arms of a runner.
    """
    outward, lean = stage.uniform(0.1, 0.22), stage.uniform(-0.02, 0.06)

    def target(torso: Torso, side: str) -> np.ndarray:
        swing = -np.cos(phase) if side == "left" else np.cos(phase)
        ahead = lean + size * swing + 0.35 * bent
        height = -0.95 + 0.4 * bent + (0.06 + 0.22 * bent) * np.maximum(swing, -0.5)
        width = outward - 0.16 * bent * (0.5 + 0.5 * swing)
        return from_shoulder(np.column_stack([ahead, width, height]))(torso, side)

    return target
