"""Down to the floor: crouching, picking up, sitting, kneeling and lying."""

from __future__ import annotations

import numpy as np

from human_capture.common.people.anatomy.skeleton import SIDES
from human_capture.common.people.movement import reaches
from human_capture.common.people.movement.actions.standing import (
    assembled,
    easy_chest,
    gaze,
    planted,
)
from human_capture.common.people.movement.choreography import Choreography, Reach
from human_capture.common.people.movement.feet import place_foot, stand
from human_capture.common.people.movement.limbs import FreeLeg
from human_capture.common.people.movement.orientations import apply, turn
from human_capture.common.people.movement.stage import Stage

BUTTOCK = 0.095  # metres from the hip joints down to the seat


def _squat(
    stage: Stage,
    depth: np.ndarray,
    width: tuple[float, float],
    hands: tuple[Reach, Reach],
) -> Choreography:
    """Both knees bent; ``depth`` 1 brings the hips near the heels."""
    feet, place, heading = planted(stage, width, 0.05)
    skeleton = stage.skeleton
    raised = stage.uniform(0.0, 0.6) if stage.chance(0.5) else 0.0
    for side in SIDES:  # deep crouches lift the heels
        ball = stand(skeleton, side, feet[side].ankle[:, :2], heading)
        outward = (1 if side == "left" else -1) * stage.uniform(0.1, 0.5)
        pitch = raised * np.clip(1.6 * depth - 0.6, 0, 1)
        feet[side] = place_foot(
            skeleton, side, ball, heading + outward, pitch, stage.constant()
        )
    scene = assembled(stage, feet, place, heading, hands)
    back = 0.12 * np.sin(np.pi * np.minimum(depth, 1)) * skeleton.leg
    scene.place = (
        scene.place + apply(turn(yaw=heading), np.outer(back, [0.0, 1.0, 0.0]))[:, :2]
    )
    scene.height = skeleton.ankle_height + skeleton.leg * (0.988 - 0.665 * depth)
    scene.pelvis = turn(0.75 * np.sin(np.pi * 0.62 * depth))
    scene.chest = easy_chest(stage) @ turn(0.25 * depth)
    scene.head = turn(-0.6 * depth) @ gaze(stage)
    return scene


def crouching(stage: Stage) -> Choreography:
    """Squats of any depth, held or repeated."""
    kinds = (reaches.talking, reaches.in_lap, reaches.pointing, reaches.outstretched)
    one, other = (kinds[int(k)](stage) for k in stage.random.integers(4, size=2))
    depth = stage.bouts((0.7, 1.4), (0.4, 2.0), 0.45)
    return _squat(stage, depth, (0.8, 2.4), (one, other))


def picking_up(stage: Stage) -> Choreography:
    """Bending down to something on the floor and coming up with it."""
    skeleton = stage.skeleton
    down = stage.bouts((0.8, 1.5), (0.3, 1.0), 0.95)
    stoop = stage.uniform(0.2, 1.0)  # 0 squats, 1 bends the back
    scene = _squat(stage, down * (0.95 - 0.65 * stoop), (0.9, 2.0), _rest(stage))
    scene.pelvis = scene.pelvis @ turn(0.75 * stoop * down)
    scene.chest = scene.chest @ turn(0.55 * stoop * down)
    back = np.outer(0.16 * stoop * down * skeleton.leg, [0.0, 1.0, 0.0])
    scene.place = scene.place + apply(turn(yaw=scene.heading), back)[:, :2]
    far, beside = stage.uniform(0.2, 0.4), stage.uniform(-0.3, 0.3)
    offset = apply(turn(yaw=scene.heading), np.array([beside, -far, 0.0]))
    spot = scene.place - apply(turn(yaw=scene.heading), back)[:, :2] + offset[:, :2]
    grip = reaches.on_floor(spot, stage.uniform(0.06, 0.2), stage.uniform(0.12, 0.3))
    hands = dict(scene.hands)
    busy = SIDES if stage.chance(0.6) else (SIDES[int(stage.chance(0.5))],)
    for side in busy:
        hands[side] = reaches.mixed(hands[side], grip, down)
    scene.hands = hands
    return scene


def _rest(stage: Stage) -> tuple[Reach, Reach]:
    other = reaches.talking(stage) if stage.chance(0.4) else reaches.hanging(stage)
    return other, reaches.hanging(stage)


