# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Acclaim skeletons (ASF): bones with directions, axes and degrees of freedom.

A bone turns about its own axes C, by M = R₁ R₂ … of its degrees of freedom, which are
written in the order in which they are applied: C M C⁻¹ seen from its parent. The bone
lies along a direction that is given in the axes of the whole skeleton at rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from human_capture.common.calibration.fields import read_text
from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap.euler import euler_rotations
from human_capture.common.people.movement.mocap.world_axes import INCH

Fields = dict[str, list[str]]
ROOT = "root"


@dataclass(frozen=True)
class AsfBone:
    """One bone.

    Attributes:
        name: Unique.
        parent: Name of the bone at whose end this one starts.
        offset: From its start to its end at rest, in metres, y up.
        axes: Its own axes C.
        freedom: ``rx``, ``tz`` and the like: what the numbers of a frame are.
    """

    name: str
    parent: str
    offset: Float[np.ndarray, "3"]
    axes: Float[np.ndarray, "3 3"]
    freedom: tuple[str, ...]


@dataclass(frozen=True)
class AsfSkeleton:
    """A skeleton.

    Attributes:
        metres: Length of the unit.
        bones: Parents first; the first is the root, whose offset is its place.
    """

    metres: float
    bones: tuple[AsfBone, ...]


def rotation_in_order(
    angles: Float[np.ndarray, "*batch angle"], order: str
) -> Float[np.ndarray, "*batch 3 3"]:
    """Rotations about resting axes, the first of the word applied first."""
    return euler_rotations(angles[..., ::-1], order[::-1])


def read_asf(path: Path) -> AsfSkeleton:
    """The skeleton in an ASF file.

    Raises:
        InputError: The file is missing, cut off or wrong.
    """
    sections = _sections(read_text(path))
    missing = [s for s in ("root", "bonedata", "hierarchy") if s not in sections]
    if missing:
        raise InputError(
            f"{path}: is not a whole ASF file; it has no :{' and no :'.join(missing)}."
        )
    units = _fields(sections.get("units", []))
    # the CMU database says that its lengths are inches once divided by the scale
    metres = INCH / _numbers(units.get("length", ["1"]), 1, "length", path)[0]
    degrees = units.get("angle", ["deg"])[0].lower().startswith("deg")
    blocks = [_fields(block) for block in _blocks(sections["bonedata"])]
    described = {block.get("name", [""])[0]: block for block in blocks}
    bones = [_root(_fields(sections["root"]), metres, degrees, path)]
    children = _children(sections["hierarchy"])
    for bone in bones:  # grows while it is walked: parents come first
        for name in children.get(bone.name, []):
            if name not in described or any(b.name == name for b in bones):
                raise InputError(
                    f"{path}: bone {name!r} of :hierarchy must be in :bonedata, and "
                    "have one parent."
                )
            made = _bone(described[name], bone.name, metres, degrees, path)
            bones.append(made)
    return AsfSkeleton(float(metres), tuple(bones))


def _root(fields: Fields, metres: float, degrees: bool, path: Path) -> AsfBone:
    place = _numbers(fields.get("position", ["0"] * 3), 3, "position", path)
    turned = [*fields.get("orientation", ["0"] * 3), *fields.get("axis", ["XYZ"])]
    freedom = fields.get("order", "TX TY TZ RX RY RZ".split())
    axes = _axes(turned, degrees, ROOT, path)
    return AsfBone(ROOT, "", place * metres, axes, _freedom(freedom, ROOT, path))


def _bone(
    fields: Fields, parent: str, metres: float, degrees: bool, path: Path
) -> AsfBone:
    name = fields["name"][0]
    direction = _numbers(fields.get("direction", []), 3, f"direction of {name!r}", path)
    length = _numbers(fields.get("length", []), 1, f"length of {name!r}", path)
    axes = _axes(fields.get("axis", []), degrees, name, path)
    freedom = _freedom(fields.get("dof", []), name, path)
    return AsfBone(name, parent, direction * length * metres, axes, freedom)


def _axes(
    words: list[str], degrees: bool, name: str, path: Path
) -> Float[np.ndarray, "3 3"]:
    order = "".join(words[3:]).upper() or "XYZ"
    if set(order) != set("XYZ") or len(order) != 3:
        raise InputError(f"{path}: the axis order of {name!r} must be like XYZ.")
    angles = _numbers(words[:3], 3, f"axis of {name!r}", path)
    return rotation_in_order(np.radians(angles) if degrees else angles, order)


def _freedom(words: list[str], name: str, path: Path) -> tuple[str, ...]:
    freedom = tuple(word.lower() for word in words)
    known = {f"{kind}{axis}" for kind in "rt" for axis in "xyz"} | {"l"}
    if not set(freedom) <= known:
        raise InputError(
            f"{path}: the degrees of freedom of {name!r} must be of rx ry rz tx ty tz "
            f"l, not {' '.join(words)}."
        )
    return freedom


def _sections(text: str) -> dict[str, list[str]]:
    """The lines below each keyword that begins with a colon."""
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in text.splitlines():
        bare = line.partition("#")[0].strip()
        if bare.startswith(":"):
            lines = sections.setdefault(bare[1:].split()[0].lower(), [])
        elif bare:
            lines.append(bare)
    return sections


def _fields(lines: list[str]) -> Fields:
    return {words[0].lower(): words[1:] for words in map(str.split, lines)}


def _blocks(lines: list[str]) -> list[list[str]]:
    """The lines between each ``begin`` and ``end``."""
    blocks: list[list[str]] = []
    for line in lines:
        if line == "begin":
            blocks.append([])
        elif line != "end" and blocks:
            blocks[-1].append(line)
    return blocks


def _children(lines: list[str]) -> Mapping[str, list[str]]:
    words = [line.split() for line in lines if line not in ("begin", "end")]
    children: dict[str, list[str]] = {}
    for parent, *names in words:
        children.setdefault(parent, []).extend(names)
    return children


def _numbers(
    words: list[str], count: int, what: str, path: Path
) -> Float[np.ndarray, " number"]:
    try:
        numbers = np.array(words, dtype=np.float64)
    except ValueError:
        numbers = np.empty(0)
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise InputError(f"{path}: the {what} must be {count} numbers.")
    return numbers
