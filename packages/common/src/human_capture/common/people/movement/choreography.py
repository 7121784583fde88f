# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Choreography: what the parts of a body want to do, and the motion that follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from human_capture.common.people.anatomy.skeleton import SIDES, Torso
from human_capture.common.people.movement.feet import Foot
from human_capture.common.people.movement.limbs import (
    FreeLeg,
    reach,
    soft_maximum,
    soft_minimum,
    two_links,
)
from human_capture.common.people.movement.motion import Motion
from human_capture.common.people.movement.orientations import (
    FORWARD,
    LEFT,
    UP,
    apply,
    axes,
    between,
    dot,
    turn,
    unit,
)
from human_capture.common.people.movement.stage import Stage

Reach = Callable[[Torso, str], Float[np.ndarray, "frame 3"]]
"""Where the wrist of one side wants to be, given the posed trunk."""


@dataclass
class Choreography:
    """Wishes over time; :meth:`perform` makes the body fulfil them as far as it can.

    Attributes:
        stage: Time, chance and the performer.
        place: Floor point under the pelvis.
        heading: Direction of the body; 0 faces -y.
        height: Of the pelvis over the floor; lowered where the legs are too short.
        pelvis: Rotation against the heading.
        chest: Rotation against the pelvis.
        head: Rotation against the chest.
        feet: On or over the floor.
        hands: Where the wrists go.
        legs: Legs that leave their feet's places.
        wrists: Pronation, flexion and deviation of the hands.
        swivel: Of the elbows.
        seat: Height of a seat, if there is one.
    """

    stage: Stage
    place: Float[np.ndarray, "frame 2"]
    heading: Float[np.ndarray, " frame"]
    height: Float[np.ndarray, " frame"]
    pelvis: Float[np.ndarray, "frame 3 3"]
    chest: Float[np.ndarray, "frame 3 3"]
    head: Float[np.ndarray, "frame 3 3"]
    feet: dict[str, Foot]
    hands: dict[str, Reach]
    wrists: dict[str, Float[np.ndarray, "frame 3"]]
    swivel: dict[str, Float[np.ndarray, " frame"]]
    legs: dict[str, FreeLeg] = field(default_factory=dict)
    seat: float | None = None

    def perform(self) -> Motion:
        """The motion of the joints."""
        torso = self._torso()
        column = torso.column
        positions = {
            "pelvis": torso.position,
            "chest": column["spine03"],
            "neck": column["neck01"],
            "head": column["head"],
        }
        rotations = {"pelvis": torso.pelvis, "chest": torso.chest, "head": torso.head}
        for side in SIDES:
            target = self.hands[side](torso, side)
            arm = reach(torso, side, target, self.swivel[side])
            names = ("shoulder", "elbow", "wrist")
            positions |= {f"{side}_{n}": x for n, x in zip(names, arm, strict=True)}
            joints, foot = self._leg(torso, side)
            positions |= {f"{side}_{name}": x for name, x in joints.items()}
            rotations |= {f"{side}_foot": foot.rotation, f"{side}_toes": foot.toes}
        return Motion(positions, self.stage.fps, rotations, self.wrists, self.seat)

    def _torso(self) -> Torso:
        skeleton = self.stage.skeleton
        pelvis = turn(yaw=self.heading) @ self.pelvis
        chest = pelvis @ self.chest
        position = np.column_stack([self.place, self.height])
        torso = Torso(skeleton, position, pelvis, chest, chest @ self.head)
        drop = np.zeros(len(position))
        for side in SIDES:
            hip, ankle = torso.hip(side), self.feet[side].ankle
            apart = ((hip - ankle)[:, :2] ** 2).sum(-1)
            allowed = np.sqrt(np.maximum((0.994 * skeleton.leg) ** 2 - apart, 0.01))
            room = ankle[:, 2] + allowed - hip[:, 2]
            free = self.legs[side].share if side in self.legs else 0.0
            drop = soft_minimum(drop, room + 3 * np.asarray(free), 0.006)
        lowered = position + drop[:, None] * [0, 0, 1]
        return Torso(skeleton, lowered, pelvis, chest, chest @ self.head)

    def _leg(
        self, torso: Torso, side: str
    ) -> tuple[dict[str, Float[np.ndarray, "frame 3"]], Foot]:
        skeleton, foot = torso.skeleton, self.feet[side]
        toe = skeleton.bone(side, "toe2-1") - skeleton.bone(side, "foot")
        hip, ankle = torso.hip(side), foot.ankle
        aim = _knee_aim(torso, ankle - hip, foot)
        free = self.legs.get(side)
        if free is not None:
            lifted, ahead = free.ankle(torso, side)
            share = free.share[:, None]
            ankle = ankle * (1 - share) + lifted * share
            aim = unit(aim) * (1 - share) + ahead * share
        lengths = (skeleton.thigh, skeleton.shank)
        knee, ankle = two_links(hip, ankle, *lengths, aim, 0.27, 0.998)
        if free is not None:
            foot = _hanging_foot(foot, free, knee - hip, ankle - knee)
            foot = _toes_above_floor(foot, ankle, toe)
        toe = ankle + apply(foot.rotation, toe)
        return {"hip": hip, "knee": knee, "ankle": ankle, "toe": toe}, foot


