"""The training on one person: where it runs, and how it goes on when interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader, Dataset, Sampler

from human_capture.common.processors import find_device, multiplies_bfloat16
from human_capture.common.progress import without_trainers_remarks
from human_capture.common.training_bar import TrainingBar
from human_capture.reenact.clips import Clips, join_clips
from human_capture.reenact.finetuning.task import FinetuningTask

BATCH = 8
"""Pictures of a step, or that are drawn together."""

BETWEEN_CHECKPOINTS = timedelta(minutes=1)
"""Most learnings on a GPU take less, and so write none."""


@dataclass(frozen=True)
class Placement:
    """Where a training runs, in the words of Lightning.

    Attributes:
        accelerator: Kind of device.
        devices: How many, or the numbers of those.
        half: Whether it multiplies bfloat16 numbers fast.
    """

    accelerator: str
    devices: int | list[int]
    half: bool


def placement(device: str | None) -> Placement:
    """Where a training runs.

    Args:
        device: As torch names it; the fastest there is when absent.

    Raises:
        InputError: There is no such device.
    """
    if device is None:
        return Placement("auto", 1, torch.cuda.is_available() or multiplies_bfloat16())
    found = find_device(device)
    if found.type == "cpu":
        return Placement("cpu", 1, multiplies_bfloat16())
    devices = 1 if found.index is None else [found.index]
    return Placement(found.type, devices, found.type == "cuda")


def learn(
    task: FinetuningTask,
    clips: Clips,
    steps: int,
    callbacks: Sequence[Callback],
    checkpoint: Path,
    place: Placement,
) -> None:
    """Train on the pictures of one person.

    Args:
        task: What learns.
        clips: Of the person.
        steps: Most of them; a callback may end it earlier.
        callbacks: Look at how far it is.
        checkpoint: What to go on from if it is there; it is written now and then.
        place: Where it runs.
    """
    batch = min(len(clips), BATCH)
    visits = Visits(clips, steps * batch)
    order = Order(len(visits), torch.initial_seed(), lambda: task.global_step * batch)
    # of a generator of its own, for numbers that others draw must not shift with it
    loader = DataLoader(
        visits, batch, sampler=order, collate_fn=join_clips, generator=torch.Generator()
    )
    keep = ModelCheckpoint(
        checkpoint.parent,
        checkpoint.stem,
        train_time_interval=BETWEEN_CHECKPOINTS,
        save_on_train_epoch_end=False,
        enable_version_counter=False,
    )
    with without_trainers_remarks():
        Trainer(
            max_epochs=1,
            max_steps=steps,
            devices=place.devices,
            accelerator=place.accelerator,
            precision="bf16-mixed" if place.half else "32-true",
            logger=False,
            callbacks=[*callbacks, keep, TrainingBar("Learning the person")],
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=checkpoint.parent,
        ).fit(
            task,
            loader,
            ckpt_path=checkpoint if checkpoint.exists() else None,
            weights_only=True,
        )


@dataclass(frozen=True)
class Visits(Dataset[Clips]):
    """Clips one by one, over and over.

    Attributes:
        clips: All of them.
        visits: How many in all.
    """

    clips: Clips
    visits: int

    def __len__(self) -> int:
        return self.visits

    def __getitem__(self, index: int) -> Clips:
        number = index % len(self.clips)
        parts = vars(self.clips).items()
        return Clips(**{name: part[number : number + 1] for name, part in parts})


@dataclass(frozen=True)
class Order(Sampler[int]):
    """A random order, of which a training that goes on sees what is left.

    Attributes:
        items: How many there are.
        seed: Of the order.
        begun: Tells how many were seen before.
    """

    items: int
    seed: int
    begun: Callable[[], int]

    def __len__(self) -> int:
        return self.items

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed)
        order = torch.randperm(self.items, generator=generator)
        return iter(order[self.begun() :].tolist())
