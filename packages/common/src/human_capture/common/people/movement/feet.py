# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Feet: footfalls that never slip, and soles that never sink into the floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from human_capture.common.people.anatomy.skeleton import Skeleton
from human_capture.common.people.movement.orientations import apply, ease, turn


@dataclass(frozen=True)
class Foot:
    """One foot over time.

    Attributes:
        ankle: Its position.
        rotation: Of the foot away from rest.
        toes: Rotation of the toes, which stay flat while the heel lifts.
    """

    ankle: Float[np.ndarray, "frame 3"]
    rotation: Float[np.ndarray, "frame 3 3"]
    toes: Float[np.ndarray, "frame 3 3"]


def place_foot(
    skeleton: Skeleton,
    side: str,
    ball: Float[np.ndarray, "frame 2"],
    yaw: Float[np.ndarray, " frame"],
    pitch: Float[np.ndarray, " frame"],
    lift: Float[np.ndarray, " frame"],
) -> Foot:
    """A foot whose lowest point is ``lift`` over the floor.

    Args:
        skeleton: Gives the size of the foot.
        side: Left or right.
        ball: Where the ball of the foot is, seen from above.
        yaw: Where the toes point.
        pitch: Positive with the heel up.
        lift: Height over the floor.
    """
    ankle, toe = skeleton.bone(side, "foot"), skeleton.bone(side, "toe2-1")
    rotation = turn(pitch, yaw=yaw)
    to_ball = np.array([*(toe - ankle)[:2], skeleton.sole - ankle[2]])
    to_heel = np.array([0.0, skeleton.heel, skeleton.sole - ankle[2]])
    ball_offset, heel_offset = apply(rotation, to_ball), apply(rotation, to_heel)
    height = lift - np.minimum(ball_offset[:, 2], heel_offset[:, 2])
    position = np.column_stack([ball - ball_offset[:, :2], height])
    toes = turn(np.minimum(pitch, 0.25 * np.maximum(pitch, 0)), yaw=yaw)
    return Foot(position, rotation, toes)


def stand(
    skeleton: Skeleton,
    side: str,
    place: Float[np.ndarray, "frame 2"],
    yaw: Float[np.ndarray, " frame"],
) -> Float[np.ndarray, "frame 2"]:
    """Where the ball of a flat foot is when its ankle stands over ``place``."""
    offset = skeleton.bone(side, "toe2-1") - skeleton.bone(side, "foot")
    return place + apply(turn(yaw=yaw), offset)[:, :2]


@dataclass(frozen=True)
class Gait:
    """How a foot moves between footfalls.

    Attributes:
        lift: Height in metres of the sole in the middle of a swing.
        heel_off: Pitch in radians with which the foot leaves the floor.
        toe_up: Pitch with which it meets the floor again.
        roll: Time in seconds that the heel takes to rise before the foot leaves.
    """

    lift: float
    heel_off: float
    toe_up: float
    roll: float


@dataclass(frozen=True)
class Footfalls:
    """Where and when one foot is down; positions are those of the ball of the foot.

    Attributes:
        lands: Seconds, ascending.
        leaves: Seconds, each after its landing and before the next one.
        places: On the floor.
        yaws: Where the toes point.
    """

    lands: Float[np.ndarray, " fall"]
    leaves: Float[np.ndarray, " fall"]
    places: Float[np.ndarray, "fall 2"]
    yaws: Float[np.ndarray, " fall"]

    def swing(
        self, time: Float[np.ndarray, " frame"]
    ) -> tuple[Int[np.ndarray, " frame"], Float[np.ndarray, " frame"]]:
        """The last footfall at each time, and how far the swing to the next one is."""
        index = np.searchsorted(self.lands, time, side="right") - 1
        index = np.clip(index, 0, len(self.lands) - 2)
        leaves, lands = self.leaves[index], self.lands[index + 1]
        return index, np.clip((time - leaves) / (lands - leaves), 0, 1)


def swing_height(swing: Float[np.ndarray, " frame"]) -> Float[np.ndarray, " frame"]:
    """A smooth bump: 1 in the middle of a swing, 0 at both ends."""
    return 16 * swing**2 * (1 - swing) ** 2


def follow_footfalls(
    skeleton: Skeleton,
    side: str,
    time: Float[np.ndarray, " frame"],
    falls: Footfalls,
    gait: Gait,
) -> Foot:
    """A walking or running foot.

    Args:
        skeleton: Gives the size of the foot.
        side: Left or right.
        time: Of each frame, in seconds.
        falls: Where the foot is down.
        gait: How it moves between.
    """
    index, swing = falls.swing(time)
    share, yaw = ease(swing), np.unwrap(falls.yaws)
    start, stop = falls.places[index], falls.places[index + 1]
    ball = start + (stop - start) * share[:, None]
    turned = yaw[index] + (yaw[index + 1] - yaw[index]) * share
    rising = ease(1 + (time - falls.leaves[index]) / gait.roll) * (
        1 - ease(swing / 0.6)
    )
    settling = 1 - ease((time - falls.lands[index]) / 0.12)
    toe_up = np.where(swing > 0, ease((swing - 0.4) / 0.6), settling * (index > 0))
    pitch = gait.heel_off * rising - gait.toe_up * toe_up
    lift = gait.lift * swing_height(swing)
    return place_foot(skeleton, side, ball, turned, pitch, lift)
