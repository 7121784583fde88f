"""The command line of this project."""

from __future__ import annotations

from collections.abc import Sequence

from human_capture.common.cli import Command, main
from human_capture.reenact.data import ClipsDataModule
from human_capture.reenact.demo import DemoOptions, demo
from human_capture.reenact.drive import drive
from human_capture.reenact.driving.options import DriveOptions
from human_capture.reenact.evaluation.evaluate import EvaluateOptions, evaluate
from human_capture.reenact.export import ExportOptions, export
from human_capture.reenact.finetuning.finetune import finetune
from human_capture.reenact.finetuning.options import FinetuneOptions
from human_capture.reenact.official_checkpoints import ConvertOptions, convert
from human_capture.reenact.preparation.options import PrepareOptions
from human_capture.reenact.preparation.prepare import prepare
from human_capture.reenact.task import ReenactmentTask

COMMANDS = {
    "convert": Command(
        ConvertOptions,
        convert,
        "A checkpoint of the authors becomes weights of this package.",
        subject="checkpoint",
    ),
    "demo": Command(
        DemoOptions, demo, "Two people nobody has seen; one does what the other does."
    ),
    "drive": Command(
        DriveOptions,
        drive,
        "The head in photos does what the head in a video does.",
        subject="avatar",
        several=True,
    ),
    "evaluate": Command(
        EvaluateOptions,
        evaluate,
        "Models side by side on synthetic people that nobody was trained on.",
        subject="weights",
    ),
    "finetune": Command(
        FinetuneOptions,
        finetune,
        "A person is learned from photos or a video, and becomes an avatar.",
        subject="photos",
        several=True,
    ),
    "export": Command(
        ExportOptions, export, "What drives, as ONNX files.", subject="weights"
    ),
    "prepare": Command(
        PrepareOptions,
        prepare,
        "Your own videos become clips to train on.",
        subject="videos",
        several=True,
    ),
}


def run(args: Sequence[str] | None = None) -> int:
    """Run ``reenact`` and return its exit status.

    Args:
        args: Command line; that of the process when absent.
    """
    return main("reenact", ReenactmentTask, ClipsDataModule, COMMANDS, args)
