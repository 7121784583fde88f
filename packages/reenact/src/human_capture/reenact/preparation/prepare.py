"""``reenact prepare``: people's own videos become clips to train on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from human_capture.common.errors import InputError
from human_capture.common.images import write_image
from human_capture.common.progress import progress
from human_capture.reenact.preparation.contact_sheet import contact_sheet
from human_capture.reenact.preparation.cutting import Cut, NoClipError, cut_video
from human_capture.reenact.preparation.lock import reserved
from human_capture.reenact.preparation.options import PrepareOptions
from human_capture.reenact.preparation.shards import (
    INDEX,
    SHARD_BYTES,
    ClipEntry,
    ShardIndex,
    append_clips,
)
from human_capture.reenact.preparation.sources import Source, find_sources
from human_capture.reenact.preparation.stream import ClipStream
from human_capture.reenact.preparation.workbench import Workbench
from human_capture.reenact.preparation.workers import ordered_map

SHEET = "contact_sheet.png"

CutVideo = Callable[[Source, PrepareOptions], Cut]
"""Makes a clip of a video; can be pickled, so worker processes can call it."""


@dataclass(frozen=True)
class Prepared:
    """What a run has come to.

    Attributes:
        folder: Of the shards.
        clips: All clips in the folder, those of earlier runs included.
        skipped: Why videos have given no clip, one sentence a video.
        notes: What else is to be known, one sentence each.
    """

    folder: Path
    clips: tuple[ClipEntry, ...]
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        frames = sum(clip.frames for clip in self.clips)
        lines = [f"{_count(len(self.clips), 'clip')}, {_count(frames, 'frame')}"]
        if self.skipped:
            videos = _count(len(self.skipped), "video")
            lines[0] += f"; {videos} skipped: {'; '.join(self.skipped)}"
        left_out: Counter[str] = Counter()
        for clip in self.clips:
            left_out.update(clip.left_out)
        if left_out:
            reasons = ", ".join(f"{n} {why}" for why, n in sorted(left_out.items()))
            lines.append(f"frames left out: {reasons}")
        lines += [f"note: {note}" for note in self.notes]
        lines.append(f"{self.folder / SHEET} shows some frames of each clip")
        return "\n".join(lines)


def prepare(options: PrepareOptions, cut: CutVideo = cut_video) -> Prepared:
    """Cut the heads out of videos and put them into shards to train on.

    Prints a summary.

    Args:
        options: Which videos, and how.
        cut: Makes a clip of a video.

    Raises:
        InputError: There are no videos, none has given a clip, the folder holds clips
            that were prepared with other options, or another run is writing into it.
    """
    sources = find_sources(options.videos, options.people == "folder")
    folder = Path(options.output)
    with reserved(folder):
        prepared = _prepared(folder, sources, options, cut)
    print(prepared)
    return prepared


def _prepared(
    folder: Path, sources: Sequence[Source], options: PrepareOptions, cut: CutVideo
) -> Prepared:
    """What the sources have come to, in a folder that is nobody else's."""
    index = _open(folder, options)
    bench = Workbench(folder)
    bench.remove(entry.key for entry in index.clips)
    done = {entry.key for entry in index.clips}
    new = [source for source in sources if _key(source, options) not in done]
    results = progress(_outcomes(new, options, bench, cut), "Videos", len(new))
    outcomes: list[Outcome] = []
    index = _shelve(bench, index, _kept(results, outcomes))
    prepared = Prepared(
        folder,
        index.clips,
        tuple(outcome.skipped for outcome in outcomes if outcome.skipped),
        tuple(note for outcome in outcomes for note in outcome.notes),
    )
    if not index.clips:
        raise InputError(f"No video has given a clip: {'; '.join(prepared.skipped)}.")
    write_image(folder / SHEET, contact_sheet(ClipStream(folder)))
    return prepared


def _open(folder: Path, options: PrepareOptions) -> ShardIndex:
    """What is in the folder already, made with the same options."""
    if not (folder / INDEX).exists():
        return ShardIndex(options.recipe)
    index = ShardIndex.read(folder / INDEX)
    changed = [
        f"--{name.replace('_', '-')}={old}"
        for name, old in index.recipe.items()
        if options.recipe.get(name) != old
    ]
    if changed:
        raise InputError(
            f"The clips in {str(folder)!r} were prepared with {' '.join(changed)}; "
            "give the same options, or another --output."
        )
    return index


@dataclass(frozen=True)
class Outcome:
    """What has become of one video: a clip on the bench, or a reason why not."""

    entry: ClipEntry | None = None
    skipped: str | None = None
    notes: tuple[str, ...] = ()


def _key(source: Source, options: PrepareOptions) -> str:
    """Of the clip that a source gives with these options."""
    return f"{source.key}-{options.digest}"


def _outcomes(
    sources: Sequence[Source], options: PrepareOptions, bench: Workbench, cut: CutVideo
) -> Iterator[Outcome]:
    """What becomes of each video, in order; what earlier runs know is not done anew."""
    known = [_known(bench, _key(source, options)) for source in sources]
    unknown = [s for s, outcome in zip(sources, known, strict=True) if not outcome]
    work = partial(_cut_one, options=options, bench=bench, cut=cut)
    results = ordered_map(work, unknown, min(options.workers, len(unknown)))
    for outcome in known:
        yield outcome or next(results)


def _known(bench: Workbench, key: str) -> Outcome | None:
    entry, reason = bench.entry(key), bench.reason(key)
    return Outcome(entry, reason) if entry or reason else None


def _cut_one(
    source: Source, options: PrepareOptions, bench: Workbench, cut: CutVideo
) -> Outcome:
    """Cut one video and put the clip on the bench."""
    key = _key(source, options)
    try:
        made = cut(source, options)
    except InputError as error:
        reason = str(error).rstrip(".")
        if isinstance(error, NoClipError):  # a file may be readable another time
            bench.skip(key, reason)
        return Outcome(skipped=reason)
    face = f" (face {options.face})" if options.face else ""
    person = source.person + (face if options.people == "clip" else "")
    entry = ClipEntry(
        key, source.name + face, person, len(made.clip), dict(made.left_out)
    )
    bench.put(entry, made.clip)
    return Outcome(entry, notes=made.notes)


def _kept(results: Iterable[Outcome], outcomes: list[Outcome]) -> Iterator[ClipEntry]:
    """The clips among the results, all of which are noted down."""
    for outcome in results:
        outcomes.append(outcome)
        if outcome.entry is not None:
            yield outcome.entry


def _shelve(
    bench: Workbench, index: ShardIndex, entries: Iterable[ClipEntry]
) -> ShardIndex:
    """The index once clips have moved from the bench into shards, a shard at a time."""
    for batch in _batches(bench, entries):
        files = [bench.file(entry.key) for entry in batch]
        index = append_clips(bench.folder, index, batch, files)
        bench.remove(entry.key for entry in batch)
    return index


def _batches(
    bench: Workbench, entries: Iterable[ClipEntry]
) -> Iterator[list[ClipEntry]]:
    """As many clips at a time as fill a shard."""
    batch: list[ClipEntry] = []
    weight = 0
    for entry in entries:
        batch.append(entry)
        weight += bench.file(entry.key).stat().st_size
        if weight >= SHARD_BYTES:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
