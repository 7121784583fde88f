# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Retargeting: joint positions over time into the world rotation of every bone.

Only directions are read from the joints, so a motion may come from a person of other
proportions. What directions leave open is filled in anatomically: the bend of elbow and
knee fixes the twist of the bone above, spine and neck share the turn between their
ends, the shoulder girdle follows the arm, the forearm shares the pronation of the hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.people.anatomy.body import Body
from human_capture.common.people.anatomy.skeleton import SIDES, Skeleton, Torso
from human_capture.common.people.movement.motion import Motion
from human_capture.common.people.movement.orientations import (
    FORWARD,
    UP,
    apply,
    axes,
    exponential,
    swing,
    turn,
    twist,
    unit,
)

Rotations = dict[str, np.ndarray]


@dataclass(frozen=True)
class Pose:
    """What :meth:`Body.pose` needs: rotations away from rest and the root's place."""

    rotations: Float[Tensor, "frame bone 3 3"]
    root: Float[Tensor, "frame 3"]


def retarget(
    motion: Motion,
    body: Body,
    skeleton: Skeleton,
    fingers: Mapping[str, Float[np.ndarray, "#frame 3 3"]] | None = None,
) -> Pose:
    """The poses in which ``body`` follows ``motion``.

    Args:
        motion: From :func:`procedural_motion`, or joint positions of a recording.
        body: Names and order of the bones.
        skeleton: The person who is to move.
        fingers: Rotation of each finger bone against the hand, by bone name; from
            :func:`finger_rotations`.
    """
    scale = skeleton.leg / _leg_length(motion)
    torso = _torso(motion, skeleton, scale)
    turned: Rotations = {"root": torso.pelvis, **torso.spine}
    for side in SIDES:
        letter = side[0].upper()
        turned[f"pelvis.{letter}"] = torso.pelvis
        turned[f"eye.{letter}"] = torso.head
        limbs = _arm(motion, torso, side) | _leg(motion, torso, side)
        turned |= {f"{bone}.{letter}": rotation for bone, rotation in limbs.items()}
    for bone, rotation in (fingers or {}).items():
        turned[bone] = turned[f"wrist.{bone[-1]}"] @ rotation
    stacked = np.stack(_inherited(turned, body), 1)
    offset = skeleton.joints["root"] - skeleton.hips
    root = torso.position + apply(torso.pelvis, offset)
    return Pose(torch.from_numpy(stacked).float(), torch.from_numpy(root).float())


def _inherited(turned: Rotations, body: Body) -> list[np.ndarray]:
    """All bones in order; one without a rotation of its own takes its parent's."""
    found: list[np.ndarray] = []
    for bone, parent in zip(body.bone_names, body.bone_parents, strict=True):
        found.append(turned[bone] if bone in turned else found[parent])
    return found


def _leg_length(motion: Motion) -> float:
    hip, knee, ankle = (motion.positions[f"left_{j}"] for j in ("hip", "knee", "ankle"))
    lengths = np.linalg.norm(knee - hip, axis=-1) + np.linalg.norm(
        ankle - knee, axis=-1
    )
    return float(np.median(lengths))


def _torso(motion: Motion, skeleton: Skeleton, scale: float) -> Torso:
    at, rest = motion.positions, skeleton.joints
    middle = (at["left_hip"] + at["right_hip"]) / 2
    pelvis = motion.rotations.get("pelvis")
    if pelvis is None:
        lateral = skeleton.bone("left", "upperleg01") - skeleton.hips
        still = axes(lateral, rest["spine03"] - skeleton.hips)
        pelvis = axes(at["left_hip"] - at["right_hip"], at["chest"] - middle) @ still.T
    chest = motion.rotations.get("chest")
    if chest is None:
        lateral = skeleton.bone("left", "upperarm01") * [1, 0, 0]
        still = axes(lateral, rest["neck01"] - rest["spine03"])
        across = at["left_shoulder"] - at["right_shoulder"]
        chest = axes(across, at["neck"] - at["chest"]) @ still.T
    head = motion.rotations.get("head")
    if head is None:
        head = _head(motion, chest)
    return Torso(skeleton, scale * at["pelvis"], pelvis, chest, head)


def _head(motion: Motion, chest: np.ndarray) -> np.ndarray:
    """Head rotations from the neck-to-head direction, relative to the usual one.

    Skeletons disagree about where a head joint lies, so the direction itself means
    little: the median over the motion is taken to be the head held straight.
    """
    if "head" not in motion.positions:
        return chest
    towards = unit(motion.positions["head"] - motion.positions["neck"])
    local = apply(np.swapaxes(chest, -1, -2), towards)
    usual = unit(np.median(local, axis=0))
    return chest @ swing(usual, local)


