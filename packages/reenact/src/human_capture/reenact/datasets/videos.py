"""People's own videos as prepared by ``reenact prepare``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.utils.data import Dataset

from human_capture.common.errors import InputError
from human_capture.reenact.clip_frames import ClipFrames
from human_capture.reenact.landmarks import face68
from human_capture.reenact.preparation.records import (
    EncodedFrames,
    decode_mask,
    decode_picture,
)
from human_capture.reenact.preparation.sources import plain_name
from human_capture.reenact.preparation.stream import ClipStream

_LISTED = 6  # names in an error


class PreparedClips(Dataset[ClipFrames]):
    """Clips of people's own videos; facial actions and turns are not known.

    Of 32 frames of 256 x 256 pixels (19 kB each), 9 with their masks take 3.3 ms of one
    thread of a server's CPU, all of them 12 ms.

    Args:
        folder: Folder of the shards, or its address in object storage, such as
            ``s3://bucket/folder``.
        people: Names of the people to take, in the order of their numbers; all by
            default. Where ``--people folder`` made ``anna-1a2b3c4d`` of a folder
            ``anna``, that is enough if it was the only one. Splits must not share
            people.
        cache: Folder for the index of what lies in object storage.

    Attributes:
        people: Their names in full.

    Raises:
        InputError: There is nobody of such a name, or more than one.
    """

    def __init__(
        self,
        folder: str | Path,
        people: Sequence[str] | None = None,
        cache: str | Path | None = None,
    ) -> None:
        self._stream = ClipStream(folder, cache)
        known = list(dict.fromkeys(clip.person for clip in self._stream.clips))
        self.people = _full_names(people, known, folder) if people else known
        numbers = {person: number for number, person in enumerate(self.people)}
        self._places = [
            (place, numbers[clip.person])
            for place, clip in enumerate(self._stream.clips)
            if clip.person in numbers
        ]

    def __len__(self) -> int:
        return len(self._places)

    def frames(self, index: int) -> int:
        """How many frames a clip has, without reading it."""
        return self._stream.clips[self._places[index][0]].frames

    def __getitem__(self, index: int) -> ClipFrames:
        """All frames of a clip."""
        return self.draw(index, range(self.frames(index)))

    def draw(self, index: int, frames: Sequence[int]) -> ClipFrames:
        """Some frames of a clip; only these are decoded.

        Args:
            index: Of the clip.
            frames: Numbers of the frames within the clip, in the order wanted.
        """
        place, person = self._places[index]
        clip = self._stream[place]
        chosen = list(frames)
        if any(not 0 <= frame < len(clip) for frame in chosen):
            raise IndexError(f"clip {index} has {len(clip)} frames")
        landmarks = torch.from_numpy(clip.landmarks[chosen])
        return ClipFrames(
            frames=_pictures(clip.pictures, chosen, self._stream.index.size),
            masks=_masks(clip.masks, chosen, self._stream.index.size),
            landmarks=torch.from_numpy(face68(landmarks.numpy())),
            landmarks_478=_with_irises(landmarks),
            actions=torch.full((len(chosen), 52), torch.nan),
            turn=torch.full((len(chosen), 3), torch.nan),
            person=person,
        )


def _full_names(
    people: Sequence[str], known: Collection[str], folder: str | Path
) -> list[str]:
    """The names by which people are known, given in full or plainly."""
    full = {
        name: [name] if name in known else [k for k in known if plain_name(k) == name]
        for name in people
    }
    unknown = sorted(name for name, found in full.items() if not found)
    if unknown:
        raise InputError(
            f"There are no prepared clips of {', '.join(unknown)} in {str(folder)!r}; "
            f"there are some of {_listed(sorted(known))}."
        )
    for name, found in full.items():
        if len(found) > 1:
            raise InputError(
                f"{len(found)} people are called {name!r} in {str(folder)!r}; give one "
                f"of {_listed(found)}."
            )
    return list(dict.fromkeys(name for (name,) in full.values()))


def _listed(names: Sequence[str]) -> str:
    """The first of many names."""
    rest = len(names) - _LISTED
    more = f" and {rest} other{'s' * (rest > 1)}" if rest > 0 else ""
    return ", ".join(names[:_LISTED]) + more


def _pictures(
    files: EncodedFrames, chosen: Sequence[int], size: int
) -> UInt8[Tensor, "frame 3 {size} {size}"]:
    pictures = np.empty((len(chosen), 3, size, size), np.uint8)
    for place, frame in enumerate(chosen):
        pictures[place] = decode_picture(files.file(frame), size).transpose(2, 0, 1)
    return torch.from_numpy(pictures)


def _masks(
    files: EncodedFrames, chosen: Sequence[int], size: int
) -> UInt8[Tensor, "frame 1 {size} {size}"]:
    masks = np.empty((len(chosen), 1, size, size), np.uint8)
    for place, frame in enumerate(chosen):
        masks[place, 0] = decode_mask(files.file(frame), size)
    return torch.from_numpy(masks)


def _with_irises(
    landmarks: Float[Tensor, "frame 468 2"],
) -> Float[Tensor, "frame 478 2"]:
    """All 478 landmarks; the detector does not see the irises."""
    unknown = landmarks.new_full((len(landmarks), 10, 2), torch.nan)
    return torch.cat((landmarks, unknown), 1)
