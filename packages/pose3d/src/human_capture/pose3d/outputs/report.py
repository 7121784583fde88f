"""How good a captured motion is: measured against its own 2D key points and bones."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.common.files import atomic_path
from human_capture.pose3d.capture import Capture, Evidence
from human_capture.pose3d.outputs.palette import side_of


@dataclass(frozen=True)
class Fit:
    """How well some 3D joints fit some 2D key points, over all people and frames.

    Attributes:
        median: Reprojection error of the used key points, in pixels; NaN without any.
        high: Its 95 % quantile, in pixels.
        excluded: Share of the seen key points that the 3D does not rest on.
        seen: How many key points there are.
    """

    median: float
    high: float
    excluded: float
    seen: int


@dataclass(frozen=True)
class Bone:
    """One bone of one person; a real one has a spread of zero.

    Attributes:
        person: Counted from 1.
        name: Both its joints.
        mean_mm: Length.
        spread_mm: Standard deviation of the length over time.
        variation: Spread over length.
        other_side: Length over that of the same bone on the other side; NaN for bones
            in the middle.
    """

    person: int
    name: str
    mean_mm: float
    spread_mm: float
    variation: float
    other_side: float


@dataclass(frozen=True)
class MotionReport:
    """What there is to know about the quality of a capture.

    Attributes:
        people: How many.
        frames: How many.
        fps: Frames a second.
        frames_without_anybody: Frames in which no joint of anybody is known.
        unknown: Share of the joints not known, from each person's first to last frame.
        filled: Share of the known joints that were interpolated.
        gaps_filled: How many separate gaps of single joints were interpolated.
        views: Names of the cameras; empty without 2D evidence.
        joints: Names.
        overall: Fit over all views and joints; None without 2D evidence.
        by_view: Fit over all joints, one a view.
        by_joint: Fit over all views, one a joint.
        by_joint_and_view: One list a joint, with one fit a view.
        bones: Of every person that has them.
    """

    people: int
    frames: int
    fps: float
    frames_without_anybody: int
    unknown: float
    filled: float
    gaps_filled: int
    views: tuple[str, ...]
    joints: tuple[str, ...]
    overall: Fit | None
    by_view: tuple[Fit, ...]
    by_joint: tuple[Fit, ...]
    by_joint_and_view: tuple[tuple[Fit, ...], ...]
    bones: tuple[Bone, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; what is not a number becomes None."""
        plain: dict[str, Any] = _without_nan(asdict(self))
        return plain


def measure_motion(capture: Capture) -> MotionReport:
    """The report on a capture.

    Args:
        capture: The motion; without evidence, only bones and gaps are measured.
    """
    known = ~capture.points.isnan().any(-1)
    evidence, joints = capture.evidence, range(len(capture.format))
    views = range(0 if evidence is None else len(evidence.views))
    filled = capture.filled & known
    return MotionReport(
        people=known.shape[0],
        frames=known.shape[1],
        fps=capture.fps,
        frames_without_anybody=int((~known.any(2).any(0)).sum()),
        unknown=_unknown_share(known),
        filled=float(filled.sum()) / max(int(known.sum()), 1),
        gaps_filled=_count_gaps(filled),
        views=() if evidence is None else evidence.views,
        joints=capture.format.joints,
        overall=None if evidence is None else _fit(evidence, (...,)),
        by_view=tuple(_fit(evidence, (..., v, slice(None))) for v in views),
        by_joint=tuple(_fit(evidence, (..., j)) for j in joints) if views else (),
        by_joint_and_view=tuple(
            tuple(_fit(evidence, (..., v, j)) for v in views) for j in joints if views
        ),
        bones=tuple(_bones(capture)),
    )


def write_report_json(path: str | Path, report: MotionReport) -> None:
    """Write the report as JSON, with the field names of :class:`MotionReport`.

    Args:
        path: File to write.
        report: From :func:`measure_motion`.
    """
    with atomic_path(path) as temporary:
        text = json.dumps(report.to_dict(), indent=1, allow_nan=False)
        temporary.write_text(text, encoding="utf-8")


def _fit(evidence: Evidence | None, part: tuple[Any, ...]) -> Fit:
    """Fit over a part of the axes person, frame, view, joint."""
    assert evidence is not None
    error = evidence.reprojection_error[part].flatten()
    used = evidence.used[part].flatten()
    seen = ~evidence.keypoints[..., 0][part].flatten().isnan()
    counted = error[used & ~error.isnan()].double().numpy()
    median, high = math.nan, math.nan
    if len(counted):
        median, high = (float(q) for q in np.percentile(counted, [50, 95]))
    count = int(seen.sum())
    excluded = 1 - int((used & seen).sum()) / count if count else math.nan
    return Fit(median, high, excluded, count)


def _unknown_share(known: Bool[Tensor, "person frame joint"]) -> float:
    """Between each person's first and last appearance."""
    unknown = total = 0
    for person in known:
        present = torch.nonzero(person.any(1))[:, 0]
        if len(present):
            span = person[int(present[0]) : int(present[-1]) + 1]
            unknown += int((~span).sum())
            total += span.numel()
    return unknown / max(total, 1)


def _count_gaps(filled: Bool[Tensor, "person frame joint"]) -> int:
    begins = filled.clone()
    begins[:, 1:] &= ~filled[:, :-1]
    return int(begins.sum())


def _bones(capture: Capture) -> list[Bone]:
    form, bones = capture.format, []
    for person, points in enumerate(capture.points.double()):
        lengths = {
            names: _known_lengths(points, first, second)
            for names, (first, second) in zip(
                form.bones, form.bone_indices, strict=True
            )
        }
        means = {names: float(track.mean()) for names, track in lengths.items()}
        bones += [
            Bone(
                person=person + 1,
                name=bone_name(names),
                mean_mm=1000 * means[names],
                spread_mm=1000 * float(track.std(correction=0)),
                variation=float(track.std(correction=0)) / means[names],
                other_side=means[names] / _length_of_mirrored(names, means),
            )
            for names, track in lengths.items()
            if len(track)
        ]
    return bones


def _known_lengths(
    points: Float[Tensor, "frame joint 3"], first: int, second: int
) -> Float[Tensor, " known"]:
    bone = points[:, first] - points[:, second]
    lengths: Float[Tensor, " known"] = bone[~bone.isnan().any(-1)].norm(dim=-1)
    return lengths


def bone_name(joints: Sequence[str]) -> str:
    """Both joints in plain words, such as ``left elbow – wrist``.

    Args:
        joints: Names of the two joints.
    """
    first, second = (joint.replace("_", " ") for joint in joints)
    side = side_of(joints[0])
    if side != "middle" and side == side_of(joints[1]):
        second = second.removeprefix(f"{side} ")
    return f"{first} – {second}"


def _length_of_mirrored(
    bone: tuple[str, str], means: dict[tuple[str, str], float]
) -> float:
    """Length of the same bone on the other side; NaN when the bone has no side."""
    sides = {side_of(joint) for joint in bone} - {"middle"}
    if len(sides) != 1:
        return math.nan
    first, second = (_other_side(joint) for joint in bone)
    mirrored = means.get((first, second), means.get((second, first)))
    return math.nan if mirrored is None else mirrored


def _other_side(joint: str) -> str:
    swap = {"left": "right", "right": "left", "middle": ""}
    side = side_of(joint)
    return swap[side] + (joint.removeprefix(side) if swap[side] else joint)


def _without_nan(value: Any) -> Any:  # any tree of plain values
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value
