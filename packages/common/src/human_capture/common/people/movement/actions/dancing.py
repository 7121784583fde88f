"""Dancing: arms, trunk and legs in rhythm, each with a mind of its own."""

from __future__ import annotations

import numpy as np

from human_capture.common.people.anatomy.skeleton import SIDES
from human_capture.common.people.movement import reaches
from human_capture.common.people.movement.actions.standing import (
    assembled,
    gaze,
    stepping,
)
from human_capture.common.people.movement.choreography import Choreography
from human_capture.common.people.movement.limbs import FreeLeg
from human_capture.common.people.movement.orientations import turn
from human_capture.common.people.movement.stage import Stage


def dancing(stage: Stage) -> Choreography:
    """Free dancing to a beat."""
    beat = 2 * np.pi * (stage.uniform(1.4, 2.2) * stage.time + stage.uniform(0.0, 1.0))
    feet, place, heading = stepping(stage, (0.0, 0.2), 0.35)
    pace = stage.uniform(0.4, 0.9)
    hands = (reaches.anywhere(stage, pace), reaches.anywhere(stage, pace))
    if stage.chance(0.3):
        hands = (reaches.overhead(stage), reaches.on_hip(stage))
    scene = assembled(stage, feet, place, heading, hands)
    deep = stage.uniform(0.04, 0.12) * (1 + stage.sway(3.0))
    bounce = deep * (0.5 - 0.5 * np.cos(beat))
    scene.height = scene.height * (0.97 - bounce)
    groove = stage.uniform(0.08, 0.22)
    scene.pelvis = turn(
        0.5 * groove * np.sin(beat),
        groove * np.sin(beat / 2),
        groove * stage.sway(0.8),
    )
    trunk = turn(0.12 * np.sin(beat + 1), -1.3 * groove * np.sin(beat / 2))
    scene.chest = trunk @ turn(0.2 * stage.sway(1.5), yaw=0.5 * stage.sway(0.9))
    scene.head = turn(0.12 * np.sin(beat)) @ gaze(stage)
    return scene


def mixing(stage: Stage) -> Choreography:
    """Everything at once: any arms over any trunk over any legs."""
    feet, place, heading = stepping(stage, (0.1, 1.2), 0.3)
    hands = (reaches.anywhere(stage), reaches.anywhere(stage))
    scene = assembled(stage, feet, place, heading, hands)
    draw = stage.random.uniform
    low, high = np.array([-0.3, -0.4, -0.6]), np.array([0.9, 0.4, 0.6])
    scene.chest = turn(*stage.keyed(lambda _: draw(low, high), (0.6, 1.4)).T)
    scene.pelvis = turn(*stage.keyed(lambda _: 0.5 * draw(low, high), (0.6, 1.4)).T)
    scene.height = scene.height * (1 - 0.45 * stage.bouts((0.6, 1.2), (0.1, 1.0), 0.2))
    if stage.chance(0.5):
        side = SIDES[int(stage.chance(0.5))]
        share = stage.bouts((0.5, 0.9), (0.4, 1.2), 1.0)
        low, high = np.array([-0.3, 0, 0.1, 0, 0]), np.array([1.5, 0.6, 2.0, 0.8, 0.6])
        angles = stage.keyed(lambda _: draw(low, high), (0.5, 1.2)).T
        scene.legs = {side: FreeLeg(share, *angles)}
    return scene
