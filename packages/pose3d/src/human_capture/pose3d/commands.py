"""The ``pose3d`` command line: training, and work on people's own recordings."""

from __future__ import annotations

from collections.abc import Sequence

from lightning.pytorch import LightningDataModule, LightningModule

from human_capture.common.cli import Command, main
from human_capture.pose3d.demo import DemoOptions, demo
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
}


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    Args:
        args: Command line; that of the process when absent.
    """
    return main("pose3d", LightningModule, LightningDataModule, COMMANDS, args)
