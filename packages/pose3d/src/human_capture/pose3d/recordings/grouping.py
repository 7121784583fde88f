"""Everybody in a recording: sightings grouped over cameras and followed over time."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.keypoints import KeypointFormat
from human_capture.common.progress import progress
from human_capture.pose3d.recordings.association import Groups, Sightings, associate
from human_capture.pose3d.recordings.detections import Detections
from human_capture.pose3d.recordings.tracks import Tracker

_CORE = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "hip_centre")
_SHORTEST = 0.25
"""Seconds below which a track is taken for a mistake, in recordings long enough."""


@dataclass(frozen=True)
class Cast:
    """Who is which detection.

    Attributes:
        members: For every person, frame and view the number of the detection, or -1;
            the person seen longest comes first.
        centres: Roughly where each person is, in metres; NaN where absent.
    """

    members: Int[np.ndarray, "person frame view"]
    centres: Float[np.ndarray, "person frame 3"]


def find_people(
    views: Sequence[Detections],
    cameras: Cameras,
    fps: float,
    people: int | None = None,
    max_distance: float = 0.25,
) -> Cast:
    """The people whom at least two cameras see, each followed through the recording.

    Warns of sightings that no other camera confirms, of frames where nobody is found,
    and of tracks that are too short to be people.

    Args:
        views: Detections of every camera, all of the same length and format.
        cameras: One a view.
        fps: Frames a second.
        people: How many to keep at most.
        max_distance: As in :func:`associate`.

    Raises:
        InputError: Nobody is found in the whole recording.
    """
    frames = _sightings(views, cameras)
    tracker, rows, alone, nobody = Tracker(fps), [], 0, 0
    for number, sightings in enumerate(progress(frames, "Matching people")):
        expected = tracker.expected(sightings.weights.shape[2])
        groups = associate(sightings, expected, max_distance)
        rows += _rows(number, groups, tracker)
        alone += groups.alone
        nobody += not len(groups.members)
    if not rows:
        raise InputError(_nobody_found(views))
    _warn(len(frames), nobody, alone)
    return _cast(rows, len(frames), len(views), fps, people)


_Row = tuple[int, int, Int[np.ndarray, " view"], Float[np.ndarray, " 3"]]
"""Track, frame, the number of the detection in every view, and the body's centre."""


def _rows(frame: int, groups: Groups, tracker: Tracker) -> list[_Row]:
    tracks = tracker.update(groups.skeletons).tolist()
    centres = np.nanmedian(groups.skeletons, axis=1) if tracks else []
    return [
        (track, frame, members, centre)
        for track, members, centre in zip(tracks, groups.members, centres, strict=True)
    ]


def _core(format: KeypointFormat) -> list[int]:
    """Joints that a body is recognised by; all, when a format has none of them."""
    core = [
        number
        for number, joint in enumerate(format.joints)
        if joint.removeprefix("left_").removeprefix("right_") in _CORE
    ]
    return core or list(range(len(format)))


def _sightings(views: Sequence[Detections], cameras: Cameras) -> list[Sightings]:
    """Rays of all key points, frame by frame."""
    core = _core(views[0].format)
    people = max(view.keypoints.shape[1] for view in views)
    shape = (len(views[0]), len(views), people, len(core))
    directions = np.zeros((*shape, 3), dtype=np.float32)
    weights = np.zeros(shape, dtype=np.float32)
    for v, view in enumerate(views):
        count = view.keypoints.shape[1]
        rays = _directions(view.keypoints[:, :, core], cameras[v])
        directions[:, v, :count] = rays
        weights[:, v, :count] = view.confidence[:, :, core]
    origins = cameras.centre.double().numpy()
    return [
        Sightings(origins, d.astype(float), w.astype(float))
        for d, w in zip(directions, weights, strict=True)
    ]


def _directions(
    keypoints: Float[np.ndarray, "frame person joint 2"], camera: Cameras
) -> Float[np.ndarray, "frame person joint 3"]:
    pixels = torch.from_numpy(np.nan_to_num(keypoints)).double()
    _, directions = camera.rays(pixels.reshape(-1, 2))
    return directions.reshape(*keypoints.shape[:-1], 3).numpy()


def _nobody_found(views: Sequence[Detections]) -> str:
    seen = sum(view.empty_frames < len(view) for view in views)
    if seen < 2:
        return (
            f"People are seen by {seen} of {len(views)} cameras, and 3D needs two; "
            "check that the videos show somebody."
        )
    return (
        "No two cameras agree on a person in any frame; check that the calibration "
        "belongs to these videos, that each video belongs to its camera, and that they "
        "start at the same moment."
    )


def _warn(frames: int, nobody: int, alone: int) -> None:
    if nobody:
        warnings.warn(
            f"Nobody is seen by two cameras in {nobody} of {frames} frames.",
            stacklevel=3,
        )
    if alone:
        warnings.warn(
            f"{alone} sightings of people in one camera only are left out.",
            stacklevel=3,
        )


def _cast(
    rows: Sequence[_Row], frames: int, views: int, fps: float, people: int | None
) -> Cast:
    support: Counter[int] = Counter()
    for track, _, members, _ in rows:
        support[track] += int((members >= 0).sum())
    lengths = Counter(track for track, *_ in rows)
    shortest = min(_SHORTEST * fps, 0.5 * frames, max(lengths.values()))
    kept = [track for track, _ in support.most_common() if lengths[track] >= shortest]
    if len(kept) < len(support):
        warnings.warn(
            f"{len(support) - len(kept)} people seen for less than {_SHORTEST} s are "
            "left out.",
            stacklevel=3,
        )
    kept = kept[:people]
    members = np.full((len(kept), frames, views), -1, dtype=np.int64)
    centres = np.full((len(kept), frames, 3), np.nan)
    for track, frame, row, centre in rows:
        if track in kept:
            members[kept.index(track), frame] = row
            centres[kept.index(track), frame] = centre
    return Cast(members, centres)
