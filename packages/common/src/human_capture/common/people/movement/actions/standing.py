# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""The ground of most actions: standing, shifting weight, stepping about, looking."""

from __future__ import annotations

import numpy as np

from human_capture.common.people.anatomy.skeleton import SIDES
from human_capture.common.people.movement.choreography import Choreography, Reach
from human_capture.common.people.movement.feet import (
    Foot,
    Footfalls,
    Gait,
    follow_footfalls,
    place_foot,
    stand,
    swing_height,
)
from human_capture.common.people.movement.orientations import apply, turn
from human_capture.common.people.movement.reaches import hanging
from human_capture.common.people.movement.stage import Stage

STEP = Gait(lift=0.05, heel_off=0.25, toe_up=0.05, roll=0.3)


def standing(stage: Stage, hands: tuple[Reach, Reach] | None = None) -> Choreography:
    """Somebody who stands, steps about now and then, sways and looks around.

    Args:
        stage: Time, chance and the performer.
        hands: What left and right hand do; they hang when omitted.
    """
    feet, place, heading = stepping(stage) if stage.chance(0.4) else planted(stage)
    return assembled(stage, feet, place, heading, hands)


def assembled(
    stage: Stage,
    feet: dict[str, Foot],
    place: np.ndarray,
    heading: np.ndarray,
    hands: tuple[Reach, Reach] | None = None,
) -> Choreography:
    """An easy upright posture over given feet.

    Args:
        stage: Time, chance and the performer.
        feet: Where they are.
        place: Floor point under the pelvis.
        heading: Of the body.
        hands: What left and right hand do; they hang when omitted.
    """
    hands = hands or (hanging(stage), hanging(stage))
    skeleton = stage.skeleton
    height = skeleton.leg * (0.996 + 0.006 * stage.sway(3.0)) + skeleton.ankle_height
    return Choreography(
        stage=stage,
        place=place,
        heading=heading,
        height=height,
        pelvis=turn(0.05 * stage.sway(3.0), 0.05 * stage.sway(2.5), easy_yaw(stage)),
        chest=easy_chest(stage),
        head=gaze(stage),
        feet=feet,
        hands=dict(zip(SIDES, hands, strict=True)),
        wrists={side: easy_wrist(stage) for side in SIDES},
        swivel={side: 0.3 * stage.sway(2.0) for side in SIDES},
    )


def easy_yaw(stage: Stage) -> np.ndarray:
    """Turns of the pelvis over standing feet."""
    return stage.uniform(-0.15, 0.15) + 0.15 * stage.sway(3.0)


def easy_chest(stage: Stage, size: float = 1.0) -> np.ndarray:
    """Small bends and turns of the spine."""
    lean = stage.uniform(-0.05, 0.15) + 0.1 * stage.sway(2.5)
    return turn(size * lean, size * 0.1 * stage.sway(2.5), size * 0.2 * stage.sway(2.0))


def gaze(stage: Stage, down: float = 0.05, size: float = 1.0) -> np.ndarray:
    """A head that looks about.

    Args:
        stage: Time and chance.
        down: Usual pitch in radians.
        size: 1 for looking about freely.
    """
    pitch = down + size * 0.25 * stage.sway(1.8)
    yaw = size * (stage.uniform(-0.2, 0.2) + 0.5 * stage.sway(1.6))
    return turn(pitch, 0.12 * size * stage.sway(2.0), yaw)


def easy_wrist(stage: Stage) -> np.ndarray:
    """Pronation, flexion and deviation of a hand at ease."""
    middle = np.array([stage.uniform(-0.4, 0.8), 0.0, 0.0])
    return middle + np.array([0.35, 0.3, 0.15]) * stage.drift(1.5)


def centre_of(feet: dict[str, Foot]) -> np.ndarray:
    """The floor point midway between the ankles."""
    return (feet["left"].ankle[:, :2] + feet["right"].ankle[:, :2]) / 2


