# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Acclaim motion (AMC) on its skeleton (ASF), as the CMU database has it; y up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float

from human_capture.common.calibration.fields import read_text
from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap.asf_skeleton import (
    AsfBone,
    AsfSkeleton,
    read_asf,
    rotation_in_order,
)
from human_capture.common.people.movement.mocap.named_motion import named_motion
from human_capture.common.people.movement.mocap.world_axes import z_up
from human_capture.common.people.movement.motion import Motion
from human_capture.common.people.movement.orientations import apply

CMU_FPS = 120.0

Values = dict[str, np.ndarray]


def read_amc(
    path: str | Path, asf: str | Path | None = None, fps: float = CMU_FPS
) -> Motion:
    """The motion in an AMC file.

    Args:
        path: The AMC file.
        asf: Its skeleton; found beside it when absent.
        fps: Frames a second, which the file does not say.

    Raises:
        InputError: A file is missing, cut off or wrong, or they do not belong together.
    """
    path = Path(path)
    skeleton = read_asf(Path(asf) if asf is not None else find_asf(path))
    points = bone_positions(skeleton, _values(path, skeleton))
    upright = {name: z_up(x, "y") for name, x in points.items()}
    return named_motion(upright, fps, path)


def find_asf(path: Path) -> Path:
    """The skeleton beside an AMC file.

    It has the same name, or the part before the first underscore (``01.asf`` for
    ``01_02.amc``), or is the only one in the folder.
    """
    found = sorted(
        file for file in path.parent.iterdir() if file.suffix.lower() == ".asf"
    )
    for stem in (path.stem, path.stem.split("_")[0]):
        for file in found:
            if file.stem.lower() == stem.lower():
                return file
    if len(found) != 1:
        raise InputError(
            f"{path}: needs its skeleton; put {path.stem.split('_')[0]}.asf beside it."
        )
    return found[0]


def bone_positions(
    skeleton: AsfSkeleton, values: Values
) -> dict[str, Float[np.ndarray, "frame 3"]]:
    """Where each bone starts, by its name, and ends, by ``<name>_end``.

    Args:
        skeleton: Its bones.
        values: By bone (frame, degree of freedom), in radians and metres.
    """
    rotations: Values = {}
    points: Values = {}
    for bone in skeleton.bones:
        rotation, moved = _local(bone, values[bone.name])
        if not bone.parent:
            points["root"] = points["root_end"] = bone.offset + moved
            rotations["root"] = rotation
            continue
        above, start = rotations[bone.parent], points[f"{bone.parent}_end"]
        rotations[bone.name] = above @ rotation
        points[bone.name] = start + apply(above, moved)
        along = apply(rotations[bone.name], bone.offset)
        points[f"{bone.name}_end"] = points[bone.name] + along
    return points


def _local(
    bone: AsfBone, values: Float[np.ndarray, "frame freedom"]
) -> tuple[Float[np.ndarray, "frame 3 3"], Float[np.ndarray, "frame 3"]]:
    """How a bone is turned and moved, seen from its parent."""
    turns = [n for n, name in enumerate(bone.freedom) if name.startswith("r")]
    order = "".join(bone.freedom[n][1] for n in turns).upper()
    own = rotation_in_order(values[:, turns], order)
    moved = np.zeros((len(values), 3))
    for number, name in enumerate(bone.freedom):
        if name.startswith("t"):
            moved[:, "xyz".index(name[1])] = values[:, number]
    return bone.axes @ own @ bone.axes.T, moved


def _values(path: Path, skeleton: AsfSkeleton) -> Values:
    """What the frames of an AMC file give to each bone, in radians and metres."""
    text = read_text(path)
    frames = _frames(text, path)
    to_radians = 1.0 if ":radians" in text.lower() else np.pi / 180
    unknown = set().union(*frames) - {bone.name for bone in skeleton.bones}
    if unknown:
        raise InputError(
            f"{path}: its skeleton has no {', '.join(sorted(unknown))}; give the ASF "
            "file that belongs to it."
        )
    values = {}
    for bone in skeleton.bones:
        scale = [to_radians if n[0] == "r" else skeleton.metres for n in bone.freedom]
        rows = [frame.get(bone.name, []) for frame in frames]
        values[bone.name] = _table(rows, len(scale), bone.name, path) * scale
    return values


def _frames(text: str, path: Path) -> list[dict[str, list[str]]]:
    frames: list[dict[str, list[str]]] = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0][0] in "#:":
            continue
        if len(words) == 1 and words[0].isdecimal():
            frames.append({})
        elif frames:
            frames[-1][words[0]] = words[1:]
        else:
            raise InputError(f"{path}: is not an AMC file; frames begin with a number.")
    if not frames:
        raise InputError(f"{path}: is cut off; it has no frames.")
    return frames


def _table(
    rows: list[list[str]], count: int, name: str, path: Path
) -> Float[np.ndarray, "frame freedom"]:
    for number, row in enumerate(rows):
        if len(row) != count:
            raise InputError(
                f"{path}: frame {number + 1} of {len(rows)} has {len(row)} numbers for "
                f"{name!r}, but the skeleton has {count}; the file is cut off or the "
                "skeleton another one."
            )
    try:
        table = np.array(rows, dtype=np.float64).reshape(len(rows), count)
    except ValueError:
        table = np.full((1, 1), np.nan)
    known = np.isfinite(table).all(1)
    if not known.all():
        raise InputError(
            f"{path}: frame {int(np.argmin(known)) + 1} holds a value for {name!r} "
            "that is not a number."
        )
    return table
