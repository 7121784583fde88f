"""What a captured motion leaves in the output folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Int

from human_capture.common.calibration import Calibration
from human_capture.common.video import VideoInfo
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.export import export
from human_capture.pose3d.outputs.overlay import write_overlays
from human_capture.pose3d.outputs.page import write_page
from human_capture.pose3d.outputs.report import measure_motion, write_report_json
from human_capture.pose3d.outputs.report_page import write_report_page
from human_capture.pose3d.outputs.report_table import print_report


def write_results(
    capture: Capture,
    calibration: Calibration,
    videos: tuple[VideoInfo, ...],
    frames: Int[np.ndarray, "frame view"],
    folder: str | Path,
) -> list[Path]:
    """Write motion files, report, 3D page and overlay videos; gives back their paths.

    Args:
        capture: The motion.
        calibration: The cameras.
        videos: One a camera for the overlays, or none.
        frames: Which frame of each video a captured frame is.
        folder: Where the files go; made when missing.
    """
    folder = Path(folder)
    report = measure_motion(capture)
    print_report(report)
    written = export(capture, folder)
    write_report_json(folder / "report.json", report)
    write_report_page(folder / "report.html", report)
    write_page(folder / "motion.html", capture, calibration)
    written += [folder / "report.json", folder / "report.html", folder / "motion.html"]
    if videos:
        paths = [video.path for video in videos]
        written += write_overlays(capture, calibration, paths, folder, frames)
    return written
