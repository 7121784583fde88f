"""Synthetic people who talk and look about, drawn with all that there is to know."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch.utils.data import Dataset

from human_capture.common.errors import InputError
from human_capture.common.progress import progress
from human_capture.common.shards import Item, ShardedCache
from human_capture.reenact.clip_frames import ClipFrames, ClipSplits
from human_capture.reenact.datasets.takes import (
    USUAL_CLIPS,
    DrawTake,
    Take,
    TalkingHeadRecipe,
)

SPLIT = 1_000_000
"""Numbers of people set aside for each split."""

DOUBLES = SPLIT // 2
"""How far the number of a double is above that of the person."""

MOST = 400_000
"""People of a split; beyond are those of evaluations, and doubles."""


@dataclass(frozen=True)
class DrawClip:
    """Draws clip ``index`` of a split; the same index gives the same pictures.

    Attributes:
        recipe: How clips are drawn.
        first: Number of the split's first person.
        doubles: Have somebody else do the same elsewhere.
    """

    recipe: TalkingHeadRecipe
    first: int
    doubles: bool = False

    def __call__(self, index: int) -> Item:
        """The fields of ``ClipFrames``."""
        number, clip = divmod(index, self.recipe.clips)
        person = self.first + number
        actor = person + DOUBLES if self.doubles else person
        return DrawTake(self.recipe)(Take(actor, (person, clip), (actor, clip)))


class SyntheticClips(Dataset[ClipFrames]):
    """Drawn clips from a cache that is filled as needed.

    Args:
        recipe: How clips are drawn.
        first: Number of the first person; keeps splits apart.
        people: How many.
        root: Folder of the cache; the user's cache folder when absent.
        doubles: Have somebody else do the same elsewhere in each clip.
    """

    def __init__(
        self,
        recipe: TalkingHeadRecipe = USUAL_CLIPS,
        first: int = 0,
        people: int = 64,
        root: Path | None = None,
        doubles: bool = False,
    ) -> None:
        data = "talking_head_doubles" if doubles else "talking_heads"
        facts = {"recipe": dataclasses.asdict(recipe), "first": first}
        self.cache = ShardedCache(
            DrawClip(recipe, first, doubles),
            {"data": data, "version": 1, **facts},
            people * recipe.clips,
            shard=recipe.clips,  # a person a file
            root=root,
        )
        first += DOUBLES if doubles else 0
        self.recipe, self.persons = recipe, range(first, first + people)

    def __len__(self) -> int:
        return len(self.cache)

    def __getitem__(self, index: int) -> ClipFrames:
        item = dict(self.cache[index])
        person = int(item.pop("person"))
        return ClipFrames(**item, person=person)

    def frames(self, index: int) -> int:
        """How many frames a clip has."""
        return self.recipe.frames

    def draw(self, index: int, frames: Sequence[int]) -> ClipFrames:
        """Some frames of a clip.

        Args:
            index: Number of the clip.
            frames: Their numbers within it.
        """
        return self[index].chosen(frames)

    def prepare(self, workers: int) -> None:
        """Draw what is missing.

        Args:
            workers: Processes that draw; with 0 or 1 it happens in this one.
        """
        missing = len(self.cache.missing())
        if missing:
            people = progress(self.cache.fill(workers), "Drawing people", missing)
            for _ in people:
                pass


def synthetic_splits(
    recipe: TalkingHeadRecipe = USUAL_CLIPS,
    train: int = 400,
    val: int = 8,
    test: int = 16,
    root: Path | None = None,
    doubles: bool = False,
) -> ClipSplits:
    """Clips of different people in each split.

    Args:
        recipe: How clips are drawn.
        train: People of the training.
        val: People of the validation.
        test: People of the test.
        root: Folder of the cache; the user's cache folder when absent.
        doubles: Let other people who do the same drive those of the training.
    """
    counts = (train, val, test)
    if max(counts) > MOST:
        raise InputError(f"A split has at most {MOST} people, not {max(counts)}.")
    learnt, chosen, reported = (
        SyntheticClips(recipe, number * SPLIT, people, root)
        for number, people in enumerate(counts)
    )
    acted = SyntheticClips(recipe, 0, train, root, doubles=True) if doubles else None
    return ClipSplits(learnt, chosen, reported, acted)