def _seated(stage: Stage, hands: tuple[Reach, Reach]) -> Choreography:
    """On a chair or stool."""
    skeleton = stage.skeleton
    feet, place, heading = planted(stage, (0.7, 2.2), 0.12)
    scene = assembled(stage, feet, place, heading, hands)
    behind = skeleton.thigh * stage.uniform(0.6, 1.05)
    back = apply(turn(yaw=heading), np.array([0.0, behind, 0.0]))[:, :2]
    scene.place = place + back
    height = skeleton.shank * stage.uniform(0.92, 1.15) + skeleton.ankle_height
    scene.height = stage.constant(height)
    scene.seat = height - BUTTOCK
    slump = stage.uniform(-0.3, 0.2)
    scene.pelvis = turn(slump + 0.08 * stage.sway(3.0), 0.0, 0.06 * stage.sway(3.0))
    lean = stage.uniform(-0.05, 0.55) - 0.7 * slump
    scene.chest = turn(lean + 0.15 * stage.sway(3.0)) @ easy_chest(stage)
    scene.head = turn(-0.5 * lean) @ gaze(stage, 0.1)
    if stage.chance(0.3):
        _cross_legs(stage, scene)
    return scene


def _cross_legs(stage: Stage, scene: Choreography) -> None:
    """One knee over the other."""
    side = SIDES[int(stage.chance(0.5))]
    one = stage.constant(1.0)
    scene.legs = {
        side: FreeLeg(
            one,
            one * stage.uniform(1.75, 1.9) + 0.02 * stage.sway(2.0),
            one * -0.28,
            one * stage.uniform(1.2, 1.5) + 0.08 * stage.sway(1.5),
            one * -0.25,
            one * 0.35,
        )
    }


def sitting(stage: Stage) -> Choreography:
    """Sitting on a chair, hands in the lap, talking or folded."""
    kinds = (reaches.in_lap, reaches.in_lap, reaches.talking)
    one, other = (kinds[int(k)](stage) for k in stage.random.integers(3, size=2))
    if stage.chance(0.15):
        one, other = reaches.crossed(stage), reaches.crossed(stage)
    return _seated(stage, (one, other))


def eating(stage: Stage) -> Choreography:
    """Eating, at a table or standing."""
    seated = stage.chance(0.5)
    free = reaches.in_lap(stage) if seated else reaches.talking(stage)
    hands = (reaches.eating(stage), free)
    if stage.chance(0.5):
        hands = (free, reaches.eating(stage))
    if seated:
        scene = _seated(stage, hands)
    else:
        feet, place, heading = planted(stage)
        scene = assembled(stage, feet, place, heading, hands)
    scene.head = gaze(stage, 0.25, 0.4)
    return scene


def sitting_down(stage: Stage) -> Choreography:
    """From standing onto a chair and up again."""
    scene = _seated(stage, (reaches.hanging(stage), reaches.in_lap(stage)))
    scene.legs = {}
    down = stage.bouts((1.0, 1.8), (0.6, 2.0), 1.0)
    skeleton = stage.skeleton
    tall = 0.985 * skeleton.leg + skeleton.ankle_height
    seat, place = scene.height, scene.place
    feet = (scene.feet["left"].ankle + scene.feet["right"].ankle)[:, :2] / 2
    scene.height = tall + (seat - tall) * down
    scene.place = feet + (place - feet) * down[:, None]
    lean = 2.4 * down * (1 - down)
    scene.pelvis = scene.pelvis @ turn(1.1 * lean)
    scene.chest = scene.chest @ turn(0.35 * lean - 0.25 * (1 - down))
    scene.head = turn(-0.5 * lean) @ scene.head
    return scene


