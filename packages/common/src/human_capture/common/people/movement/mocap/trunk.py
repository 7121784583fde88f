# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Trunks of people of whom only key points are known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float

from human_capture.common.people.movement.mocap.joint_names import match_joints
from human_capture.common.people.movement.mocap.named_motion import (
    CHEST_SHARE,
    find_chest,
    known_frames,
    named_motion,
    required,
)
from human_capture.common.people.movement.motion import Motion

SHORTEST = 30
"""Frames that a stretch of motion has at least."""


def keypoint_motions(
    points: Mapping[str, Float[np.ndarray, "frame 3"]],
    fps: float,
    source: str,
    shortest: int = SHORTEST,
) -> list[Motion]:
    """The stretches of time in which a person is known from head to foot.

    Head and toes that are unknown for a part of a stretch are left out of all of it.

    Args:
        points: Key points of one person in metres, z up; NaN where unknown.
        fps: Frames a second.
        source: Where they are from, for messages.
        shortest: Frames below which a stretch is dropped.
    """
    needed = required(match_joints(points))
    if not needed:
        return [named_motion(points, fps, source)]  # which says what is missing
    known = known_frames([points[name] for name in needed])
    motions = []
    for stretch in continuous_stretches(known, shortest):
        part = {name: x[stretch] for name, x in points.items()}
        part = {name: x for name, x in part.items() if np.isfinite(x).all()}
        motions.append(named_motion(with_trunk(part), fps, source))
    return motions


def with_trunk(
    points: Mapping[str, Float[np.ndarray, "frame 3"]],
) -> dict[str, Float[np.ndarray, "frame 3"]]:
    """Key points with the joints of the trunk that their format lacks.

    A neck lies between the shoulders, a chest on the straight line from the hips to
    the neck, a head between the ears.
    """
    full, found = dict(points), match_joints(points)
    if not {f"{s}_{j}" for s in ("left", "right") for j in ("hip", "shoulder")} <= set(
        found
    ):
        return full
    if "neck" not in found:
        full["neck"] = _midway(points, found["left_shoulder"], found["right_shoulder"])
    if "head" not in found and {"left_ear", "right_ear"} <= set(points):
        full["head"] = _midway(points, "left_ear", "right_ear")
    if find_chest(full) is None:
        hips = _midway(points, found["left_hip"], found["right_hip"])
        neck = full[match_joints(full)["neck"]]
        full["chest"] = hips + CHEST_SHARE * (neck - hips)
    return full


def continuous_stretches(
    known: Bool[np.ndarray, " frame"], shortest: int
) -> list[slice]:
    """The longest runs of known frames, in order.

    Args:
        known: Of which frames everything is known.
        shortest: Frames below which a run is dropped.
    """
    steps = np.diff(np.concatenate([[0], known.astype(int), [0]]))
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    runs = zip(starts.tolist(), ends.tolist(), strict=True)
    return [slice(start, end) for start, end in runs if end - start >= shortest]


def _midway(
    points: Mapping[str, Float[np.ndarray, "frame 3"]], first: str, second: str
) -> Float[np.ndarray, "frame 3"]:
    return (points[first] + points[second]) / 2
