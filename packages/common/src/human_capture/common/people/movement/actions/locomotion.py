"""Walking, running and walking on a line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from human_capture.common.people.anatomy.skeleton import SIDES
from human_capture.common.people.movement import reaches
from human_capture.common.people.movement.actions.standing import (
    assembled,
    easy_chest,
    gaze,
)
from human_capture.common.people.movement.choreography import Choreography
from human_capture.common.people.movement.feet import (
    Foot,
    Footfalls,
    Gait,
    follow_footfalls,
)
from human_capture.common.people.movement.orientations import turn
from human_capture.common.people.movement.stage import Stage


@dataclass(frozen=True)
class Path:
    """A way over the floor at constant speed: an arc of any curvature.

    Attributes:
        speed: Metres a second.
        curvature: Of the way, in 1/m; positive turns left.
        heading: At time zero.
        start: Where time zero is.
    """

    speed: float
    curvature: float
    heading: float
    start: np.ndarray

    def at(self, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Positions and headings."""
        turned = self.speed * time * self.curvature
        heading = self.heading + turned
        # chord of the arc; the sinc form has no pole on a straight way
        chord = self.speed * time * np.sinc(turned / (2 * np.pi))
        middle = self.heading + turned / 2
        ahead = np.stack([np.sin(middle), -np.cos(middle)], -1)
        return self.start + chord[..., None] * ahead, heading


def random_path(stage: Stage, speed: float, tightest: float) -> Path:
    """A path that stays near the middle of the stage.

    Args:
        stage: Time and chance.
        speed: Metres a second.
        tightest: Largest curvature.
    """
    curvature = stage.uniform(0.6, 1.0) * tightest * (1 if stage.chance(0.5) else -1)
    if stage.chance(0.3) and stage.time[-1] * speed < 3:
        curvature *= 0.2
    heading, radius = stage.uniform(-np.pi, np.pi), 1 / curvature
    # the centre of the circle is near the middle: it lies to the left of the way
    left = np.array([np.cos(heading), np.sin(heading)])
    middle = stage.random.uniform(-0.3, 0.3, 2)
    if abs(radius) > 1.6:
        half = speed * stage.time[-1] / 2
        return Path(
            speed,
            curvature,
            heading,
            middle - half * np.array([np.sin(heading), -np.cos(heading)]),
        )
    return Path(speed, curvature, heading, middle - radius * left)


def strides(
    stage: Stage, path: Path, step: float, stance: float, width: float, gait: Gait
) -> tuple[dict[str, Foot], np.ndarray]:
    """Feet that walk along a path, and the phase of the gait.

    Args:
        stage: Time and chance.
        path: Where to.
        step: Time from one footfall to the next of the other foot.
        stance: Share of a stride in which a foot is down.
        width: Sideways distance of each foot from the path.
        gait: How feet move.
    """
    shift = stage.uniform(0.0, 2.0)
    count = int(stage.time[-1] / step) + 8
    middles = (np.arange(count) - 4 + shift) * step
    feet = {}
    for first, (side, sign) in enumerate(zip(SIDES, (1, -1), strict=True)):
        own = middles[first::2]
        places, yaws = path.at(own)
        left = np.stack([np.cos(yaws), np.sin(yaws)], -1)
        ahead = np.stack([np.sin(yaws), -np.cos(yaws)], -1)
        ball = places + sign * width * left + 0.10 * ahead
        half = stance * step
        falls = Footfalls(own - half, own + half, ball, yaws + sign * 0.08)
        feet[side] = follow_footfalls(stage.skeleton, side, stage.time, falls, gait)
    # the left foot is furthest ahead half a stance before the middle of its stance
    phase = np.pi * (stage.time - middles[0]) / step + np.pi / 2
    return feet, phase


