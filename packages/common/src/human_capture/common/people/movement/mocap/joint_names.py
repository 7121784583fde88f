"""Joints of many skeletons under the names that motions use.

Names are read without case, separators and prefixes: ``mixamorig:LeftArm``,
``Bip01 L UpperArm``, ``upper_arm.L`` and ``lhumerus`` are all the left shoulder. A node
of a skeleton is taken to be the *start* of the bone that it is named after; a reader
whose format names the ends of bones moves the names first. The end of a chain, where a
format has one, is named after its last node: ``LeftFoot_end``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

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


def spine_names(names: Iterable[str]) -> list[str]:
    """The names of nodes of a spine, which may reach from the pelvis to the neck."""
    names = list(names)
    taken = match_joints(names).values()
    return [
        name
        for name in names
        if name not in taken
        and any(not side and _SPINE.fullmatch(s) for _, side, s in _readings(name))
    ]


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
