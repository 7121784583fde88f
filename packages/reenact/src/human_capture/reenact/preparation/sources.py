"""Which of the files that somebody points at are clips."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from human_capture.common.errors import InputError
from human_capture.common.images import SUFFIXES as IMAGE_SUFFIXES
from human_capture.common.video import SUFFIXES, natural_order
from human_capture.reenact.preparation.lock import LOCK


@dataclass(frozen=True)
class Source:
    """A video, or a folder of images, that becomes one clip.

    Attributes:
        path: The file or folder.
        name: What people call it; unique among all.
        person: Who is in it: sources with the same name here show the same person.
    """

    path: Path
    name: str
    person: str

    @property
    def key(self) -> str:
        """Changes when the file does; the same in the next run."""
        images = sorted(_images_in(self.path)) if self.path.is_dir() else [self.path]
        facts = [(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in images]
        text = repr((str(self.path.resolve()), facts))
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def find_sources(paths: Sequence[str | Path], by_folder: bool = False) -> list[Source]:
    """All clips in files and folders, in natural order of their names.

    A folder of images is one clip, unless clips were prepared there and the image shows
    them; folders are searched to the bottom.

    Args:
        paths: Video files and folders.
        by_folder: Clips in the same folder show the same person; otherwise each clip
            counts as a person of its own.

    Raises:
        InputError: A path does not exist, or there is no video in any.
    """
    found: dict[Path, str] = {}
    for given in map(Path, paths):
        for path in _clips_in(given):
            inside = path.relative_to(given.parent).as_posix()
            found.setdefault(path.resolve(), inside)
    if not found:
        raise InputError(
            f"There is no video in {', '.join(repr(str(p)) for p in paths)}; give "
            f"files that end in {', '.join(SUFFIXES)}, or folders of them or of images."
        )
    names = _unique(list(found.values()))
    sources = [
        Source(path, name, _folder(path) if by_folder else name)
        for path, name in zip(found, names, strict=True)
    ]
    return sorted(sources, key=lambda source: natural_order(source.name))


def _folder(path: Path) -> str:
    """A name for the folder that something is in, no other folder's."""
    digest = hashlib.sha256(str(path.parent).encode()).hexdigest()
    return f"{path.parent.name}-{digest[:8]}"


def plain_name(person: str) -> str:
    """What the folder is called that a person was named after.

    Args:
        person: A name that :func:`find_sources` has given by folder; others stay as
            they are, unless they happen to end alike.
    """
    return re.sub(r"-[0-9a-f]{8}$", "", person)


def _clips_in(path: Path) -> list[Path]:
    if path.is_file():
        if path.suffix.lower() not in SUFFIXES:
            raise InputError(
                f"{str(path)!r} is no video; give files that end in "
                f"{', '.join(SUFFIXES)}, or folders of them or of images."
            )
        return [path]
    if not path.is_dir():
        raise InputError(f"There is no video or folder {str(path)!r}.")
    folders = [path, *(p for p in path.rglob("*") if p.is_dir())]
    videos = [p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES]
    return sorted([*videos, *filter(_is_clip, folders)])


def _is_clip(folder: Path) -> bool:
    """Whether a folder holds images that are not of our making."""
    return bool(_images_in(folder)) and not (folder / LOCK).exists()


def _images_in(folder: Path) -> list[Path]:
    return [p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES]


def _unique(names: Sequence[str]) -> list[str]:
    """The names, with numbers behind those that were there before."""
    seen: set[str] = set()
    unique = []
    for name in names:
        count, candidate = 1, name
        while candidate in seen:
            count += 1
            candidate = f"{name} ({count})"
        seen.add(candidate)
        unique.append(candidate)
    return unique
