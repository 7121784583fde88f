"""Lifters on the same held-out motion, in one table: a row a condition and lifter.

Everybody is filmed by the same cameras with the same noise for every lifter.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

from lightning.pytorch import LightningModule
from rich.console import Console
from torch import nn
from torchmetrics import MetricCollection

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path
from human_capture.common.publishing import published
from human_capture.common.tracking import log_table
from human_capture.pose3d.comparison_report import markdown_table, rich_table
from human_capture.pose3d.lifters import LIFTERS, load_lifter
from human_capture.pose3d.lifting.sequences import Sequences
from human_capture.pose3d.lifting_task import (
    condition_of,
    lift_batch,
    lifting_scores,
    update_scores,
)
from human_capture.pose3d.networks.lifters.lifter import Lifter

HEADINGS = {
    "mpjpe_mm": "MPJPE",
    "n_mpjpe_mm": "N-MPJPE",
    "pa_mpjpe_mm": "PA-MPJPE",
    "acceleration_mm": "acceleration",
    "still_jitter_mm": "still jitter",
    "foot_sliding_mm": "foot sliding",
}
"""Of the columns, by the metrics of :func:`lifting_scores`; all in millimetres, the
last three a frame (squared for the acceleration)."""


class LiftingComparisonTask(LightningModule):
    """Compare lifters on held-out people, actions and cameras.

    Args:
        lifters: Weights by the name they get in the table; all that come with the
            package when absent. Files that are not there yet are left out.
        warm_frames: Frames at the start of sequences that do not count.
        output: Folder for the table.
    """

    def __init__(
        self,
        lifters: Mapping[str, str] | None = None,
        warm_frames: int = 80,
        output: Path | None = None,
    ) -> None:
        super().__init__()
        if lifters is None:
            lifters = {name: name for name in published(LIFTERS)}
        there = {name: weights for name, weights in lifters.items() if _exists(weights)}
        for name in lifters.keys() - there.keys():
            warnings.warn(
                f"{name!r} is left out: there is no {lifters[name]!r}.", stacklevel=2
            )
        if not there:
            raise InputError("There is no lifter to compare; train one first.")
        self.lifters = nn.ModuleDict(
            {name: load_lifter(weights) for name, weights in there.items()}
        )
        self.warm_frames, self.output = warm_frames, output
        self.scores = nn.ModuleDict()

    def test_step(
        self, batch: Sequences, batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Accumulate the errors of every lifter."""
        condition = condition_of(self.trainer, "test", dataloader_idx)
        for name, lifter in self.lifters.items():
            assert isinstance(lifter, Lifter)
            key = f"{condition}/{name}"
            if key not in self.scores:
                self.scores[key] = lifting_scores().to(self.device)
            scores = self.scores[key]
            assert isinstance(scores, MetricCollection)
            lifted, view = lift_batch(lifter, batch)
            update_scores(scores, lifter.format, lifted, view, batch, self.warm_frames)

    def on_test_epoch_end(self) -> None:
        """Print the table, write it, log the numbers."""
        numbers = {}
        for key, scores in self.scores.items():
            assert isinstance(scores, MetricCollection)
            numbers[key] = {name: float(x) for name, x in scores.compute().items()}
        for logger in self.loggers:
            logger.log_metrics(
                {
                    f"test/{key}/{name}".replace(" ", "_"): value
                    for key, values in numbers.items()
                    for name, value in values.items()
                }
            )
        rows = [
            [*key.split("/", 1), *(f"{values[name]:.1f}" for name in HEADINGS)]
            for key, values in numbers.items()
        ]
        header = ["", "mm", *HEADINGS.values()]
        log_table(self.trainer, "test/lifting", header, rows)
        if self.trainer.is_global_zero:
            Console().print(rich_table("Lifting, held-out motion", header, rows))
            folder = self.output or Path(self.trainer.default_root_dir)
            with atomic_path(folder / "lifting.md") as path:
                path.write_text(markdown_table(header, rows))
            print(f"The table is in {folder}")


def _exists(weights: str) -> bool:
    return weights in published(LIFTERS) or Path(weights).is_file()
