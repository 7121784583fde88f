# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return, arg-type"
"""Joints of many skeletons under the names that motions use.

Names are read without case, separators and prefixes: ``mixamorig:LeftArm``,
``Bip01 L UpperArm``, ``upper_arm.L`` and ``lhumerus`` are all the left shoulder. A node
of a skeleton is taken to be the *start* of the bone that it is named after; a reader
whose format names the ends of bones moves the names first. The end of a chain, where a
format has one, is named after its last node: ``LeftFoot_end``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from human_capture.common.errors import InputError
from human_capture.common.people.movement.motion import (
    MOTION_JOINTS,
    REQUIRED_JOINTS,
    Motion,
)

CHEST_SHARE = 0.35
"""How far from the hips to the base of the neck the lowest ribs are."""

# in order of preference: "arm" is an upper arm unless there is an "upperarm" beside it
_SIDED = {
    "hip": (
        *("upleg", "upperleg", "upperleg01", "thigh", "thighbend", "femur"),
        *("hipcentre", "hip"),
    ),
    "knee": (
        *("lowleg", "lowerleg", "lowerleg01", "shin", "shank", "calf", "tibia"),
        *("leg", "knee"),
    ),
    "ankle": ("ankle", "foot"),
    "toe": (
        *("toebase", "toes", "toe", "toe0", "toe21", "ball", "bigtoe", "footindex"),
        *("footend", "ankleend", "foot"),
    ),
    "shoulder": (
        *("uparm", "upperarm", "upperarm01", "shldr", "shldrbend", "humerus"),
        *("arm", "shoulder"),
    ),
    "elbow": (
        *("forearm", "forearmbend", "lowarm", "lowerarm", "lowerarm01", "radius"),
        "elbow",
    ),
    "wrist": ("wrist", "hand"),
}
_MIDDLE = {
    "neck": (
        *("neckbase", "lowerneck", "neck", "neck01", "neck1", "necklower"),
        *("necktwist01", "spine004", "thorax"),
    ),
    "head": (
        *("head", "spine006", "necknose", "headtop", "headtopend"),
        *("neckend", "neck1end"),
    ),
}
_SPINE = re.compile(
    r"(spine|chest|abdomen|torso|waist|lumbar)\d*|(lower|upper)(back|chest)|thorax"
    r"|(chest|abdomen)(lower|upper)|[lt]\d{1,2}"
)
_STEMS = frozenset(stem for stems in _SIDED.values() for stem in stems)
_SIDES = {"left": "left", "right": "right", "l": "left", "r": "right"}
_OPTIONAL = frozenset(MOTION_JOINTS) - REQUIRED_JOINTS

_Reading = tuple[int, str, str]  # words left out as a prefix, side, stem


def match_joints(names: Iterable[str]) -> dict[str, str]:
    """The names that stand for joints of a motion, by those joints.

    ``pelvis`` and ``chest`` are not among them: the first lies between the hips, and
    which node of a spine is the second depends on where the nodes are.
    """
    readings = {name: _readings(name) for name in names}
    stems = {stem for found in readings.values() for _, _, stem in found}
    wanted = {(side, j): s for j, s in _SIDED.items() for side in ("left", "right")}
    if "humerus" in stems:  # Acclaim: the forearm is a radius and a "wrist"
        wanted |= {(side, "wrist"): ("hand", "wrist") for side in ("left", "right")}
    wanted |= {("", joint): preferred for joint, preferred in _MIDDLE.items()}
    found: dict[str, str] = {}
    for (side, joint), preferred in wanted.items():
        candidates = [
            (skipped, preferred.index(stem), number, name)
            for number, (name, ways) in enumerate(readings.items())
            if name not in found.values()
            for skipped, on, stem in ways
            if on == side and stem in preferred
        ]
        if candidates:
            found[f"{side}_{joint}".strip("_")] = min(candidates)[-1]
    return found


def named_motion(
    points: Mapping[str, Float[np.ndarray, "frame 3"]],
    fps: float,
    source: str | Path,
) -> Motion:
    """The motion of a skeleton whose nodes carry the names of its own format.

    Args:
        points: In metres, z up; nodes that are no joints of a motion are left out.
        fps: Frames a second.
        source: Where the points are from, for messages.

    Raises:
        InputError: A required joint is missing, or a position is not a number.
    """
    found = match_joints(points)
    joints = {joint: np.asarray(points[found[joint]], float) for joint in found}
    if {"left_hip", "right_hip"} <= set(joints):
        joints["pelvis"] = (joints["left_hip"] + joints["right_hip"]) / 2
    chest = find_chest(points)
    if chest is not None:
        joints["chest"] = np.asarray(points[chest], float)
    missing = [j for j in MOTION_JOINTS if j in REQUIRED_JOINTS - set(joints)]
    if missing:
        raise InputError(
            f"{source}: the skeleton has no {', '.join(missing)}; its joints are "
            f"{', '.join(points) or 'none'}."
        )
    known = known_frames(list(joints.values()))
    if not known.all():
        raise InputError(
            f"{source}: frame {int(np.argmin(known)) + 1} of {len(known)} has "
            "positions that are not numbers; cut such frames out."
        )
    return Motion({j: joints[j] for j in MOTION_JOINTS if j in joints}, fps)


def find_chest(points: Mapping[str, Float[np.ndarray, "frame 3"]]) -> str | None:
    """The node of the spine that is nearest to the lowest ribs, if there is one.

    How many nodes a spine has and how they are named differs from program to program,
    so its place between hips and neck decides.
    """
    found = match_joints(points)
    if not {"left_hip", "right_hip", "neck"} <= set(found):
        return None
    hips = (points[found["left_hip"]] + points[found["right_hip"]]) / 2
    trunk = points[found["neck"]] - hips
    away = {}
    for name, point in points.items():
        stems = [stem for _, side, stem in _readings(name) if not side]
        if name in found.values() or not any(map(_SPINE.fullmatch, stems)):
            continue
        along = ((point - hips) * trunk).sum(-1)
        share = float(np.median(along / np.maximum((trunk**2).sum(-1), 1e-12)))
        if 0.1 < share < 0.85:
            away[name] = abs(share - CHEST_SHARE)
    return min(away, key=lambda name: away[name]) if away else None


def known_frames(
    tracks: Sequence[Float[np.ndarray, "frame 3"]],
) -> Bool[np.ndarray, " frame"]:
    """In which frames all of the positions are numbers."""
    return np.asarray(np.isfinite(np.stack(tracks, 1)).all((1, 2)))


def required(found: Mapping[str, str]) -> list[str]:
    """The names among those found without which there is no motion."""
    return [name for joint, name in found.items() if joint not in _OPTIONAL]


def _readings(name: str) -> list[_Reading]:
    """What a name may mean, with ever more words at its front taken for a prefix."""
    bare = re.sub(r"^mixamorig\d*", "", name.rsplit(":", 1)[-1], flags=re.IGNORECASE)
    words = re.findall(r"[a-z0-9]+", bare.lower())
    return [(k, *_side_and_stem(words[k:])) for k in range(len(words))]


def _side_and_stem(words: list[str]) -> tuple[str, str]:
    sides = [_SIDES[word] for word in words if word in _SIDES]
    if sides:
        return sides[0], "".join(word for word in words if word not in _SIDES)
    whole = "".join(words)
    for mark, side in _SIDES.items():
        for rest in (whole.removeprefix(mark), whole.removesuffix(mark)):
            if rest != whole and rest in _STEMS:
                return side, rest
    return "", whole
