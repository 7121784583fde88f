"""Clips in files that stream: a folder that litdata reads, from disk or from afar.

A sample is one clip, one piece of bytes that no pickle has touched. ``index.json`` is
litdata's index with a table of the clips added; it is replaced as a whole once new
files are in place, so a folder is as it was or has the new clips, never half of them.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

INDEX = "index.json"
SHARD_BYTES = 64_000_000
"""Size from which clips go into the next file."""

_LEAF = "clip"
_NEW = ".new-"
_NAME = re.compile(r"clips-\d+\.bin")


@dataclass(frozen=True)
class ClipEntry:
    """What the index says of a clip.

    Attributes:
        key: Of its source and how it was cut.
        name: What people call it.
        person: Who is in it.
        frames: How many.
        left_out: Frames of the source that are not in it, by the reason.
    """

    key: str
    name: str
    person: str
    frames: int
    left_out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ShardIndex:
    """What is in a folder of shards.

    Attributes:
        recipe: What all clips have in common, their size above all.
        clips: In the order of the samples.
        chunks: litdata's files.
        config: litdata's description of a sample.
    """

    recipe: dict[str, Any]
    clips: tuple[ClipEntry, ...] = ()
    chunks: tuple[dict[str, Any], ...] = ()
    config: dict[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Width and height of the pictures, in pixels."""
        return int(self.recipe["size"])

    @classmethod
    def read(cls, path: Path) -> ShardIndex:
        """The index in a file.

        Raises:
            InputError: There is none, it is damaged, or it describes other data. An
                index that would have litdata unpickle anything is other data.
        """
        if not path.is_file():
            raise InputError(
                f"There are no prepared clips in {str(path.parent)!r}; make them with "
                "`reenact prepare`."
            )
        try:
            content = json.loads(path.read_bytes())
            config, chunks = content["config"], content["chunks"]
            clips = tuple(ClipEntry(**entry) for entry in content["clips"])
            index = cls(dict(content["recipe"]), clips, tuple(chunks), config)
            ours = config["data_format"] == ["bytes"] and index.size > 0
            ours &= sum(chunk["chunk_size"] for chunk in chunks) == len(clips)
            # a name with a folder in it could lead out of the folder
            ours &= all(_NAME.fullmatch(chunk["filename"]) for chunk in chunks)
        except (KeyError, TypeError, ValueError):
            ours = False
        if not ours:
            raise InputError(
                f"{str(path)!r} is damaged or describes something else than prepared "
                "clips; make them with `reenact prepare` in a new folder."
            )
        return index

    def write(self, path: Path) -> None:
        """Put the index into a file, whole or not at all."""
        content = {
            "chunks": self.chunks,
            "config": self.config,
            "recipe": self.recipe,
            "clips": [asdict(entry) for entry in self.clips],
        }
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(content, indent=1))


def append_clips(
    folder: Path, index: ShardIndex, entries: Sequence[ClipEntry], files: Iterable[Path]
) -> ShardIndex:
    """The index of a folder to which clips have been added.

    Args:
        folder: Of the shards.
        index: What is in it.
        entries: Of the new clips.
        files: Their bytes, one file each.
    """
    for stale in folder.glob(f"{_NEW}*"):  # of a run that was killed here
        shutil.rmtree(stale)
    with tempfile.TemporaryDirectory(prefix=_NEW, dir=folder) as name:
        written = _write(Path(name), files)
        chunks: list[dict[str, Any]] = []
        for chunk in written["chunks"]:
            target = f"clips-{len(index.chunks) + len(chunks):05d}.bin"
            (Path(name) / chunk["filename"]).replace(folder / target)
            chunks.append({**chunk, "filename": target})
    grown = replace(
        index,
        clips=(*index.clips, *entries),
        chunks=(*index.chunks, *chunks),
        config=written["config"],
    )
    grown.write(folder / INDEX)
    return grown


def _write(folder: Path, files: Iterable[Path]) -> dict[str, Any]:
    """Have litdata write its files and return its index."""
    from litdata.streaming import Cache

    try:
        cache = Cache(str(folder), chunk_bytes=SHARD_BYTES)
        for number, file in enumerate(files):
            cache[number] = {_LEAF: file.read_bytes()}
        cache.done()
        cache.merge()
    except OSError as error:
        free = shutil.disk_usage(folder).free
        raise InputError(
            f"Cannot write to {str(folder.parent)!r}: {error.strerror}; {free >> 20} "
            "MiB are free there."
        ) from error
    content: dict[str, Any] = json.loads((folder / INDEX).read_bytes())
    return content
