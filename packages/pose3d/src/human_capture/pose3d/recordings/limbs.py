"""What is known of limbs: their bones keep their lengths."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from human_capture.common.keypoints import KeypointFormat

_CHAINS = (  # from the trunk outwards
    ("shoulder", "elbow"),
    ("hip", "knee"),
    ("hip_centre", "knee"),
    ("elbow", "wrist"),
    ("knee", "ankle"),
    ("wrist", "pinky"),
    ("wrist", "index"),
    ("wrist", "thumb"),
    ("ankle", "heel"),
    ("ankle", "big_toe"),
    ("ankle", "small_toe"),
)

_SLACK = 0.06
"""Metres by which any bone may differ from its median; matters in hands and feet."""


def limb_bones(format: KeypointFormat) -> list[tuple[int, int]]:
    """Bones of arms and legs as pairs of parent and child, from the trunk outwards.

    Args:
        format: Of the joints.
    """
    names = (
        (f"{side}_{parent}", f"{side}_{child}")
        for parent, child in _CHAINS
        for side in ("left", "right")
    )
    return [
        (format.index(parent), format.index(child))
        for parent, child in names
        if parent in format.joints and child in format.joints
    ]


def steady_bones(
    points: Float[np.ndarray, "frame joint 3"], format: KeypointFormat
) -> Float[np.ndarray, "frame joint 3"]:
    """Points moved along the limbs so that each limb bone keeps its median length.

    What hangs on a bone moves along; directions stay.

    Args:
        points: Of one person; NaN where unknown.
        format: Of the joints.
    """
    moved = points.copy()
    bones = limb_bones(format)
    for parent, child in bones:
        bone = moved[:, child] - moved[:, parent]
        length = np.linalg.norm(bone, axis=-1, keepdims=True)
        if not np.isfinite(length).any():
            continue
        change = bone * (np.nanmedian(length) / np.maximum(length, 1e-6) - 1)
        change = np.nan_to_num(change)
        for joint in (child, *_beyond(child, bones)):
            moved[:, joint] += change
    return moved


def _beyond(joint: int, bones: list[tuple[int, int]]) -> list[int]:
    """Joints further out on the limb."""
    found: list[int] = []
    for parent, child in bones:
        if parent == joint or parent in found:
            found.append(child)
    return found


def true_to_length(
    points: Float[np.ndarray, "frame joint 3"],
    spare: Float[np.ndarray, "frame joint 3"],
    format: KeypointFormat,
    tolerance: float,
) -> tuple[Float[np.ndarray, "frame joint 3"], Int[np.ndarray, "frame joint"]]:
    """Points whose limb bones have about their median length.

    Where a bone has not, its outer joint is taken from ``spare`` if that gives the
    bone the right length, and is NaN otherwise. The second result tells which: 0 for
    ``points``, 1 for ``spare``, 2 for removed.

    Args:
        points: Of one person; NaN where unknown.
        spare: Where else the joints may be; NaN where there is no other place.
        format: Of the joints.
        tolerance: Largest difference from the median length, as a share of it.
    """
    mended = points.copy()
    origin = np.zeros(points.shape[:2], dtype=np.int64)
    for parent, child in limb_bones(format):
        length = np.linalg.norm(mended[:, child] - mended[:, parent], axis=-1)
        if np.isfinite(length).sum() < 5:  # too few to know the length
            continue
        median = float(np.nanmedian(length))
        allowed = max(tolerance * median, _SLACK)
        wrong = np.abs(length - median) > allowed  # False where unknown
        wrong |= origin[:, parent] == 2  # nothing hangs on what is not there
        other = np.linalg.norm(spare[:, child] - mended[:, parent], axis=-1)
        better = wrong & (np.abs(other - median) <= allowed)
        mended[wrong, child] = np.nan
        mended[better, child] = spare[better, child]
        origin[wrong, child] = 2
        origin[better, child] = 1
    return mended, origin
