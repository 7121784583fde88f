# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""Axes and units of motion files, turned into metres with z up."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

from human_capture.common.errors import InputError

Up = Literal["y", "z"]
Unit = Literal["m", "cm", "mm", "inch", "cmu"]
INCH = 0.0254
METRES: dict[Unit, float] = {
    "m": 1.0,
    "cm": 0.01,
    "mm": 0.001,
    "inch": INCH,
    "cmu": INCH / 0.45,
}
"""Length of each unit; ``cmu`` is that of the CMU database and of BVH copies of it."""

_LEG = 0.8  # metres from hip to ankle of an adult
_LEGS = (0.35, 1.3)


def z_up(
    points: Float[np.ndarray, "*batch 3"], up: Up
) -> Float[np.ndarray, "*batch 3"]:
    """Points whose axis ``up`` points upwards, in axes with z up.

    For ``"y"`` this is (x, y, z) → (x, −z, y), a quarter turn about x.
    """
    if up == "z":
        return points
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([x, -z, y], -1)


def detect_up(
    rest: Float[np.ndarray, "3"], moving: Float[np.ndarray, "frame 3"], source: str
) -> Up:
    """The axis that points up, from where the ankles are, seen from the hips.

    Some programs lay the rest pose along the bones' own axes, so that nobody stands in
    it; then the motion decides, in which people are upright most of the time.

    Args:
        rest: From hips to ankles in the rest pose.
        moving: The same during the motion.
        source: Of what, for messages.

    Raises:
        InputError: Neither tells.
    """
    upright: tuple[tuple[Up, int], ...] = (("y", 1), ("z", 2))
    for direction, least in ((rest, 0.8), (np.median(moving, axis=0), 0.6)):
        length = float(np.linalg.norm(direction))
        for up, axis in upright:
            if -direction[axis] > least * length > 0:
                return up
    raise InputError(
        f"{source}: the skeleton does not stand along y or z, so which axis points up "
        "is unknown; give it."
    )


def detect_unit(leg: float, source: str) -> Unit:
    """The unit in which a leg has about the length of an adult's.

    Args:
        leg: From hip over knee to ankle, in the unknown unit.
        source: Whose, for messages.

    Raises:
        InputError: None of the units gives a human leg.
    """
    if leg > 0:
        unit = min(METRES, key=lambda unit: abs(np.log(leg * METRES[unit] / _LEG)))
        if _LEGS[0] < leg * METRES[unit] < _LEGS[1]:
            return unit
    raise InputError(
        f"{source}: a leg of length {leg:.4g} is not human in any unit of "
        f"{', '.join(get_args(Unit))}; give the unit."
    )
