"""Videos of people as training, validation and test data."""

from __future__ import annotations

from lightning.pytorch import LightningDataModule
from torch.utils.data import DataLoader

from human_capture.common.errors import InputError
from human_capture.reenact.clip_draws import ClipDraws
from human_capture.reenact.clip_frames import ClipSplits, Preparable
from human_capture.reenact.clips import Clips, join_clips
from human_capture.reenact.datasets.synthetic import synthetic_splits


class ClipsDataModule(LightningDataModule):
    """Identity frames and a frame to be drawn from videos of any kind.

    Training draws frames anew every time; validation and test always see the same.

    Args:
        splits: The videos; synthetic people, drawn once and kept in a cache, when
            absent.
        shots: Frames of each video that the identity is taken from.
        repeats: How often an epoch visits every video.
        eval_repeats: Frames to be drawn of each video in validation and test.
        batch_size: Videos a step, on each process.
        eval_batch_size: Videos a step in validation and test.
        num_workers: Processes that read, and that prepare videos before the start.
    """

    def __init__(
        self,
        splits: ClipSplits | None = None,
        shots: int = 8,
        repeats: int = 1,
        eval_repeats: int = 4,
        batch_size: int = 8,
        eval_batch_size: int = 8,
        num_workers: int = 0,
    ) -> None:
        super().__init__()
        self.splits = splits or synthetic_splits()
        self.shots, self.num_workers = shots, num_workers
        self.repeats, self.eval_repeats = repeats, eval_repeats
        self.batch_size, self.eval_batch_size = batch_size, eval_batch_size

    @property
    def labels(self) -> int:
        """How many different labels the training has: one a video."""
        return len(self.splits.train)

    def prepare_data(self) -> None:
        """Do what is missing for the splits that this run needs."""
        for split in self._needed():
            source = getattr(self.splits, split)
            if isinstance(source, Preparable):
                source.prepare(self.num_workers)

    def _needed(self) -> tuple[str, ...]:
        if self.trainer is None:
            return ("train", "doubles", "val", "test")
        stages = {"validate": ("val",), "test": ("test",), "predict": ("test",)}
        return stages.get(self.trainer.state.fn or "fit", ("train", "doubles", "val"))

    def train_dataloader(self) -> DataLoader[Clips]:
        """Random frames of the training videos in random order.

        Raises:
            InputError: They do not fill a single batch on each process.
        """
        splits = self.splits
        draws = ClipDraws(
            splits.train, self.shots, self.repeats, doubles=splits.doubles
        )
        self._require_a_batch(len(draws))
        return self._loader(draws, self.batch_size, shuffle=True)

    def _require_a_batch(self, items: int) -> None:
        processes = 1 if self.trainer is None else self.trainer.world_size
        if -(-items // processes) >= self.batch_size:
            return
        wanted = self.batch_size * processes
        repeats = -(-wanted // max(self.labels, 1))
        raise InputError(
            f"A step takes {wanted} items, but an epoch has only {items} "
            f"({self.labels} training videos, repeats={self.repeats}), so nothing "
            "would be trained; take a smaller --data.init_args.batch_size, or set "
            f"--data.init_args.repeats={repeats}."
        )

    def val_dataloader(self) -> DataLoader[Clips]:
        """Always the same frames of the validation videos."""
        draws = ClipDraws(self.splits.val, self.shots, self.eval_repeats, fixed=True)
        return self._loader(draws, self.eval_batch_size)

    def test_dataloader(self) -> DataLoader[Clips]:
        """Always the same frames of the test videos."""
        draws = ClipDraws(self.splits.test, self.shots, self.eval_repeats, fixed=True)
        return self._loader(draws, self.eval_batch_size)

    def predict_dataloader(self) -> DataLoader[Clips]:
        """The test videos again."""
        return self.test_dataloader()

    def _loader(
        self, draws: ClipDraws, batch_size: int, shuffle: bool = False
    ) -> DataLoader[Clips]:
        return DataLoader(
            draws,
            batch_size,
            shuffle=shuffle,
            drop_last=shuffle,
            num_workers=self.num_workers,
            collate_fn=join_clips,
            persistent_workers=self.num_workers > 0,
        )
