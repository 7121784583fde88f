"""Heads as training, validation and test data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning.pytorch import LightningDataModule
from rich.progress import track
from torch.utils.data import DataLoader, Dataset

from human_capture.multineus.datasets.synthetic import (
    USUAL_HEADS,
    HeadRecipe,
    SyntheticHeads,
)
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.ray_batches import RayBatch, RaySampler, collate_rays

USUAL_RAYS = RaySampler()


@dataclass(frozen=True)
class RaysOfHeads(Dataset[RayBatch]):
    """Rays drawn anew for every item; an epoch visits every head ``repeats`` times.

    Attributes:
        heads: Pictures of people.
        sampler: Draws the rays.
        repeats: Visits an epoch.
    """

    heads: SyntheticHeads | Sequence[Portraits]
    sampler: RaySampler
    repeats: int

    def __len__(self) -> int:
        return len(self.heads) * self.repeats

    def __getitem__(self, index: int) -> RayBatch:
        object = index % (len(self) // self.repeats)
        # of torch's generator, which Lightning seeds
        seed = int(torch.randint(2**31, ()))
        generator = torch.Generator().manual_seed(seed)
        return self.sampler(self.heads[object], object, generator)


class HeadsDataModule(LightningDataModule):
    """Synthetic heads whose pictures are drawn once and kept in a cache.

    Args:
        heads: How many are trained on.
        recipe: How they are drawn.
        first: Number of the first person.
        sampler: Draws the rays of a step.
        objects_per_step: Heads a step, on each process.
        repeats: How often an epoch visits every head.
        num_workers: Processes that draw heads before the start.
        cache: Folder of the cache; the user's cache folder when absent.
        in_memory: Keep all pictures in memory, 8 bytes a pixel.
    """

    def __init__(
        self,
        heads: int = 64,
        recipe: HeadRecipe = USUAL_HEADS,
        first: int = 0,
        sampler: RaySampler = USUAL_RAYS,
        objects_per_step: int = 1,
        repeats: int = 20,
        num_workers: int = 0,
        cache: Path | None = None,
        in_memory: bool = True,
    ) -> None:
        super().__init__()
        self.heads = SyntheticHeads(recipe, first, heads, cache)
        self.sampler, self.repeats = sampler, repeats
        self.objects_per_step, self.num_workers = objects_per_step, num_workers
        self.in_memory = in_memory

    def prepare_data(self) -> None:
        """Draw what is missing."""
        cache = self.heads.cache
        missing = len(cache.missing())
        if missing:
            list(track(cache.fill(self.num_workers), "Drawing heads", missing))

    def train_dataloader(self) -> DataLoader[RayBatch]:
        """Rays of all heads in random order."""
        heads: SyntheticHeads | list[Portraits] = self.heads
        if self.in_memory:
            heads = [self.heads[number] for number in range(len(self.heads))]
        return DataLoader(
            RaysOfHeads(heads, self.sampler, self.repeats),
            self.objects_per_step,
            shuffle=True,
            drop_last=True,
            collate_fn=collate_rays,
        )
