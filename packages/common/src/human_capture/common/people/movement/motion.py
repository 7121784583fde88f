"""Motion: where the joints of one person are over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from human_capture.common.errors import InputError

MOTION_JOINTS = (
    "pelvis", "chest", "neck", "head",
    "left_hip", "left_knee", "left_ankle", "left_toe",
    "right_hip", "right_knee", "right_ankle", "right_toe",
    "left_shoulder", "left_elbow", "left_wrist",
    "right_shoulder", "right_elbow", "right_wrist",
)  # fmt: skip
"""Joints a motion may name; ``pelvis`` is midway between the hips."""

REQUIRED_JOINTS = frozenset(MOTION_JOINTS) - {"head", "left_toe", "right_toe"}


@dataclass(frozen=True)
class Motion:
    """Joints of one person over time, in metres, z up.

    Attributes:
        positions: By the names of ``MOTION_JOINTS``; toes and head may be absent.
        fps: Frames a second.
        rotations: World rotations away from rest of the parts whose orientation is
            known beyond what the joints tell: ``pelvis``, ``chest``, ``head``,
            ``left_foot``, ``left_toes``, ``right_foot``, ``right_toes``.
        wrists: Pronation, flexion and deviation of each hand in radians, by side.
        seat: Height of what the person sits on, where they sit on something.
    """

    positions: Mapping[str, Float[np.ndarray, "frame 3"]]
    fps: float
    rotations: Mapping[str, Float[np.ndarray, "frame 3 3"]] = field(
        default_factory=dict
    )
    wrists: Mapping[str, Float[np.ndarray, "frame 3"]] = field(default_factory=dict)
    seat: float | None = None

    def __post_init__(self) -> None:
        missing = REQUIRED_JOINTS - set(self.positions)
        if missing:
            raise InputError(f"A motion needs the joints {', '.join(sorted(missing))}.")
        unknown = set(self.positions) - set(MOTION_JOINTS)
        if unknown:
            raise InputError(f"A motion has no joints {', '.join(sorted(unknown))}.")

    def __len__(self) -> int:
        return len(self.positions["pelvis"])

    def __getitem__(self, frames: slice | np.ndarray | list[int]) -> Motion:
        """The motion at some frames only."""
        parts = (self.positions, self.rotations, self.wrists)
        taken = ({name: x[frames] for name, x in part.items()} for part in parts)
        positions, rotations, wrists = taken
        return Motion(positions, self.fps, rotations, wrists, self.seat)
