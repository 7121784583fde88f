# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""The reach of joints: arms anywhere, bends, lunges, balance, kicks and jumps."""

from __future__ import annotations

import numpy as np

from human_capture.common.people.anatomy.skeleton import SIDES
from human_capture.common.people.movement import reaches
from human_capture.common.people.movement.actions.standing import (
    assembled,
    centre_of,
    gaze,
    planted,
    standing,
)
from human_capture.common.people.movement.choreography import Choreography, Reach
from human_capture.common.people.movement.feet import Foot, place_foot, stand
from human_capture.common.people.movement.limbs import FreeLeg
from human_capture.common.people.movement.orientations import apply, ease, turn
from human_capture.common.people.movement.stage import Stage


def reaching(stage: Stage) -> Choreography:
    """Arms to anywhere they can reach: up, down, across and behind."""
    pace = stage.uniform(0.6, 1.4)
    first = reaches.anywhere(stage, pace)
    together = stage.chance(0.35)  # both arms alike, as in exercises
    scene = standing(
        stage, (first, first if together else reaches.anywhere(stage, pace))
    )
    scene.chest = bends(stage, 0.6)
    return scene


def bends(stage: Stage, size: float = 1.0) -> np.ndarray:
    """A spine that bends forwards, back and sideways and turns, up to its limits."""
    times = ((0.6, 1.4), (0.0, 0.6))
    low, high = np.array([-0.35, -0.45, -0.7]), np.array([0.75, 0.45, 0.7])
    draw = stage.random.uniform
    angles = size * stage.keyed(lambda _: draw(low, high), *times)
    return turn(*angles.T)


def stretching(stage: Stage) -> Choreography:
    """Side bends, turns and bows with arms up, spread, folded or on the hips."""
    kinds = (reaches.overhead, reaches.outstretched, reaches.on_hip, reaches.on_head)
    one, other = (kinds[int(k)] for k in stage.random.integers(4, size=2))
    if stage.chance(0.5):
        other = one
    feet, place, heading = planted(stage, (1.0, 3.5))
    scene = assembled(stage, feet, place, heading, (one(stage), other(stage)))
    scene.chest = bends(stage)
    scene.pelvis = scene.pelvis @ bends(stage, 0.3)
    return scene


def leaning(stage: Stage) -> Choreography:
    """The whole body tilted over its feet, any way."""
    hands = tuple(
        (reaches.hanging, reaches.outstretched, reaches.talking)[int(k)](stage)
        for k in stage.random.integers(3, size=2)
    )
    feet, place, heading = planted(stage, (0.8, 2.5), 0.25)
    scene = assembled(stage, feet, place, heading, (hands[0], hands[1]))
    times = ((0.8, 1.6), (0.2, 1.2))
    draw = stage.random.uniform
    tilt = stage.keyed(lambda _: draw([-0.25, -0.4], [0.45, 0.4]), *times)
    scene.pelvis = turn(tilt[:, 0], tilt[:, 1]) @ scene.pelvis
    tall = stage.skeleton.leg
    lean = np.column_stack([np.sin(tilt[:, 1]), -np.sin(tilt[:, 0]), 0 * tilt[:, 0]])
    scene.place = scene.place + apply(turn(yaw=heading), 0.55 * tall * lean)[:, :2]
    scene.chest = bends(stage, 0.3)
    return scene


def _one_leg(stage: Stage, scene: Choreography, side: str, share: np.ndarray) -> None:
    """Move the weight over the other foot while ``side`` is lifted."""
    other = "right" if side == "left" else "left"
    support = scene.feet[other].ankle[:, :2]
    weight = 0.92 * ease(np.clip(1.6 * share, 0, 1))[:, None]
    scene.place = scene.place * (1 - weight) + support * weight


def _lifted(
    stage: Stage, share: np.ndarray, low: tuple[float, ...], high: tuple[float, ...]
) -> FreeLeg:
    """A leg that changes between random angles while it is lifted.

    Args:
        stage: Time and chance.
        share: How far the leg has left the floor.
        low: Least flexion, abduction, knee bend, outward turn and foot stretch.
        high: The most of each.
    """
    draw = stage.random.uniform
    angles = stage.keyed(lambda _: draw(low, high), (0.5, 1.2), (0.0, 0.8))
    return FreeLeg(share, *angles.T)


