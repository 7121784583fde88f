"""The command line of this project."""

from __future__ import annotations

from collections.abc import Sequence

from human_capture.common.cli import Command, main
from human_capture.multineus.data import HeadsDataModule
from human_capture.multineus.demo import DemoOptions, demo
from human_capture.multineus.evaluation.trials import EvaluateOptions, evaluate
from human_capture.multineus.reconstruct import ReconstructOptions, reconstruct
from human_capture.multineus.task import FieldTask

COMMANDS = {
    "demo": Command(
        DemoOptions, demo, "The photo of a person nobody has seen becomes a head."
    ),
    "reconstruct": Command(
        ReconstructOptions,
        reconstruct,
        "Photos of a person in, a 3D head out.",
        subject="photos",
        several=True,
    ),
    "evaluate": Command(
        EvaluateOptions,
        evaluate,
        "Methods side by side on synthetic heads that nobody was trained on.",
    ),
}


def run(args: Sequence[str] | None = None) -> int:
    """Run ``multineus`` and return its exit status.

    Args:
        args: Command line; that of the process when absent.
    """
    return main("multineus", FieldTask, HeadsDataModule, COMMANDS, args)
