"""Short trainings within a command: one bar, and none of a trainer's remarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from lightning.pytorch import Callback, Trainer
from torch import Generator

from human_capture.common.errors import InputError
from human_capture.common.processors import multiplies_bfloat16
from human_capture.common.progress import without_trainers_remarks
from human_capture.common.training_bar import TrainingBar
from human_capture.multineus.fitting import FitTask


def run_stage(
    task: FitTask,
    folder: Path,
    callbacks: Sequence[Callback] = (),
    checkpoint: Path | None = None,
    bar: str | None = None,
) -> None:
    """Run a stage of a fit, in bfloat16 where the machine multiplies it.

    Args:
        task: The stage.
        folder: For what has to be written.
        callbacks: Such as one that keeps checkpoints.
        checkpoint: To go on from.
        bar: What to call it where it shows how far it is; nothing is shown if absent.

    Raises:
        InputError: There is not enough memory; the message says how many rays fit.
    """
    half = torch.cuda.is_available() or multiplies_bfloat16()
    with without_trainers_remarks():
        trainer = Trainer(
            max_epochs=1,
            max_steps=task.stage.steps,
            devices=1,
            precision="bf16-mixed" if half else "32-true",
            logger=False,
            callbacks=[*callbacks, *([TrainingBar(bar)] if bar else [])],
            enable_checkpointing=bool(callbacks),
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=folder,
            log_every_n_steps=10,
        )
        try:
            trainer.fit(task, ckpt_path=checkpoint)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            rays = task.sampler.rays
            fitting = rays_that_fit(task)
            advice = f"{fitting} would fit" if fitting else "not even one would fit"
            raise InputError(
                f"There is not enough memory for {rays} rays a step; {advice}."
            ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory is used up, on whatever device.

    Args:
        error: Of a tensor's allocation.
    """
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or (
        "not enough memory" in str(error) or "allocate memory" in str(error)
    )


def rays_that_fit(task: FitTask) -> int:
    """Rays of a step for which there is memory, by halving them until a step works.

    Args:
        task: Whose step did not.
    """
    rays = task.sampler.rays // 2
    while rays:
        pixels = replace(task.sampler, rays=rays).pixels(
            task.portraits.to("cpu"), Generator().manual_seed(0)
        )
        try:
            loss, _, _ = task.losses(*(part.to(task.device) for part in pixels))
            total = torch.stack(list(loss.values())).sum()
            torch.autograd.backward(total)
            return rays
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
        rays //= 2
    return 0
