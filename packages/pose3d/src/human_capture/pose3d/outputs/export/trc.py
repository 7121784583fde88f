"""TRC marker files, as OpenSim reads them: one person a file, metres, y up."""

from __future__ import annotations

from pathlib import Path

from human_capture.common.files import atomic_path
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.export.axes import Up, with_up


def write_trc(
    path: str | Path, capture: Capture, person: int = 0, up: Up = "y"
) -> None:
    """Write one person's joints as TRC markers; unknown joints stay blank.

    OpenSim's ground is y up, so the default turns the z-up world by (x, y, z) →
    (x, z, −y). The file has no field that says which axis is up.

    Args:
        path: File to write.
        capture: The motion.
        person: Counted from 0.
        up: Which axis of the file points up.
    """
    points = with_up(capture.points[person], up).tolist()
    with atomic_path(path) as temporary:
        lines = [*_header(Path(path).name, capture)]
        for number, frame in enumerate(points):
            cells = [str(number + 1), f"{number / capture.fps:.6f}"]
            for joint in frame:  # NaN is the one number that differs from itself
                cells += ["" if c != c else f"{c:.6f}" for c in joint]
            lines.append("\t".join(cells))
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _header(name: str, capture: Capture) -> list[str]:
    """The five lines above the numbers and the blank one that ends them."""
    frames, joints = capture.points.shape[1:3]
    rate = f"{capture.fps:g}"
    facts = {
        "DataRate": rate,
        "CameraRate": rate,
        "NumFrames": str(frames),
        "NumMarkers": str(joints),
        "Units": "m",
        "OrigDataRate": rate,
        "OrigDataStartFrame": "1",
        "OrigNumFrames": str(frames),
    }
    markers = [cell for joint in capture.format.joints for cell in (joint, "", "")]
    axes = [f"{axis}{n + 1}" for n in range(joints) for axis in "XYZ"]
    return [
        f"PathFileType\t4\t(X/Y/Z)\t{name}",
        "\t".join(facts),
        "\t".join(facts.values()),
        "\t".join(["Frame#", "Time", *markers]),
        "\t".join(["", "", *axes]),
        "",
    ]
