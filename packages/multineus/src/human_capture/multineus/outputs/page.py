"""One HTML file in which a person can turn a head around and look at it closely.

The file needs no network: the viewer (``assets/page``) draws with WebGL, which every
browser and phone has, and the mesh lies beside it as packed numbers: 16 bits for each
coordinate, 8 for each channel of a colour, 32 for each corner of a triangle. Normals
are not stored: those that the viewer finds from the positions are nearer to the true
ones, on average, than those that 8-bit numbers could hold.
"""

from __future__ import annotations

import base64
import html
import json
import re
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path
from human_capture.common.meshes import Mesh
from human_capture.multineus.outputs.shading import CLAY

SUFFIXES = (".html", ".htm")
_SCRIPTS = ("surface.js", "orbit.js", "painter.js", "viewer.js")
_STEPS = 65_535  # the largest 16-bit number


def write_page(mesh: Mesh, path: str | Path, title: str = "Head") -> None:
    """Write a mesh as a self-contained interactive page.

    Args:
        mesh: In metres, with z up; faces look along -y. Shown as clay if it has no
            colours.
        path: File to write, usually ``.html``.
        title: Heading of the page.

    Raises:
        InputError: The name has another suffix, or the disk is full.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"Cannot write {path.name!r}: pages end in one of {', '.join(SUFFIXES)}."
        )
    folder = resources.files("human_capture.multineus.outputs") / "assets" / "page"
    # "<" would let a word in the data end the script element
    packed = json.dumps(page_data(mesh), separators=(",", ":")).replace("<", "\\u003c")
    parts = {
        "style": (folder / "page.css").read_text("utf-8"),
        "script": "\n".join((folder / name).read_text("utf-8") for name in _SCRIPTS),
        "mesh": packed,
        "title": html.escape(title),
    }
    page = (folder / "page.html").read_text("utf-8")
    # all at once, so that a title may contain "{{mesh}}"
    page = re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], page)
    with atomic_path(path) as temporary:
        temporary.write_text(page, encoding="utf-8")


def page_data(mesh: Mesh) -> dict[str, Any]:
    """What the page's scripts read, ready for JSON.

    A vertex is at ``origin + step * positions``; arrays are base64 of little-endian
    numbers.

    Args:
        mesh: In metres.
    """
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    step = float((high - low).max()) / _STEPS or 1e-6
    positions = np.rint((mesh.vertices - low) / step).astype("<u2")
    colours = None
    if mesh.colours is not None:
        colours = _base64(np.rint(255 * mesh.colours.clip(0, 1)).astype("u1"))
    return {
        "vertices": len(mesh.vertices),
        "triangles": len(mesh.faces),
        "origin": low.tolist(),
        "step": step,
        "positions": _base64(positions),
        "indices": _base64(mesh.faces.astype("<u4")),
        "colours": colours,
        "clay": CLAY._asdict(),
    }


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(array.tobytes()).decode("ascii")