def _knee_aim(
    torso: Torso, direction: Float[np.ndarray, "frame 3"], foot: Foot
) -> Float[np.ndarray, "frame 3"]:
    """Where a knee points: ahead of pelvis and foot, turned as the leg is lifted."""
    ahead = apply(torso.pelvis, FORWARD) + 0.9 * apply(foot.rotation, FORWARD) * [
        1,
        1,
        0,
    ]
    down = -apply(torso.pelvis, np.array([0.0, 0.0, 1.0]))
    direction = unit(direction)
    return dot(direction, down) * ahead - dot(direction, ahead) * down + 0.15 * ahead


def _hanging_foot(
    foot: Foot,
    free: FreeLeg,
    thigh: Float[np.ndarray, "frame 3"],
    shin: Float[np.ndarray, "frame 3"],
) -> Foot:
    """The foot of a free leg: at rest against the shank, stretched by ``point``."""
    across = np.cross(unit(thigh), unit(shin))
    still = apply(foot.rotation, LEFT)
    across = unit(across) + 0.05 * still
    shank = axes(across, -shin)
    lifted = shank @ turn(pitch=free.point)
    share = free.share
    rotation = between(foot.rotation, lifted, share)
    toes = between(foot.toes, lifted @ turn(pitch=0.2 * free.point), share)
    return Foot(foot.ankle, rotation, toes)


def _toes_above_floor(
    foot: Foot, ankle: Float[np.ndarray, "frame 3"], toe: Float[np.ndarray, "3"]
) -> Foot:
    """A foot turned up as far as its toes, given from the ankle, need."""
    turned = _turned_up(foot.rotation, toe, ankle, 0.035)
    base = ankle + apply(turned, toe)
    tip = 0.5 * np.array([toe[0], toe[1], 0.0])
    return Foot(ankle, turned, _turned_up(foot.toes, tip, base, 0.01))


def _turned_up(
    rotation: Float[np.ndarray, "frame 3 3"],
    offset: Float[np.ndarray, "3"],
    start: Float[np.ndarray, "frame 3"],
    height: float,
) -> Float[np.ndarray, "frame 3 3"]:
    """Rotations that bring ``start + rotation @ offset`` up to ``height``."""
    reach = np.linalg.norm(offset)
    along, left = apply(rotation, offset / reach), rotation[..., 0]
    ahead = unit(np.cross(left, UP) + 1e-6 * FORWARD)
    above = np.cross(ahead, left)
    # the angle about the foot's own axis, also where it points back under itself
    angle = np.arctan2(dot(along, above), dot(along, ahead))[:, 0]
    low = (height - start[:, 2]) / (reach * np.maximum(above[:, 2], 0.3))
    raised = soft_maximum(angle, np.arcsin(np.clip(low, -1, 0.9)), 0.03)
    return rotation @ turn(pitch=angle - raised)
