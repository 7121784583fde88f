"""Motion seen by virtual cameras as training, validation and test data for lifting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning.pytorch import LightningDataModule
from rich.progress import track
from torch.utils.data import ConcatDataset, DataLoader, Dataset

from human_capture.common.keypoints import keypoint_format
from human_capture.common.people.movement.mocap import read_mocap, resample
from human_capture.pose3d.datasets.motion import (
    USUAL_CLIPS,
    Clip,
    ClipRecipe,
    PerformedClips,
    RecordedClips,
    collate_clips,
)
from human_capture.pose3d.datasets.synthetic import ACTION_SPLITS
from human_capture.pose3d.lifting.filming import Filming
from human_capture.pose3d.lifting.sequences import Sequences


@dataclass(frozen=True)
class ClipSizes:
    """How many clips each split has.

    Attributes:
        train: Clips of the training split.
        val: Clips of the validation split.
        test: Clips of the test split.
    """

    train: int = 8000
    val: int = 120
    test: int = 400


USUAL_SIZES, USUAL_FILMING = ClipSizes(), Filming()
STILL_CAMERA = Filming(frames=192, follows=0.0)


class MotionDataModule(LightningDataModule):
    """Procedural motion, and any motion capture you have, filmed by virtual cameras.

    Nobody in validation or test is in the training split, and neither is what they
    do. Motion is made once and kept in a cache on disk; cameras, detector noise and
    misses are drawn anew each time.

    Args:
        sizes: Clips of each split.
        clips: How clips are made.
        filming: How training clips are filmed.
        held_out: How validation and test clips are filmed; the same every time.
        mocap: Files or folders of motion capture (BVH, ASF/AMC, VideoPose3D npz,
            Panoptic JSON) that is trained on beside the procedural motion.
        test_mocap: The same, for a test of its own.
        mocap_people: Synthetic people who perform each stretch of motion capture.
        batch_size: Clips a step, on each process.
        eval_batch_size: Clips a step in validation and test.
        num_workers: Processes that make motion before the start, and that read.
        cache: Folder of the cache; the user's cache folder when absent.
    """

    def __init__(
        self,
        sizes: ClipSizes = USUAL_SIZES,
        clips: ClipRecipe = USUAL_CLIPS,
        filming: Filming = USUAL_FILMING,
        held_out: Filming = STILL_CAMERA,
        mocap: Sequence[Path] = (),
        test_mocap: Sequence[Path] = (),
        mocap_people: int = 2,
        batch_size: int = 64,
        eval_batch_size: int = 50,
        num_workers: int = 0,
        cache: Path | None = None,
    ) -> None:
        super().__init__()
        self.clips, self.filming, self.held_out = clips, filming, held_out
        self.mocap, self.test_mocap = tuple(mocap), tuple(test_mocap)
        self.mocap_people = mocap_people
        self.batch_size, self.eval_batch_size = batch_size, eval_batch_size
        self.num_workers = num_workers
        self.format = keypoint_format(clips.format)
        starts = {"train": 0, "val": 1_000_000, "test": 2_000_000}
        self.performed = {
            split: PerformedClips(
                clips, ACTION_SPLITS[split], first, getattr(sizes, split), cache
            )
            for split, first in starts.items()
        }
        self.recorded: dict[str, RecordedClips] = {}
        test = {"detector": held_out, "exact": held_out.without_noise()}
        if self.test_mocap:
            test["mocap"] = held_out
        self.conditions = {"val": {"detector": held_out}, "test": test}

    def prepare_data(self) -> None:
        """Make what is missing of the splits that this run needs."""
        for split in self._needed():
            cache = self.performed[split].cache
            missing = len(cache.missing())
            if missing:
                done = cache.fill(self.num_workers)
                list(track(done, f"Making {split} motion", missing))

    def setup(self, stage: str) -> None:
        """Read the motion capture, if there is any."""
        needed = {"train": self.mocap} if stage == "fit" else {}
        if stage == "test":
            needed = {"test": self.test_mocap}
        for split, paths in needed.items():
            if paths and split not in self.recorded:
                motions = [
                    resample(motion, self.clips.fps)
                    for path in paths
                    for motion in read_mocap(path)
                ]
                people = self.mocap_people if split == "train" else 1
                first = 600_000 if split == "train" else 2_600_000
                self.recorded[split] = RecordedClips(motions, self.clips, first, people)

    def _needed(self) -> tuple[str, ...]:
        if self.trainer is None:
            return ("train", "val", "test")
        stages = {"fit": ("train", "val"), "validate": ("val",)}
        return stages.get(self.trainer.state.fn or "fit", ("test",))

    def on_after_batch_transfer(self, batch: Clip, dataloader_idx: int) -> Sequences:
        """Film the clips."""
        trainer = self.trainer
        assert trainer is not None
        if trainer.training:
            seed = 1_000_003 * trainer.global_step + trainer.global_rank
            filming = self.filming
        else:
            split = "val" if trainer.validating or trainer.sanity_checking else "test"
            filming = list(self.conditions[split].values())[dataloader_idx]
            seed = int(batch.joints.abs().sum().double() * 1e3)  # the same clips again
        generator = torch.Generator().manual_seed(seed)
        return filming(batch.joints, batch.action, self.format, generator)

    def train_dataloader(self) -> DataLoader[Clip]:
        """Shuffled clips of the training split and the motion capture."""
        parts: list[Dataset[Clip]] = [self.performed["train"]]
        if "train" in self.recorded:
            parts.append(self.recorded["train"])
        return self._loader(ConcatDataset(parts), shuffle=True)

    def val_dataloader(self) -> DataLoader[Clip]:
        """Clips of the validation split in order."""
        return self._loader(self.performed["val"])

    def test_dataloader(self) -> list[DataLoader[Clip]]:
        """Clips of the test split, once for each condition."""
        loaders = [self._loader(self.performed["test"]) for _ in range(2)]
        if "test" in self.recorded:
            loaders.append(self._loader(self.recorded["test"]))
        return loaders

    def _loader(self, data: Dataset[Clip], shuffle: bool = False) -> DataLoader[Clip]:
        return DataLoader(
            data,
            self.batch_size if shuffle else self.eval_batch_size,
            shuffle=shuffle,
            drop_last=shuffle,
            num_workers=self.num_workers,
            collate_fn=collate_clips,
            persistent_workers=self.num_workers > 0,
        )
