"""Rendered people as training, validation and test data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lightning.pytorch import LightningDataModule
from rich.progress import track
from torch.utils.data import DataLoader, Dataset

from human_capture.pose3d.datasets.synthetic import (
    ACTION_SPLITS,
    HELD_OUT,
    TRAINING,
    SceneRecipe,
    SyntheticViews,
)
from human_capture.pose3d.views import Views, collate


@dataclass(frozen=True)
class Sizes:
    """How many scenes each split has.

    Attributes:
        train: Scenes of the training split.
        val: Scenes of the validation split.
        test: Scenes of the test split.
    """

    train: int = 2000
    val: int = 60
    test: int = 150


USUAL_SIZES = Sizes()


class SyntheticDataModule(LightningDataModule):
    """Rendered people, split by identity and by action.

    Nobody in validation or test is in the training split, and neither is what they
    do. Scenes are rendered once and kept in a cache on disk; a run that finds them
    there starts at once, and an interrupted rendering goes on where it stopped.

    Args:
        sizes: Scenes of each split.
        train: How training scenes are made.
        held_out: How validation and test scenes are made.
        batch_size: Scenes a step, on each process.
        eval_batch_size: Scenes a step in validation and test.
        num_workers: Processes that read, and that render before the start.
        cache: Folder of the cache; the user's cache folder when absent.
    """

    def __init__(
        self,
        sizes: Sizes = USUAL_SIZES,
        train: SceneRecipe = TRAINING,
        held_out: SceneRecipe = HELD_OUT,
        batch_size: int = 12,
        eval_batch_size: int = 10,
        num_workers: int = 0,
        cache: Path | None = None,
    ) -> None:
        super().__init__()
        self.batch_size, self.eval_batch_size = batch_size, eval_batch_size
        self.num_workers = num_workers
        self.splits = {
            "train": SyntheticViews(
                train, ACTION_SPLITS["train"], 0, sizes.train, cache
            ),
            "val": SyntheticViews(
                held_out, ACTION_SPLITS["val"], 1_000_000, sizes.val, cache
            ),
            "test": SyntheticViews(
                held_out, ACTION_SPLITS["test"], 2_000_000, sizes.test, cache
            ),
        }

    def prepare_data(self) -> None:
        """Render what is missing of the splits that this run needs."""
        for split in self._needed():
            cache = self.splits[split].cache
            missing = len(cache.missing())
            if missing:
                done = cache.fill(self.num_workers)
                list(track(done, f"Rendering {split} scenes", missing))

    def _needed(self) -> tuple[str, ...]:
        if self.trainer is None:
            return ("train", "val", "test")
        stages = {
            "fit": ("train", "val"),
            "validate": ("val",),
            "test": ("test",),
            "predict": ("test",),
        }
        return stages.get(self.trainer.state.fn or "fit", ("train", "val"))

    def train_dataloader(self) -> DataLoader[Views]:
        """Shuffled scenes of the training split."""
        return self._loader(self.splits["train"], self.batch_size, shuffle=True)

    def val_dataloader(self) -> DataLoader[Views]:
        """Scenes of the validation split in order."""
        return self._loader(self.splits["val"], self.eval_batch_size)

    def test_dataloader(self) -> DataLoader[Views]:
        """Scenes of the test split in order."""
        return self._loader(self.splits["test"], self.eval_batch_size)

    def predict_dataloader(self) -> DataLoader[Views]:
        """Scenes of the test split in order."""
        return self.test_dataloader()

    def _loader(
        self, data: Dataset[Views], batch_size: int, shuffle: bool = False
    ) -> DataLoader[Views]:
        return DataLoader(
            data,
            batch_size,
            shuffle=shuffle,
            drop_last=shuffle,
            num_workers=self.num_workers,
            collate_fn=collate,
            persistent_workers=self.num_workers > 0,
        )