def leg_raising(stage: Stage) -> Choreography:
    """A leg lifted forwards, sideways or back, straight or bent."""
    feet, place, heading = planted(stage, (0.6, 1.2), 0.02)
    hands = tuple(
        (reaches.outstretched, reaches.on_hip, reaches.anywhere)[int(k)](stage)
        for k in stage.random.integers(3, size=2)
    )
    scene = assembled(stage, feet, place, heading, (hands[0], hands[1]))
    side = SIDES[int(stage.chance(0.5))]
    share = stage.bouts((0.5, 1.0), (0.5, 1.6), 1.0)
    low, high = (-0.4, -0.1, 0.05, -0.1, 0.0), (1.6, 0.7, 1.9, 0.5, 0.7)
    leg = _lifted(stage, share, low, high)
    scene.legs = {side: leg}
    _one_leg(stage, scene, side, share)
    sign = 1.0 if side == "left" else -1.0
    counter = -0.35 * sign * leg.abduction * share
    scene.pelvis = turn(-0.2 * leg.flexion * share, counter) @ scene.pelvis
    return scene


def balancing(stage: Stage) -> Choreography:
    """One leg or a narrow stance, arms spread, the trunk swaying or laid forwards."""
    feet, place, heading = planted(stage, (0.15, 0.8), 0.2)
    hands: tuple[Reach, Reach] = (
        reaches.outstretched(stage),
        reaches.outstretched(stage),
    )
    if stage.chance(0.25):
        hands = (reaches.overhead(stage), reaches.overhead(stage))
    scene = assembled(stage, feet, place, heading, hands)
    wobble = 0.2 * stage.sway(0.8)
    scene.chest = turn(0.1 * stage.sway(1.2), wobble, 0.2 * stage.sway(1.5))
    scene.head = turn(side=-0.5 * wobble) @ gaze(stage, 0.15, 0.5)
    if stage.chance(0.15):
        return scene
    side = SIDES[int(stage.chance(0.5))]
    share = stage.bouts((0.5, 1.0), (1.0, 3.0), 1.0)
    tilt = stage.uniform(0.3, 1.25) if stage.chance(0.4) else 0.0
    if tilt:  # a scale: trunk forwards, leg in one line behind it
        leg = _lifted(
            stage, share, (-0.35, 0.0, 0.05, 0.0, 0.3), (-0.05, 0.1, 0.4, 0.1, 0.8)
        )
        lean = turn(tilt * share)
        scene.head = turn(-0.6 * tilt * share) @ scene.head
    else:
        leg = _lifted(
            stage, share, (0.2, -0.1, 0.8, 0.0, 0.0), (1.4, 0.5, 2.2, 1.0, 0.5)
        )
        lean = turn(side=0.15 * wobble)
    scene.legs = {side: leg}
    scene.pelvis = lean @ scene.pelvis
    _one_leg(stage, scene, side, share)
    return scene


def lunging(stage: Stage) -> Choreography:
    """Deep steps forwards or sideways, and up again."""
    skeleton = stage.skeleton
    heading = stage.constant(stage.uniform(-np.pi, np.pi))
    sideways = stage.chance(0.35)
    long = skeleton.leg * stage.uniform(0.6, 0.95)
    first = 1 if stage.chance(0.5) else -1
    feet, depth = {}, stage.bouts((0.8, 1.4), (0.2, 1.2), 0.6)
    for side, sign in zip(SIDES, (1, -1), strict=True):
        step = first * sign * long / 2
        across, ahead = sign * skeleton.hip_width * 1.1, -step
        if sideways:
            across, ahead = sign * (0.25 * skeleton.leg + long / 2), 0.0
        local = np.array([across, ahead, 0.0])
        outward = 0.35 if sideways else 0.08
        yaw = heading + sign * outward
        spot = apply(turn(yaw=heading), local)[:, :2]
        ball = stand(skeleton, side, spot, yaw)
        back = 0.0 if sideways or step > 0 else 0.5 + 0.55 * depth
        zero = stage.constant()
        feet[side] = place_foot(skeleton, side, ball, yaw, zero + back, zero)
    kinds = (reaches.on_hip, reaches.outstretched, reaches.overhead, reaches.hanging)
    one, other = (kinds[int(k)](stage) for k in stage.random.integers(4, size=2))
    place = centre_of(feet)
    if sideways:
        shift = np.outer(first * 0.4 * long * depth, [1.0, 0.0, 0.0]) + np.array(
            [0.0, 0.05, 0.0]
        )
        place = place + apply(turn(yaw=heading), shift)[:, :2]
    scene = assembled(stage, feet, place, heading, (one, other))
    scene.height = skeleton.ankle_height + skeleton.leg * (0.86 - 0.4 * depth)
    scene.pelvis = turn(0.35 * depth if sideways else 0.1 * depth, 0.0, 0.0)
    scene.chest = bends(stage, 0.35)
    return scene


