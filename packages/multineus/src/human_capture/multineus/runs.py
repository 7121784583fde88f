"""Short trainings within a command: one bar, and none of a trainer's remarks."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from lightning.pytorch import Callback, Trainer

from human_capture.common.processors import multiplies_bfloat16
from human_capture.multineus.fitting import FitTask


def run_stage(
    task: FitTask,
    folder: Path,
    callbacks: Sequence[Callback] = (),
    checkpoint: Path | None = None,
    bar: bool = True,
) -> None:
    """Run a stage of a fit, in bfloat16 where the machine multiplies it.

    Args:
        task: The stage.
        folder: For what has to be written.
        callbacks: Such as one that keeps checkpoints.
        checkpoint: To go on from.
        bar: Show how far it is.
    """
    half = torch.cuda.is_available() or multiplies_bfloat16()
    with _without_remarks():
        trainer = Trainer(
            max_epochs=1,
            max_steps=task.stage.steps,
            devices=1,
            precision="bf16-mixed" if half else "32-true",
            logger=False,
            callbacks=list(callbacks),
            enable_checkpointing=bool(callbacks),
            enable_progress_bar=bar,
            enable_model_summary=False,
            default_root_dir=folder,
            log_every_n_steps=10,
        )
        trainer.fit(task, ckpt_path=checkpoint)


@contextmanager
def _without_remarks() -> Iterator[None]:
    """What a trainer says of its devices and loaders is not what a user asked for."""
    logger = logging.getLogger("lightning.pytorch")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            yield
    finally:
        logger.setLevel(level)
