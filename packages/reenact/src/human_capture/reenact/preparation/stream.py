"""Reading prepared clips, still compressed, from disk or from object storage."""

from __future__ import annotations

from pathlib import Path

from litdata import StreamingDataset

from human_capture.common.errors import InputError
from human_capture.reenact.preparation.records import EncodedClip
from human_capture.reenact.preparation.shards import INDEX, ClipEntry, ShardIndex

_REMOTE = ("s3://", "gs://", "r2://", "azure://", "hf://", "local:")  # litdata's


class ClipStream:
    """Prepared clips in any order.

    Files on disk are mapped into memory, so a clip costs nothing until its bytes are
    looked at. From afar only the bytes of the clip asked for are fetched, each time
    anew; copy the folder where there is room for it.

    Args:
        place: Folder of the shards, or the address of one in object storage, such as
            ``s3://bucket/folder``.
        cache: Folder for the index fetched from afar; litdata's own when absent.
    """

    def __init__(self, place: str | Path, cache: str | Path | None = None) -> None:
        self.place = str(place)
        remote = self.place.startswith(_REMOTE)
        if not remote:
            self.index = ShardIndex.read(Path(self.place) / INDEX)
        # the index is all that litdata reads before the first clip is asked for
        self._stream = StreamingDataset(
            self.place, cache_dir=None if cache is None else str(cache)
        )
        if remote:
            self.index = ShardIndex.read(Path(str(self._stream.input_dir.path)) / INDEX)

    def __len__(self) -> int:
        return len(self.index.clips)

    @property
    def clips(self) -> tuple[ClipEntry, ...]:
        """What is known of each clip without reading it."""
        return self.index.clips

    def __getitem__(self, index: int) -> EncodedClip:
        """One clip, nothing of it decoded."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        try:
            sample = self._stream[index]["clip"]
        except (KeyError, TypeError) as error:
            raise InputError(
                f"{self.place!r} holds something else than prepared clips."
            ) from error
        return EncodedClip.from_bytes(sample)
