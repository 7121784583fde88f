"""One HTML file in which a person can orbit and scrub a captured motion.

The file needs no network: the viewer (``assets/page``) is drawn on a 2D canvas, which
every browser and phone has, and the motion lies beside it as packed numbers, about
a quarter of a megabyte for 1,000 frames of one person.
"""

from __future__ import annotations

import base64
import html
import json
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.calibration import Calibration
from human_capture.common.files import atomic_path
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.palette import (
    bone_colours,
    hexadecimal,
    person_colours,
)

_SCRIPTS = ("motion.js", "orbit.js", "drawing.js", "timeline.js", "viewer.js")
_UNKNOWN = -32768  # the 16-bit number that stands for a joint that is not there
_FRUSTUM_DEPTH = 0.4  # metres
_FLOOR_TOLERANCE = 0.4  # metres between the world's z = 0 and the lowest feet


def write_page(
    path: str | Path,
    capture: Capture,
    calibration: Calibration | None = None,
    title: str = "Captured motion",
) -> None:
    """Write the motion as a self-contained interactive page.

    Args:
        path: File to write, usually ``.html``.
        capture: The motion.
        calibration: The cameras to show; none when absent.
        title: Heading of the page.
    """
    folder = resources.files("human_capture.pose3d.outputs") / "assets" / "page"
    # "<" would let a name in the data end the script element
    motion = json.dumps(page_data(capture, calibration), separators=(",", ":"))
    parts = {
        "style": (folder / "page.css").read_text("utf-8"),
        "script": "\n".join((folder / name).read_text("utf-8") for name in _SCRIPTS),
        "motion": motion.replace("<", "\\u003c"),
        "title": html.escape(title),
    }
    page = (folder / "page.html").read_text("utf-8")
    for name, text in parts.items():
        page = page.replace("{{" + name + "}}", text)
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def page_data(
    capture: Capture, calibration: Calibration | None = None
) -> dict[str, Any]:
    """What the page's scripts read, ready for JSON.

    Args:
        capture: The motion.
        calibration: The cameras to show; none when absent.
    """
    points = capture.points.double()
    low, high = _bounds(points)
    origin = (low + high) / 2
    step = float((high - low).max() / 2 / 32_000) or 1e-4
    centre, radius = _middle(points)
    return {
        "fps": capture.fps,
        "frames": points.shape[1],
        "joints": capture.format.joints,
        "bones": capture.format.bone_indices,
        "origin": origin.tolist(),
        "step": step,
        "centre": centre.tolist(),
        "radius": radius,
        "floor": _floor(points),
        "people": [
            _person(capture, person, (points[person] - origin) / step)
            for person in range(points.shape[0])
        ],
        "cameras": [] if calibration is None else _cameras(calibration),
    }


def _person(capture: Capture, person: int, steps: Tensor) -> dict[str, Any]:
    form, colours = capture.format, person_colours(person)
    tones = (colours.left, colours.middle, colours.right)
    packed = steps.round().nan_to_num(_UNKNOWN).numpy().astype("<i2")
    packed[(packed == _UNKNOWN).any(-1)] = _UNKNOWN
    confidence = (capture.confidence[person].nan_to_num().clamp(0, 1) * 255).round()
    return {
        "name": f"person {person + 1}",
        "colour": hexadecimal(colours.middle),
        "tones": [hexadecimal(tone) for tone in tones],
        "jointColours": [hexadecimal(colours.of(joint)) for joint in form.joints],
        "boneColours": [hexadecimal(c) for c in bone_colours(form, person)],
        "positions": _base64(packed),
        "confidence": _base64(confidence.numpy().astype("u1")),
        "filled": _base64(capture.filled[person].numpy().astype("u1")),
        "error": _errors(capture, person),
    }


def _errors(capture: Capture, person: int) -> str | None:
    """Mean reprojection error over the used views, in tenths of a pixel."""
    if capture.evidence is None:
        return None
    error = capture.evidence.reprojection_error[person]
    error = error.masked_fill(~capture.evidence.used[person], torch.nan)
    tenths = (error.nanmean(1) * 10).clamp(0, 65_534).nan_to_num(65_535)
    return _base64(tenths.round().numpy().astype("<u2"))


def _cameras(calibration: Calibration) -> list[dict[str, Any]]:
    cameras = calibration.cameras.ideal().to(torch.float64)
    sizes = torch.stack(
        [
            2 * camera_centre if size is None else torch.tensor(size).double()
            for camera_centre, size in zip(
                cameras.intrinsics[:, :2, 2], calibration.sizes, strict=True
            )
        ]
    )
    unit = torch.tensor([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=torch.float64)
    pixels = unit * sizes[:, None]
    depth = torch.full(pixels.shape[:2], _FRUSTUM_DEPTH, dtype=torch.float64)
    corners = cameras.unproject(pixels, depth)
    return [
        {
            "name": name,
            "centre": _rounded(cameras.centre[n]),
            "forward": _rounded(cameras.forward_axis[n]),
            "corners": [_rounded(corner) for corner in corners[n]],
        }
        for n, name in enumerate(calibration.names)
    ]


def _bounds(points: Float[Tensor, "person frame joint 3"]) -> tuple[Tensor, Tensor]:
    """Lowest and highest coordinates; zeros when nothing is known."""
    known = points[~points.isnan().any(-1)]
    if not len(known):
        return torch.zeros(3).double(), torch.zeros(3).double()
    return known.amin(0), known.amax(0)


def _middle(points: Float[Tensor, "person frame joint 3"]) -> tuple[Tensor, float]:
    """Centre and radius of what the first view should show, outliers left out."""
    known = points[~points.isnan().any(-1)]
    if not len(known):
        return torch.tensor([0.0, 0.0, 1.0]).double(), 2.0
    low, high = np.percentile(known.numpy(), [1, 99], axis=0)
    centre = torch.from_numpy((low + high) / 2)
    return centre, max(float(np.linalg.norm(high - low)) / 2, 1.0)


def _floor(points: Float[Tensor, "person frame joint 3"]) -> float:
    """The world's z = 0, unless the feet say that the floor is somewhere else."""
    known = points[~points.isnan().any(-1)]
    if not len(known):
        return 0.0
    lowest = float(np.percentile(known[:, 2].numpy(), 1))
    return 0.0 if abs(lowest) < _FLOOR_TOLERANCE else lowest


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")


def _rounded(vector: Tensor) -> list[float]:
    return [round(value, 4) for value in vector.tolist()]
