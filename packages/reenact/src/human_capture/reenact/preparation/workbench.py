"""Clips that are finished but not in the shards yet, and videos that gave none.

Each lies in a file of its own from the moment it is done, so a killed run loses only
what was being worked on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path
from human_capture.reenact.preparation.records import EncodedClip
from human_capture.reenact.preparation.shards import ClipEntry


@dataclass(frozen=True)
class Workbench:
    """A folder beside the shards.

    Attributes:
        folder: Of the shards.
    """

    folder: Path

    def file(self, key: str) -> Path:
        """Where the bytes of a clip lie."""
        return self.folder / "unfinished" / f"{key}.safetensors"

    def put(self, entry: ClipEntry, clip: EncodedClip) -> None:
        """Keep a clip until it goes into the shards."""
        with atomic_path(self.file(entry.key)) as temporary:
            temporary.write_bytes(clip.to_bytes())
        with atomic_path(self._facts(entry.key)) as temporary:  # last: now it counts
            temporary.write_text(json.dumps(asdict(entry)))

    def entry(self, key: str) -> ClipEntry | None:
        """What is known of a clip that lies here, if it does."""
        try:
            return ClipEntry(**json.loads(self._facts(key).read_bytes()))
        except FileNotFoundError:
            return None
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{str(self._facts(key))!r} is damaged; remove it to have the clip cut "
                "again."
            ) from error

    def remove(self, keys: Iterable[str]) -> None:
        """Forget clips that are in the shards."""
        for key in keys:
            self._facts(key).unlink(missing_ok=True)
            self.file(key).unlink(missing_ok=True)
        folder = self.folder / "unfinished"
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()

    def skip(self, key: str, reason: str) -> None:
        """Keep in mind that a video gives no clip, and why."""
        with atomic_path(self._reason(key)) as temporary:
            temporary.write_text(reason, encoding="utf-8")

    def reason(self, key: str) -> str | None:
        """Why a video gives no clip, if it is known not to."""
        path = self._reason(key)
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def _facts(self, key: str) -> Path:
        return self.file(key).with_suffix(".json")

    def _reason(self, key: str) -> Path:
        return self.folder / "skipped" / f"{key}.txt"