def kicking(stage: Stage) -> Choreography:
    """Kicks to the front or the side."""
    feet, place, heading = planted(stage, (0.7, 1.3), 0.15)
    guard = (reaches.talking(stage), reaches.outstretched(stage))
    scene = assembled(stage, feet, place, heading, guard)
    side = SIDES[int(stage.chance(0.5))]
    sign = 1.0 if side == "left" else -1.0
    beat = np.array([0.0, 0.25, 0.6, 1.0, 0.75, 0.3, 0.0, 0.0])
    knee = np.array([0.2, 1.6, 2.0, 0.15, 0.9, 1.2, 0.3, 0.2])
    ahead = np.array([0.0, -0.35, 0.7, 1.0, 0.95, 0.4, 0.0, 0.0])
    high, out = stage.uniform(0.7, 1.7), stage.uniform(0.0, 0.6)
    length = stage.uniform(1.4, 2.2)
    clock = (stage.time / length + stage.uniform(0.0, 1.0)) % 1 * (len(beat) - 1)

    def curve(keys: np.ndarray) -> np.ndarray:
        index = np.minimum(clock.astype(int), len(keys) - 2)
        share = ease(clock - index)
        return keys[index] * (1 - share) + keys[index + 1] * share

    share, kicked = np.minimum(1.0, 2.5 * curve(beat)), curve(ahead)
    share = ease(share)
    leg = FreeLeg(
        share,
        high * kicked,
        out * np.maximum(kicked, 0),
        curve(knee),
        0.5 * out + 0 * share,
        0.5 * share,
    )
    scene.legs = {side: leg}
    _one_leg(stage, scene, side, share)
    lean = turn(-0.3 * high * np.maximum(kicked, 0), -sign * 0.4 * out * kicked)
    scene.pelvis = lean @ scene.pelvis
    scene.chest = turn(0.25 * high * np.maximum(kicked, 0)) @ scene.chest
    return scene


def jumping(stage: Stage) -> Choreography:
    """Jumps from a crouch, arms thrown up."""
    skeleton = stage.skeleton
    top = stage.uniform(0.1, 0.4)
    flight = 2 * np.sqrt(2 * top / 9.81)
    length = float(1.35 + flight + stage.uniform(0.0, 0.8))
    clock = (stage.time + stage.uniform(0.0, length)) % length - 0.75
    air = np.clip(clock / flight, 0, 1)
    height = 4 * top * air * (1 - air)
    before = ease(1 + (clock + 0.35) / 0.4) * ease(-clock / 0.35)
    after = ease((clock - flight) / 0.15) * (1 - ease((clock - flight - 0.15) / 0.4))
    bend = stage.uniform(0.25, 0.4) * np.maximum(before, 0.7 * after)
    pointed = 0.9 * ease(air / 0.3) * ease((1 - air) / 0.3)
    _, place, heading = planted(stage, (0.8, 1.6), 0.05)
    spread = stage.uniform(0.0, 0.8) if stage.chance(0.4) else 0.0
    feet: dict[str, Foot] = {}
    apart = skeleton.hip_width * (1.2 + 2.5 * spread * np.sin(np.pi * air))
    for side, sign in zip(SIDES, (1, -1), strict=True):
        local = np.column_stack([sign * apart, 0 * apart, 0 * apart])
        spot = place + apply(turn(yaw=heading), local)[:, :2]
        ball = stand(skeleton, side, spot, heading + 0.15 * sign)
        tuck = 0.6 * stage.uniform(0.0, 0.3) * np.sin(np.pi * air) ** 2
        feet[side] = place_foot(
            skeleton, side, ball, heading + 0.15 * sign, pointed, height + tuck
        )
    thrown = ease((clock + 0.25) / 0.3) * (1 - ease((clock - flight) / 0.4))
    up = reaches.mixed(reaches.hanging(stage), reaches.overhead(stage), thrown)
    scene = assembled(stage, feet, place, heading, (up, up))
    tall = 0.985 * skeleton.leg + skeleton.ankle_height
    scene.height = tall * (1 - bend) + height + 0.1 * pointed
    scene.pelvis = turn(1.4 * bend)
    scene.chest = turn(0.8 * bend - 0.1 * thrown)
    return scene
