"""Arms and legs by inverse kinematics, within what joints and other parts allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from human_capture.common.people.anatomy.skeleton import Torso
from human_capture.common.people.movement.orientations import (
    FORWARD,
    LEFT,
    UP,
    apply,
    dot,
    exponential,
    unit,
)

SOFTNESS = 0.01  # metres over which a limit sets in, so that motion stays smooth


def soft_maximum(
    a: Float[np.ndarray, "*#batch"],
    b: Float[np.ndarray, "*#batch"] | float,
    softness: float = SOFTNESS,
) -> Float[np.ndarray, "*batch"]:
    """The larger of two, rounded where they meet."""
    return softness * np.logaddexp(a / softness, b / softness)


def soft_minimum(
    a: Float[np.ndarray, "*#batch"],
    b: Float[np.ndarray, "*#batch"] | float,
    softness: float = SOFTNESS,
) -> Float[np.ndarray, "*batch"]:
    """The smaller of two, rounded where they meet."""
    return -soft_maximum(-a, -b, softness)


def two_links(
    start: Float[np.ndarray, "frame 3"],
    target: Float[np.ndarray, "frame 3"],
    upper: float,
    lower: float,
    aim: Float[np.ndarray, "frame 3"],
    folded: float = 0.28,
    stretched: float = 0.996,
) -> tuple[Float[np.ndarray, "frame 3"], Float[np.ndarray, "frame 3"]]:
    """Middle joint and end of a limb that reaches for ``target``.

    The end falls short where the target is too far, or nearer than the limb folds; it
    never stretches fully, so that the plane of its bend is always defined.

    Args:
        start: Shoulder or hip.
        target: Wanted wrist or ankle.
        upper: Length of the first bone.
        lower: Length of the second.
        aim: Where elbow or knee should point.
        folded: Shortest reach, as a share of both lengths.
        stretched: Longest reach.
    """
    whole = upper + lower
    offset = target - start
    wanted = np.sqrt(dot(offset, offset))
    reach = soft_maximum(wanted, folded * whole)
    reach = soft_minimum(reach, (stretched - 0.002) * whole, 0.004)
    reach = np.minimum(reach, stretched * whole)
    direction = unit(offset)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    aside = np.sqrt(np.maximum(upper**2 - along**2, 0))
    normal = unit(aim - dot(aim, direction) * direction)
    return start + direction * along + normal * aside, start + direction * reach


def clear_of_body(
    torso: Torso, side: str, points: Float[np.ndarray, "frame 3"], margin: float
) -> Float[np.ndarray, "frame 3"]:
    """Points moved out of trunk, head and floor.

    The trunk is an elliptic cylinder along the chest's axis, the head a ball.

    Args:
        torso: The posed trunk.
        side: Whose hand or elbow it is; it leaves the middle of the body that way.
        points: In the world.
        margin: Thickness of what is moved.
    """
    skeleton = torso.skeleton
    sign = 1.0 if side == "left" else -1.0
    base, top = torso.position, torso.column["neck01"]
    axis = unit(top - base)
    length = np.sqrt(dot(top - base, top - base))
    local = points - base
    along = dot(local, axis)
    left = apply(torso.chest, LEFT)
    left = unit(left - dot(left, axis) * axis)
    ahead = np.cross(axis, -left)
    width, depth = (half + margin for half in skeleton.waist)
    across = dot(local, left) + 0.02 * sign
    front = dot(local, ahead)
    radius = np.sqrt((across / width) ** 2 + (front / depth) ** 2) + 1e-6
    inside = np.clip((along + 0.15) / 0.1, 0, 1) * np.clip((length - along) / 0.1, 0, 1)
    grown = 1 + inside * (soft_maximum(radius, 1.0, 0.05) / radius - 1)
    moved = points + (grown - 1) * (across * left + front * ahead)
    middle = torso.column["head"] + apply(torso.head, np.array([0, -0.035, 0.075]))
    from_head = moved - middle
    distance = np.sqrt(dot(from_head, from_head)) + 1e-6
    moved = middle + from_head * (
        soft_maximum(distance, 0.10 + margin, 0.005) / distance
    )
    return above_floor(moved, margin)


def above_floor(
    points: Float[np.ndarray, "frame 3"], height: float
) -> Float[np.ndarray, "frame 3"]:
    """Points lifted to at least ``height``."""
    return np.column_stack([points[:, :2], soft_maximum(points[:, 2], height)])


def elbow_aim(
    torso: Torso, side: str, direction: Float[np.ndarray, "frame 3"]
) -> Float[np.ndarray, "frame 3"]:
    """Where the elbow of an easy arm points when the hand lies in a direction.

    Backwards from a hanging arm, down from one held forward, outwards from one
    held overhead.
    """
    outward = LEFT if side == "left" else -LEFT
    raised = dot(direction, apply(torso.chest, UP))
    lowered = -0.8 * soft_maximum(-raised, 0.0, 0.1) * FORWARD
    overhead = 1.5 * soft_maximum(raised - 0.4, 0.0, 0.08)
    overhead = overhead * (0.6 * FORWARD + 0.8 * outward)
    easy = -0.1 * FORWARD + 0.35 * outward - 0.5 * UP
    return apply(torso.chest, easy + lowered + overhead)


def reach(
    torso: Torso,
    side: str,
    target: Float[np.ndarray, "frame 3"],
    swivel: Float[np.ndarray, " frame"],
) -> tuple[
    Float[np.ndarray, "frame 3"],
    Float[np.ndarray, "frame 3"],
    Float[np.ndarray, "frame 3"],
]:
    """Shoulder, elbow and wrist of an arm that reaches for ``target``.

    The shoulder moves with the arm and the hand stays out of the body, so both are
    found by repetition.

    Args:
        torso: What the arm hangs on.
        side: Left or right.
        target: Wanted wrist.
        swivel: Turns the elbow about the line from shoulder to wrist, in radians,
            positive outwards and up.
    """
    skeleton = torso.skeleton
    sign = 1.0 if side == "left" else -1.0
    bones = ("upperarm01", "lowerarm01")
    rest = [skeleton.bone(side, bone) for bone in bones]
    shoulder = torso.shoulder(side, apply(torso.chest, rest[1] - rest[0]))
    aside = apply(torso.chest, 0.9 * sign * LEFT - 0.3 * UP)
    wanted, lengths = target, (skeleton.upper_arm, skeleton.forearm)
    for _ in range(4):
        towards = unit(wanted - shoulder)
        turned = exponential(towards * (sign * swivel)[:, None])
        aim = apply(turned, elbow_aim(torso, side, towards))
        elbow, wrist = two_links(shoulder, wanted, *lengths, aim)
        inside = clear_of_body(torso, side, elbow, 0.03) - elbow
        aim = aim + 6 * np.sqrt(dot(inside, inside)) * aside
        aim = aim + 12 * soft_maximum(0.05 - elbow[:, 2:], 0.0) * UP
        elbow, wrist = two_links(shoulder, wanted, *lengths, aim)
        hand = wrist + 0.09 * unit(wrist - elbow)
        clear = above_floor(clear_of_body(torso, side, hand, 0.045), 0.08)
        wanted = wrist + clear - hand
        shoulder = (shoulder + torso.shoulder(side, elbow - shoulder)) / 2
    elbow, wrist = two_links(shoulder, wanted, *lengths, aim)
    return shoulder, elbow, wrist


@dataclass(frozen=True)
class FreeLeg:
    """A leg off the floor, by joint angles in radians.

    Attributes:
        share: 1 where the leg is free, 0 where the foot stays on its place.
        flexion: Thigh forwards.
        abduction: Thigh outwards.
        knee: Bend of the knee.
        outward: Knee turned outwards.
        point: Foot stretched.
    """

    share: Float[np.ndarray, " frame"]
    flexion: Float[np.ndarray, " frame"]
    abduction: Float[np.ndarray, " frame"]
    knee: Float[np.ndarray, " frame"]
    outward: Float[np.ndarray, " frame"]
    point: Float[np.ndarray, " frame"]

    def ankle(
        self, torso: Torso, side: str
    ) -> tuple[Float[np.ndarray, "frame 3"], Float[np.ndarray, "frame 3"]]:
        """Where the ankle is, and where the knee points."""
        sign = 1.0 if side == "left" else -1.0
        a, b, k, c = self.flexion, self.abduction, self.knee, self.outward
        thigh = np.column_stack([sign * np.sin(b), -np.sin(a) * np.cos(b), 0 * a])
        thigh[:, 2] = -np.cos(a) * np.cos(b)
        ahead = np.column_stack([sign * np.sin(c), -np.cos(a) * np.cos(c), 0 * a])
        ahead[:, 2] = np.sin(a) * np.cos(c)
        ahead = unit(ahead - dot(ahead, thigh) * thigh)
        shin = np.cos(k)[:, None] * thigh - np.sin(k)[:, None] * ahead
        skeleton = torso.skeleton
        offset = skeleton.thigh * thigh + skeleton.shank * shin
        ankle = torso.hip(side) + apply(torso.pelvis, offset)
        return above_floor(ankle, 0.065), apply(torso.pelvis, ahead)