def _bent(
    parent: np.ndarray, rest: tuple[np.ndarray, ...], now: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A two-bone limb: swung upper bone, its twist to the hinge plane, lower bone.

    A straight limb has no hinge plane; the twist fades out towards it.
    """
    swung = swing(apply(parent, rest[0]), now[0]) @ parent
    start = apply(swung, np.cross(rest[0], rest[1]))
    end = np.cross(unit(now[0]), unit(now[1]))
    bend = np.clip((np.linalg.norm(end, axis=-1) - 0.05) / 0.12, 0, 1)
    angle = twist(now[0], start, end) * bend * bend * (3 - 2 * bend)
    angle = _unwrapped(angle)
    rotation = exponential(unit(now[0]) * angle[:, None])
    upper = rotation @ swung
    lower = swing(apply(upper, rest[1]), now[1]) @ upper
    return exponential(unit(now[0]) * angle[:, None] / 2) @ swung, upper, lower


def _unwrapped(angle: np.ndarray) -> np.ndarray:
    """Angles without jumps by whole turns, so that half of one has none either."""
    angle = np.unwrap(angle)
    return angle - 2 * np.pi * np.round(np.median(angle) / (2 * np.pi))


def _arm(motion: Motion, torso: Torso, side: str) -> Rotations:
    skeleton = torso.skeleton
    names = ("shoulder", "elbow", "wrist")
    shoulder, elbow, wrist = (motion.positions[f"{side}_{j}"] for j in names)
    bones = ("upperarm01", "lowerarm01", "wrist")
    rest = [skeleton.bone(side, bone) for bone in bones]
    half, upper, lower = _bent(
        torso.chest,
        (rest[1] - rest[0], rest[2] - rest[1]),
        (elbow - shoulder, wrist - elbow),
    )
    angles = motion.wrists.get(side, np.zeros((len(lower), 3)))
    sign = 1.0 if side == "left" else -1.0
    along = unit(wrist - elbow)
    pronation = sign * angles[:, :1]
    rolled = exponential(along * pronation) @ lower
    return torso.girdle(side, elbow - shoulder) | {
        "upperarm01": half,
        "upperarm02": upper,
        "lowerarm01": exponential(along * pronation / 4) @ lower,
        "lowerarm02": exponential(along * pronation * 0.65) @ lower,
        "wrist": rolled @ _hand_bend(skeleton, side, angles),
    }


def _hand_bend(skeleton: Skeleton, side: str, angles: np.ndarray) -> np.ndarray:
    """Flexion (towards the palm) and deviation (towards the thumb) of the hand."""
    along, palm, thumb = skeleton.hand(side)
    flexion = np.cross(along, palm) * angles[:, 1:2]
    deviation = np.cross(along, thumb) * angles[:, 2:3]
    return exponential(flexion) @ exponential(deviation)


def _leg(motion: Motion, torso: Torso, side: str) -> Rotations:
    at, skeleton = motion.positions, torso.skeleton
    hip, knee, ankle = (at[f"{side}_{j}"] for j in ("hip", "knee", "ankle"))
    bones = ("upperleg01", "lowerleg01", "foot", "toe2-1")
    rest = [skeleton.bone(side, bone) for bone in bones]
    limb = (rest[1] - rest[0], rest[2] - rest[1])
    half, upper, lower = _bent(torso.pelvis, limb, (knee - hip, ankle - knee))
    foot = motion.rotations.get(f"{side}_foot")
    if foot is None and f"{side}_toe" in at:
        toe = at[f"{side}_toe"] - ankle
        foot = swing(apply(lower, rest[3] - rest[2]), toe) @ lower
        foot = _levelled(foot)
    foot = lower if foot is None else foot
    toes = motion.rotations.get(f"{side}_toes", foot)
    bent = {"upperleg01": half, "upperleg02": upper, "foot": foot}
    bent |= {"lowerleg01": lower, "lowerleg02": lower}
    return bent | {f"toe{k}-1": toes for k in range(1, 6)}


def _levelled(foot: np.ndarray) -> np.ndarray:
    """Feet without the sideways tilt that their direction leaves undetermined.

    A foot that points along the ground stands on it; one that points up or down keeps
    the tilt of the shank.
    """
    ahead = apply(foot, FORWARD)
    flat = axes(np.cross(UP, ahead), UP + 0 * ahead)
    level = flat @ turn(pitch=-np.arcsin(np.clip(ahead[..., 2], -1, 1)))
    share = np.clip(1.3 - 1.6 * np.abs(ahead[..., 2:]), 0, 1)[..., None]
    mixed = share * level + (1 - share) * foot
    return axes(mixed[..., 0], mixed[..., 2])