def walking(stage: Stage) -> Choreography:
    """Walking a circle, a curve or straight on."""
    leg = stage.skeleton.leg / 0.79
    speed = stage.uniform(0.6, 1.7)
    step = 0.56 / (0.55 + 0.45 * speed / 1.25) * leg
    path = random_path(stage, speed, 0.9)
    gait = Gait(0.07 + 0.02 * speed, 0.35 + 0.2 * speed, 0.15, 0.28 * step / 0.56)
    width = stage.skeleton.hip_width * stage.uniform(0.4, 0.9)
    feet, phase = strides(stage, path, step, 0.61, width, gait)
    place, heading = path.at(stage.time)
    size = stage.uniform(0.1, 0.3) * np.sqrt(speed)
    swing = reaches.swinging(stage, phase, size, stage.uniform(0.0, 0.15))
    hands = (swing, swing)
    if stage.chance(0.2):
        hands = (swing, reaches.talking(stage))
    scene = assembled(stage, feet, place, heading, hands)
    tall = 0.985 - 0.012 * speed
    leg_height = tall * stage.skeleton.leg + stage.skeleton.ankle_height
    scene.height = leg_height + 0.014 * speed * np.cos(2 * phase - np.pi)
    lean, hip = 0.04 * speed, 0.09 * speed * np.cos(phase)
    scene.pelvis = turn(lean, -0.04 * np.sin(phase), -hip)
    scene.chest = easy_chest(stage, 0.6) @ turn(yaw=2.2 * hip)
    scene.head = turn(-lean, yaw=-0.6 * hip) @ gaze(stage)
    return scene


def running(stage: Stage) -> Choreography:
    """Running, with both feet off the floor between footfalls."""
    speed, step = stage.uniform(2.0, 3.6), stage.uniform(0.31, 0.38)
    path = random_path(stage, speed, 0.75)
    gait = Gait(0.22 + 0.07 * speed, 0.9, 0.05, 0.14)
    width = stage.skeleton.hip_width * stage.uniform(0.2, 0.5)
    feet, phase = strides(stage, path, step, 0.36, width, gait)
    place, heading = path.at(stage.time)
    swing = reaches.swinging(stage, phase, stage.uniform(0.2, 0.35), 1.0)
    scene = assembled(stage, feet, place, heading, (swing, swing))
    bounce = 0.035 * np.cos(2 * phase - np.pi * 0.1)
    tall = 0.95 * stage.skeleton.leg + stage.skeleton.ankle_height
    scene.height = tall + bounce
    hip = 0.16 * np.cos(phase)
    scene.pelvis = turn(stage.uniform(0.1, 0.25), 0.04 * np.sin(phase), -hip)
    scene.chest = turn(stage.uniform(-0.05, 0.1), yaw=2.4 * hip)
    scene.head = turn(-0.15, yaw=-1.0 * hip) @ gaze(stage, size=0.5)
    scene.swivel = {side: stage.constant(0.2) for side in SIDES}
    return scene


def line_walking(stage: Stage) -> Choreography:
    """Walking heel to toe on a line, arms spread and the trunk balancing."""
    skeleton = stage.skeleton
    foot = float(skeleton.heel - skeleton.bone("left", "toe2-1")[1]) + 0.09
    step = stage.uniform(0.8, 1.3)
    path = Path(foot / step, 0.0, stage.uniform(-np.pi, np.pi), np.zeros(2))
    path = Path(path.speed, 0.0, path.heading, -path.at(stage.time[-1:] / 2)[0][0])
    gait = Gait(stage.uniform(0.06, 0.2), 0.2, 0.1, 0.3)
    feet, phase = strides(stage, path, step, 0.7, 0.01, gait)
    place, heading = path.at(stage.time)
    hands = (reaches.outstretched(stage), reaches.outstretched(stage))
    scene = assembled(stage, feet, place, heading, hands)
    wobble = 0.22 * stage.sway(0.9)
    scene.pelvis = turn(0.04, -0.4 * wobble, 0.1 * np.cos(phase))
    scene.chest = turn(0.05 + 0.1 * stage.sway(1.2), wobble, 0.2 * stage.sway(1.5))
    scene.head = turn(0.3, -0.4 * wobble) @ gaze(stage, size=0.4)
    return scene