def planted(
    stage: Stage, width: tuple[float, float] = (0.7, 1.9), ahead: float = 0.08
) -> tuple[dict[str, Foot], np.ndarray, np.ndarray]:
    """Feet that stay where they are, the place over them and the heading.

    Args:
        stage: Time and chance.
        width: Range of the stance, in hip widths.
        ahead: How far one foot may stand before the other.
    """
    heading = stage.constant(stage.uniform(-np.pi, np.pi))
    place = stage.random.uniform(-0.4, 0.4, 2) + np.zeros((len(stage), 2))
    apart = stage.skeleton.hip_width * stage.uniform(*width)
    offset = stage.uniform(-ahead, ahead)
    feet = {}
    for side, sign in zip(SIDES, (1, -1), strict=True):
        local = np.array([sign * apart, sign * offset, 0.0])
        yaw = heading + sign * stage.uniform(-0.05, 0.4)
        spot = place + apply(turn(yaw=heading), local)[:, :2]
        ball = stand(stage.skeleton, side, spot, yaw)
        zero = stage.constant()
        feet[side] = place_foot(stage.skeleton, side, ball, yaw, zero, zero)
    weight = 0.3 * apart * (stage.uniform(-0.5, 0.5) + stage.sway(3.5))
    sway = np.column_stack([weight, 0.015 * stage.sway(3.0), 0 * weight])
    return feet, centre_of(feet) + apply(turn(yaw=heading), sway)[:, :2], heading


def stepping(
    stage: Stage, pause: tuple[float, float] = (0.1, 2.0), pace: float = 0.22
) -> tuple[dict[str, Foot], np.ndarray, np.ndarray]:
    """Feet that step about, the place that follows them and the heading.

    Args:
        stage: Time and chance.
        pause: Range of the rests between steps, in seconds.
        pace: Largest step of the whole body, in metres along either axis.
    """
    duration = stage.uniform(0.45, 0.7)
    starts = [-stage.uniform(2.0, 6.0)]
    while starts[-1] < stage.time[-1] + 1:
        starts.append(starts[-1] + duration + stage.uniform(*pause))
    count = len(starts) + 3
    random = stage.random
    middles = random.uniform(-0.4, 0.4, 2)
    middles = middles + np.cumsum(random.uniform(-pace, pace, (count, 2)), 0)
    middles -= middles[count // 2] - random.uniform(-0.4, 0.4, 2)
    headings = stage.uniform(-np.pi, np.pi) + np.cumsum(random.normal(0, 0.25, count))
    begin = np.concatenate([np.array(starts), starts[-1] + np.array([3, 6, 9])])
    feet, lifted = {}, {}
    for first, (side, sign) in enumerate(zip(SIDES, (1, -1), strict=True)):
        lands, leaves = begin[first:-2:2] + duration, begin[first + 2 :: 2]
        picked = slice(first, first + 2 * len(lands), 2)
        across = turn(yaw=headings[picked])[:, :2, 0]
        apart = stage.skeleton.hip_width * random.uniform(0.8, 1.5, (len(lands), 1))
        falls = Footfalls(
            lands, leaves, middles[picked] + sign * apart * across, headings[picked]
        )
        feet[side] = follow_footfalls(stage.skeleton, side, stage.time, falls, STEP)
        lifted[side] = swing_height(falls.swing(stage.time)[1])[:, None]
    # the weight moves over the foot that stays
    left = 1 - 0.7 * lifted["left"] + 0.7 * lifted["right"]
    place = (
        left * feet["left"].ankle[:, :2] + (2 - left) * feet["right"].ankle[:, :2]
    ) / 2
    return feet, place, heading_of(feet)


def heading_of(feet: dict[str, Foot]) -> np.ndarray:
    """The mean direction of the feet."""
    ahead = -(feet["left"].rotation[:, :2, 1] + feet["right"].rotation[:, :2, 1])
    return np.unwrap(np.arctan2(ahead[:, 0], -ahead[:, 1]))
