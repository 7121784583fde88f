"""Motion as plain JSON, for programs that know nothing of motion files.

The file is one object::

    {"type": "human-capture motion", "version": 1,
     "units": "m", "up": "z", "fps": 60.0, "frames": 100,
     "format": "coco17", "joints": ["nose", …], "bones": [[0, 1], …],
     "people": [{"name": "person1",
                 "points": [[[x, y, z] or null, … a joint], … a frame],
                 "confidence": [[0.93, …], …],
                 "filled": [[false, …], …]}]}

A joint that is not known is null. ``filled`` marks joints that were interpolated.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from human_capture.common.files import atomic_path
from human_capture.pose3d.capture import Capture


def write_json(path: str | Path, capture: Capture) -> None:
    """Write everybody's motion as JSON, in metres, z up, to a tenth of a millimetre.

    Args:
        path: File to write.
        capture: The motion.
    """
    content = {
        "type": "human-capture motion",
        "version": 1,
        "units": "m",
        "up": "z",
        "fps": capture.fps,
        "frames": capture.points.shape[1],
        "format": capture.format.name,
        "joints": capture.format.joints,
        "bones": capture.format.bone_indices,
        "people": [_person(capture, n) for n in range(len(capture.points))],
    }
    with atomic_path(path) as temporary:
        text = json.dumps(content, allow_nan=False, separators=(",", ":"))
        temporary.write_text(text, encoding="utf-8")


def _person(capture: Capture, person: int) -> dict[str, Any]:
    return {
        "name": f"person{person + 1}",
        "points": [
            [_position(joint) for joint in frame]
            for frame in capture.points[person].tolist()
        ],
        "confidence": [
            [round(joint, 4) for joint in frame]
            for frame in capture.confidence[person].nan_to_num().tolist()
        ],
        "filled": capture.filled[person].tolist(),
    }


def _position(joint: list[float]) -> list[float] | None:
    rounded = [round(coordinate, 4) for coordinate in joint]
    return None if any(c != c for c in rounded) else rounded  # NaN is not itself
