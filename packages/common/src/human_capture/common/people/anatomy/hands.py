"""Hands: finger poses drawn from a seed."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from human_capture.common.people.anatomy.skeleton import SIDES, Skeleton
from human_capture.common.people.movement.orientations import exponential, unit

# bend of index, middle, ring and little finger at each of three joints, then of the
# thumb, as shares of the full bend below
HANDS = {
    "relaxed": ((0.25, 0.28, 0.33, 0.38), 0.25),
    "open": ((-0.05, -0.05, -0.05, -0.05), -0.1),
    "fist": ((0.95, 0.95, 0.95, 0.95), 0.8),
    "pointing": ((0.0, 0.85, 0.9, 0.9), 0.7),
    "holding": ((0.5, 0.5, 0.52, 0.55), 0.5),
}
FULL_BEND = np.array([1.4, 1.7, 1.1])  # radians at knuckle, middle and end joint
FULL_THUMB = np.array([0.35, 0.6, 0.9])
SPREAD = np.array([0.12, 0.0, -0.10, -0.22])  # radians away from the middle finger


def finger_rotations(
    skeleton: Skeleton, seed: int, names: tuple[str, ...] = tuple(HANDS)
) -> dict[str, Float[np.ndarray, "1 3 3"]]:
    """Rotation of every finger bone against the hand, by bone name.

    Args:
        skeleton: At rest; tells in which plane each finger bends.
        seed: Chooses a hand and its small irregularities, for each side.
        names: The hands to choose from.
    """
    generator = np.random.default_rng(seed)
    turned: dict[str, np.ndarray] = {}
    for side in SIDES:
        fingers, thumb = HANDS[str(generator.choice(names))]
        bends = np.array(fingers) + generator.normal(0, 0.05, 4)
        spread = generator.uniform(0, 1) * (1 - np.clip(bends, 0, 1))
        for finger, (bend, apart) in enumerate(
            zip(bends, spread * SPREAD, strict=True)
        ):
            turned |= _finger(skeleton, side, finger + 2, bend, float(apart))
        turned |= _thumb(skeleton, side, thumb + float(generator.normal(0, 0.08)))
    return turned


def _finger(
    skeleton: Skeleton, side: str, finger: int, bend: float, apart: float
) -> dict[str, np.ndarray]:
    bones = [f"finger{finger}-{k}" for k in (1, 2, 3)]
    along, palm, thumb = skeleton.hand(side)
    start, end = (skeleton.bone(side, bones[k]) for k in (0, 2))
    axis = np.cross(along, palm)
    axis = unit(axis - (axis @ unit(end - start)) * unit(end - start))
    sideways = exponential(np.cross(along, thumb) * apart)
    return _chain(side, bones, axis, bend * FULL_BEND, sideways)


def _thumb(skeleton: Skeleton, side: str, bend: float) -> dict[str, np.ndarray]:
    """The thumb, whose joints bend across the palm."""
    bones = [f"finger1-{k}" for k in (1, 2, 3)]
    start, end = (skeleton.bone(side, bones[k]) for k in (0, 2))
    little = skeleton.bone(side, "finger5-1")
    axis = unit(np.cross(end - start, little + 0.02 * skeleton.hand(side)[1] - start))
    return _chain(side, bones, axis, bend * FULL_THUMB, np.eye(3))


def _chain(
    side: str, bones: list[str], axis: np.ndarray, angles: np.ndarray, base: np.ndarray
) -> dict[str, np.ndarray]:
    turned = {}
    for bone, angle in zip(bones, np.cumsum(angles), strict=True):
        rotation = base @ exponential(axis * angle)
        turned[f"{bone}.{side[0].upper()}"] = rotation[None]
    return turned
