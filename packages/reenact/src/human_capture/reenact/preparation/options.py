"""What people choose when they prepare their videos."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from human_capture.common.errors import InputError


@dataclass(frozen=True)
class PrepareOptions:
    """Options of ``reenact prepare``.

    Args:
        videos: Videos and folders of videos. A folder of images is one clip; the clip
            of a video ends where the face jumps, as at a cut to somebody else.
        output: Folder for the prepared clips. What is finished there is not done
            again, so an interrupted run goes on where it was, and more videos can be
            added later.
        size: Width and height of the crops, in pixels.
        per_second: Frames taken from each second of a video; folders of images are
            taken whole.
        every: Take every so many-th frame instead.
        most_frames: Frames of a clip; longer ones are thinned out evenly.
        fewest_frames: Clips with fewer usable frames are left out.
        face: Which face to follow, counted from 1 at the left of the first frame with
            faces; the largest if not given.
        alone: Leave out videos in which several faces are seen at once.
        people: "clip": each clip shows somebody else; "folder": clips in the same
            folder show the same person.
        outside: Share of the crop that may lie outside of the picture; frames with
            more are left out.
        smallest: Side of the crop before it is resized, in pixels; smaller heads are
            left out.
        workers: Processes.
    """

    videos: list[str] = field(default_factory=list)
    output: str = "shards"
    size: int = 256
    per_second: float = 5.0
    every: int | None = None
    most_frames: int = 600
    fewest_frames: int = 9
    face: int | None = None
    alone: bool = False
    people: Literal["clip", "folder"] = "clip"
    outside: float = 0.3
    smallest: int = 128
    workers: int = 4

    def __post_init__(self) -> None:
        counts = ("size", "most_frames", "fewest_frames", "smallest", "workers")
        for name in ("per_second", "every", "face", *counts):
            value = getattr(self, name)
            if value is not None and value <= 0:
                option = name.replace("_", "-")
                raise InputError(f"--{option} must be above 0, not {value}.")
        if not 0 <= self.outside < 1:
            raise InputError(f"--outside is a share from 0 to 1, not {self.outside}.")

    @property
    def recipe(self) -> dict[str, Any]:
        """What all clips in one output folder must have in common.

        The face is not part of it: a second run adds the second person of a video.
        """
        others = ("videos", "output", "workers", "face")
        return {k: v for k, v in asdict(self).items() if k not in others}

    @property
    def digest(self) -> str:
        """Differs where a video may give another clip."""
        text = json.dumps([self.recipe, self.face], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:8]