def floor_sitting(stage: Stage) -> Choreography:
    """On the floor: legs long, crossed or drawn up."""
    kinds = (reaches.in_lap, reaches.talking, reaches.anywhere)
    one, other = (kinds[int(k)](stage) for k in stage.random.integers(3, size=2))
    feet, place, heading = planted(stage)
    scene = assembled(stage, feet, place, heading, (one, other))
    style = int(stage.random.integers(3))
    lean = stage.uniform(-0.35, 0.1)
    scene.height = stage.constant(BUTTOCK + 0.005)
    scene.pelvis = turn(lean + 0.05 * stage.sway(3.0))
    scene.chest = turn(-0.5 * lean + stage.uniform(0.0, 0.3)) @ easy_chest(stage)
    one_, long = stage.constant(1.0), np.pi / 2 + lean
    for side in SIDES:
        knee = stage.uniform(1.2, 2.2) if style == 2 else stage.uniform(0.1, 0.35)
        # the law of sines puts the heel on the floor, whatever the bend of the knee
        rise = np.arctan2(
            stage.skeleton.shank * np.sin(knee),
            stage.skeleton.thigh + stage.skeleton.shank * np.cos(knee),
        )
        angles = (long + rise - 0.03, stage.uniform(0.0, 0.4), knee, 0.05, 0.35)
        if style == 1:  # cross-legged
            bent = 2.25 if side == "left" else 2.1
            angles = (long + 0.12, 0.78, bent, 1.15, 0.5)
        scene.legs[side] = FreeLeg(one_, *(one_ * angle for angle in angles))
    scene.head = turn(-0.3 * lean) @ scene.head
    return scene


def kneeling(stage: Stage) -> Choreography:
    """On both knees, upright or on the heels, or on one knee."""
    skeleton = stage.skeleton
    kinds = (reaches.in_lap, reaches.talking, reaches.hanging, reaches.anywhere)
    one, other = (kinds[int(k)](stage) for k in stage.random.integers(4, size=2))
    feet, place, heading = planted(stage, (0.8, 1.4), 0.0)
    scene = assembled(stage, feet, place, heading, (one, other))
    on, half = stage.constant(1.0), stage.chance(0.4)
    sunk = stage.constant(0.0) if half else stage.bouts((0.8, 1.4), (0.5, 2.0), 0.3)
    bow = 0.1 + 0.15 * stage.sway(3.0)
    flexion = 0.95 * sunk  # hips go back over the heels as they sink
    knee = np.pi / 2 + flexion - 0.05
    scene.height = 0.055 + skeleton.thigh * np.cos(flexion)
    scene.pelvis = turn(bow)
    scene.chest = turn(-0.5 * bow) @ easy_chest(stage)
    front = SIDES[int(stage.chance(0.5))]
    for side in SIDES:
        # angles are against the pelvis, whose bow they take back
        angles = (flexion + bow, 0.1 * on, knee, 0.05 * on, 1.2 * on)
        if half and side == front:
            angles = (1.5 * on + bow, 0.12 * on, 1.5 * on, 0.1 * on, -0.05 * on)
        scene.legs[side] = FreeLeg(on, *angles)
    return scene


def lying(stage: Stage) -> Choreography:
    """On the back, on the belly or on one side."""
    kinds = (reaches.hanging, reaches.overhead, reaches.outstretched, reaches.talking)
    one, other = (kinds[int(k)](stage) for k in stage.random.integers(4, size=2))
    feet, place, heading = planted(stage)
    style, on = int(stage.random.choice(3, p=[0.5, 0.3, 0.2])), stage.constant(1.0)
    if style == 1:
        one, other = reaches.overhead(stage), reaches.outstretched(stage)
    if style == 2:  # the arms lie before somebody on one side
        one, other = reaches.talking(stage), reaches.talking(stage)
    scene = assembled(stage, feet, place, heading, (one, other))
    depth, width = stage.skeleton.waist[1], stage.skeleton.waist[0]
    tilts = (turn(-np.pi / 2), turn(np.pi / 2), turn(0.0, np.pi / 2))
    scene.pelvis = tilts[style] + np.zeros((len(stage), 3, 3))
    scene.height = on * ((depth - 0.045, depth - 0.03, width + 0.05)[style])
    scene.chest = turn(0.04 * stage.sway(3.0), 0.06 * stage.sway(3.0)) @ turn(
        (0.05, -0.1, 0.15)[style]
    )
    scene.head = turn(0.1, yaw=0.0 if style != 1 else 1.0) @ gaze(stage, 0.0, 0.4)
    for side in SIDES:
        knee = stage.uniform(0.1, 1.6 if style == 0 or style == 2 else 0.4)
        rise = 0.5 * knee if style != 1 else 0.0
        knee_now = knee + 0.05 * stage.sway(2.0)
        scene.legs[side] = FreeLeg(
            on, on * rise, on * stage.uniform(0.0, 0.25), knee_now, 0.05 * on, 0.5 * on
        )
    return scene
