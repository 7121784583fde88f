"""A still picture of a motion: a row of skeletons through time, as SVG."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.palette import bone_colours, hexadecimal

_SCALE = 100.0  # SVG units a metre
_MARGIN = 0.15  # metres around each moment


def write_picture(
    path: str | Path,
    capture: Capture,
    moments: int = 8,
    azimuth: float = -0.9,
    elevation: float = 0.2,
) -> None:
    """Write moments at equal times side by side, seen from one side.

    Args:
        path: File to write, ending in ``.svg``.
        capture: The motion.
        moments: How many.
        azimuth: Where the viewer stands around the people, in radians from x.
        elevation: How far the viewer looks down, in radians.

    Raises:
        InputError: Nobody was seen in any of these moments.
    """
    count = capture.points.shape[1]
    wanted = np.linspace(0, max(count - 1, 0), moments).round().astype(int)
    wanted = np.unique(wanted[:count])
    flat = _seen_from(capture.points[:, wanted].double(), azimuth, elevation)
    known = flat[~flat.isnan().any(-1)]
    if not len(known):
        raise InputError("There is nothing to draw: nobody was seen.")
    low, high = (
        torch.from_numpy(np.percentile(known.numpy(), q, axis=0)) for q in (0.5, 99.5)
    )
    size = (high - low + 2 * _MARGIN) * _SCALE
    spots = (flat - low + _MARGIN) * _SCALE
    drawn = []
    for column, frame in enumerate(wanted.tolist()):
        left = column * float(size[0])
        drawn.append(f'<g transform="translate({left:.1f} 0)">')
        if column:
            drawn.append(f'<line y2="{size[1]:.1f}" stroke="#7a879444"/>')
        for person in range(len(spots)):
            drawn += _skeleton(capture, person, spots[person, column])
        label = f"{frame / capture.fps:.2f} s"
        at = f'x="{size[0] / 2:.1f}" y="{size[1] + 14:.1f}"'
        drawn.append(f"<text {at}>{label}</text></g>")
    width, height = len(wanted) * float(size[0]), float(size[1]) + 24
    with atomic_path(path) as temporary:
        temporary.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} '
            f'{height:.0f}" stroke-linecap="round" font-family="sans-serif" '
            'font-size="13" text-anchor="middle" fill="#7a8794">\n'
            + "\n".join(drawn)
            + "\n</svg>\n",
            encoding="utf-8",
        )


def _seen_from(
    points: Float[Tensor, "*batch 3"], azimuth: float, elevation: float
) -> Float[Tensor, "*batch 2"]:
    """Points seen from far away: metres to the right and down."""
    (ca, sa), (ce, se) = (
        (math.cos(angle), math.sin(angle)) for angle in (azimuth, elevation)
    )
    axes = torch.tensor([[-sa, ca, 0.0], [se * ca, se * sa, -ce]])
    return points @ axes.to(points).mT


def _skeleton(
    capture: Capture, person: int, spots: Float[Tensor, "joint 2"]
) -> list[str]:
    lines = []
    colours = bone_colours(capture.format, person)
    for (first, second), colour in zip(
        capture.format.bone_indices, colours, strict=True
    ):
        ends = torch.cat((spots[first], spots[second]))
        if not bool(ends.isnan().any()):
            x1, y1, x2, y2 = ends.tolist()
            lines.append(
                f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" '
                f'stroke="{hexadecimal(colour)}" stroke-width="4.5"/>'
            )
    return lines
