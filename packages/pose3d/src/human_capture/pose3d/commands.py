"""The ``pose3d`` command line: training, and work on people's own recordings."""

from __future__ import annotations

from collections.abc import Sequence

from lightning.pytorch import LightningDataModule, LightningModule

from human_capture.common.cli import Command, main
from human_capture.pose3d.demo import DemoOptions, demo
from human_capture.pose3d.recordings.lift import lift
from human_capture.pose3d.recordings.lift_options import LiftOptions
from human_capture.pose3d.recordings.live import LiveOptions, live
from human_capture.pose3d.recordings.options import RecordingOptions
from human_capture.pose3d.recordings.recording import triangulate

COMMANDS = {
    "demo": Command(
        DemoOptions,
        demo,
        "Real people from four cameras to 3D motion, and the methods compared.",
    ),
    "triangulate": Command(
        RecordingOptions,
        triangulate,
        "Videos of calibrated cameras in, 3D motion out.",
    ),
    "lift": Command(
        LiftOptions,
        lift,
        "A video of one camera in, 3D motion of a person out.",
        subject="video",
    ),
    "live": Command(
        LiveOptions,
        live,
        "A webcam or stream in, 3D poses out as they happen.",
        subject="source",
    ),
}


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Args:
        args: Command line; that of the process when absent.
    """
    return main("pose3d", LightningModule, LightningDataModule, COMMANDS, args)
