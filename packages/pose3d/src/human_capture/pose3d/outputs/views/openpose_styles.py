"""Joints, limbs and colours of the stick figures that OpenPose draws.

BODY_25 repeats OpenPose's ``poseParametersRender.hpp``: a limb has the colour of its
second joint. COCO, with 18 joints, looks as in ControlNet and what came after it: limbs
and joints are both counted through the hues, from red.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from types import MappingProxyType

from human_capture.common.errors import InputError
from human_capture.common.keypoints import BODY25, KeypointFormat
from human_capture.pose3d.outputs.palette import Colour

COCO18 = KeypointFormat(
    "coco18",
    (
        "nose",
        "neck",
        *(f"right_{joint}" for joint in ("shoulder", "elbow", "wrist")),
        *(f"left_{joint}" for joint in ("shoulder", "elbow", "wrist")),
        *(f"right_{joint}" for joint in ("hip", "knee", "ankle")),
        *(f"left_{joint}" for joint in ("hip", "knee", "ankle")),
        "right_eye",
        "left_eye",
        "right_ear",
        "left_ear",
    ),
    (),
    ("left_hip", "right_hip"),
)
"""18 joints of OpenPose's COCO model."""


@dataclass(frozen=True)
class StickFigureStyle:
    """How stick figures look.

    Attributes:
        format: Their joints.
        limbs: Pairs of joints, in the order in which they are drawn.
        limb_colours: RGB bytes, one a limb.
        joint_colours: RGB bytes, one a joint.
        limb_brightness: Factor on the colours of limbs.
    """

    format: KeypointFormat
    limbs: tuple[tuple[int, int], ...]
    limb_colours: tuple[Colour, ...]
    joint_colours: tuple[Colour, ...]
    limb_brightness: float = 0.6


def stick_figure_style(name: str) -> StickFigureStyle:
    """The style of that name; raises InputError that lists the known ones."""
    if name not in STYLES:
        raise InputError(
            f"Unknown stick-figure style {name!r}; known are {', '.join(STYLES)}."
        )
    return STYLES[name]


def _hue(step: int) -> Colour:
    """A pure colour, counted in 18ths of a circle from red over green and blue."""
    red, green, blue = colorsys.hsv_to_rgb(step / 18, 1, 1)
    return round(255 * red), round(255 * green), round(255 * blue)


def _body25() -> StickFigureStyle:
    limbs = (
        (1, 8), (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (8, 9), (9, 10),
        (10, 11), (8, 12), (12, 13), (13, 14), (1, 0), (0, 15), (15, 17), (0, 16),
        (16, 18), (14, 19), (19, 20), (14, 21), (11, 22), (22, 23), (11, 24),
    )  # fmt: skip
    hues = (
        17, 0, 1, 2, 3, 4, 5, 6, 0, 7, 8, 9, 10, 11, 12, 16, 14, 15, 13,
        12, 12, 12, 9, 9, 9,
    )  # fmt: skip
    colours = tuple(_hue(step) for step in hues)
    ends = tuple(colours[second] for _, second in limbs)
    return StickFigureStyle(BODY25, limbs, ends, colours)


def _coco18() -> StickFigureStyle:
    limbs = (
        (1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10),
        (1, 11), (11, 12), (12, 13), (1, 0), (0, 14), (14, 16), (0, 15), (15, 17),
    )  # fmt: skip
    colours = tuple(_hue(step) for step in range(len(COCO18)))
    return StickFigureStyle(COCO18, limbs, colours[: len(limbs)], colours)


STYLES = MappingProxyType({"coco18": _coco18(), "body25": _body25()})
"""All styles by name."""
