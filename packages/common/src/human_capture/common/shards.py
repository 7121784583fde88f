"""A cache on disk for data that is costly to make and always comes out the same.

Items are made in shards. A shard is written under a temporary name and renamed when it
is complete, so a killed writer leaves nothing that looks finished; two writers of the
same shard make the same bytes and the later rename changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from human_capture.common.files import atomic_path

Item = dict[str, Tensor]


def default_cache() -> Path:
    """Where caches lie: ``HUMAN_CAPTURE_CACHE``, else the user's cache folder."""
    chosen = os.environ.get("HUMAN_CAPTURE_CACHE")
    if chosen:
        return Path(chosen)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "human-capture"


@dataclass(frozen=True)
class ShardedCache:
    """Items ``0 … items - 1`` in files of ``shard`` items each.

    Attributes:
        make: Makes one item; a pure function of the index that can be pickled, so
            worker processes can call it. All items have the same keys and shapes.
        recipe: Everything the items depend on, as JSON; other recipes get other
            folders.
        items: How many items there are.
        shard: Items a file.
        root: Folder of all caches.
    """

    make: Callable[[int], Item]
    recipe: dict[str, Any]
    items: int
    shard: int = 32
    root: Path | None = None

    @property
    def folder(self) -> Path:
        """Where this recipe's shards lie."""
        text = json.dumps({**self.recipe, "shard": self.shard}, sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()[:16]
        return (self.root or default_cache()) / name

    @property
    def shards(self) -> int:
        """Number of files when complete."""
        return -(-self.items // self.shard)

    def path(self, shard: int) -> Path:
        """File of one shard. The last one may be shorter than the others."""
        last = min((shard + 1) * self.shard, self.items) - shard * self.shard
        return self.folder / f"{shard:05d}-{last}.safetensors"

    def __len__(self) -> int:
        return self.items

    def __getitem__(self, index: int) -> Item:
        """One item; its shard is made first if it is missing or damaged."""
        if not 0 <= index < self.items:
            raise IndexError(index)
        shard, place = divmod(index, self.shard)
        path = self.path(shard)
        if not path.exists():
            self.build(shard)
        try:
            return _read(path, place)
        except (SafetensorError, OSError):
            _open.cache_clear()
            self.build(shard)  # takes the place of the damaged file
            return _read(path, place)

    def missing(self) -> list[int]:
        """Shards that are not on disk yet."""
        return [shard for shard in range(self.shards) if not self.path(shard).exists()]

    def build(self, shard: int) -> None:
        """Make one shard and put it on disk, whole or not at all."""
        start = shard * self.shard
        made = [
            self.make(index)
            for index in range(start, min(start + self.shard, self.items))
        ]
        tensors = {key: torch.stack([item[key] for item in made]) for key in made[0]}
        with atomic_path(self.path(shard)) as temporary:
            recipe = {"recipe": json.dumps(self.recipe)}
            temporary.write_bytes(save(tensors, recipe))  # tells a full disk by errno

    def fill(self, workers: int = 1) -> Iterator[int]:
        """Make all missing shards, yielding the number of each as it is done.

        Args:
            workers: Processes; with 0 or 1 the work happens in this one.
        """
        missing = self.missing()
        if workers <= 1 or len(missing) < 2:
            for shard in missing:
                self.build(shard)
                yield shard
            return
        yield from self._fill_in_parallel(missing, workers)

    def _fill_in_parallel(self, missing: Sequence[int], workers: int) -> Iterator[int]:
        pool = ProcessPoolExecutor(
            workers, mp_context=get_context("spawn"), initializer=_one_thread
        )
        with pool:
            waiting = {pool.submit(self.build, shard): shard for shard in missing}
            try:
                for future in as_completed(waiting):
                    future.result()
                    yield waiting[future]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _one_thread() -> None:
    torch.set_num_threads(1)


@lru_cache(maxsize=64)
def _open(path: Path, process: int) -> safe_open:
    """An open, memory-mapped file; each process opens its own."""
    return safe_open(path, framework="pt")


def _read(path: Path, place: int) -> Item:
    file: Any = _open(path, os.getpid())  # safetensors ships no types
    return {key: torch.as_tensor(file.get_slice(key)[place]) for key in file.keys()}
