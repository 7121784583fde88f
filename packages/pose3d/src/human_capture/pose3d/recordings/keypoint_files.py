"""2D key points that people already have: OpenPose, MediaPipe and COCO files.

OpenPose writes a folder with one JSON a frame; ``pose_keypoints_2d`` is a flat list of
x, y, confidence, with 0, 0, 0 for what is missing. COCO results are one list of
detections ``{"image_id", "keypoints", "score"}`` for all frames. Both give
coordinates with pixel centres at integers, so half a pixel is added. MediaPipe gives
fractions of the image from edge to edge, which need no such shift.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Float

from human_capture.common.errors import InputError
from human_capture.common.keypoints import (
    BLAZEPOSE33,
    BODY25,
    COCO17,
    COCO19,
    HALPE26,
    KeypointFormat,
)
from human_capture.common.video import natural_order
from human_capture.pose3d.recordings.detections import Detections, Person

_BY_LENGTH = {len(f): f for f in (COCO17, COCO19, BODY25, HALPE26, BLAZEPOSE33)}
_OPENPOSE18_TO_COCO17 = (0, 15, 14, 17, 16, 5, 2, 6, 3, 7, 4, 11, 8, 12, 9, 13, 10)
"""OpenPose's older COCO model: nose, neck, arms from the right, legs, eyes, ears."""

_OPENPOSE_KEYS = ("pose_keypoints_2d", "pose_keypoints")  # the second until 1.1
_MEDIAPIPE_KEYS = ("landmarks", "pose_landmarks", "poseLandmarks", "keypoints")


def is_keypoint_source(path: Path) -> bool:
    """Whether a path may hold one camera's key points: a JSON, or a folder of them."""
    if path.is_dir():
        return any(path.glob("*.json"))
    return path.suffix.lower() == ".json"


def read_keypoints(
    path: str | Path, size: tuple[int, int] | None = None, first_frame: int = 0
) -> Detections:
    """People's key points in one camera; the layout is recognised from the content.

    Args:
        path: A folder of OpenPose JSON files, or one JSON of MediaPipe or COCO results.
        size: Width and height of the images, which MediaPipe's fractions need.
        first_frame: Number, in the file names or image ids, of the first frame.

    Raises:
        InputError: No layout fits, or an entry is broken; the message says where.
    """
    path = Path(path)
    if path.is_dir():
        return _read_openpose(path, first_frame)
    content = _load(path)
    if _is_coco(content):
        return _read_coco(path, content, first_frame)
    return _read_mediapipe(path, content, size)


def first_frame_number(path: str | Path) -> int:
    """The smallest frame number in the names of a folder of OpenPose files, else 0.

    Args:
        path: As for :func:`read_keypoints`.
    """
    path = Path(path)
    if not path.is_dir():
        return 0
    return min((_frame_number(p.name) for p in path.glob("*.json")), default=0)


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError as error:
        raise InputError(f"There is no key-point file {str(path)!r}.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"{str(path)!r} is not valid JSON ({error}); it may be cut off."
        ) from error


def _frame_number(name: str) -> int:
    """The last run of digits in a name, before OpenPose's ending."""
    digits = re.findall(r"\d+", re.sub(r"_keypoints|\.\w+$", "", name))
    if not digits:
        raise InputError(
            f"The key-point file {name!r} has no frame number in its name."
        )
    return int(digits[-1])


def _read_openpose(folder: Path, first_frame: int) -> Detections:
    files = sorted(folder.glob("*.json"), key=lambda p: natural_order(p.name))
    if not files:
        raise InputError(f"The folder {str(folder)!r} holds no key-point JSON files.")
    frames: dict[int, list[_Raw]] = {}
    for path in files:
        number = _frame_number(path.name) - first_frame
        frames[number] = _openpose_people(path)
    return _collected(folder, frames, shift=0.5)


_Raw = Float[np.ndarray, "joint 3"]


def _openpose_people(path: Path) -> list[_Raw]:
    content = _load(path)
    if not isinstance(content, dict) or "people" not in content:
        raise InputError(
            f"{str(path)!r} is not an OpenPose file: it has no list 'people'."
        )
    people = []
    for number, person in enumerate(content["people"]):
        values = next((person[k] for k in _OPENPOSE_KEYS if k in person), None)
        if values is None:
            raise InputError(
                f"Person {number} of {str(path)!r} has no 'pose_keypoints_2d'."
            )
        if len(values):
            people.append(_triples(values, path, f"person {number}"))
    return people


def _triples(values: Any, path: Path, where: str) -> _Raw:
    """Flat x, y, confidence lists as an array; null becomes NaN."""
    try:
        flat = np.array(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"The key points of {where} in {str(path)!r} are not numbers."
        ) from error
    if flat.ndim != 1 or len(flat) % 3:
        raise InputError(
            f"The key points of {where} in {str(path)!r} are {flat.size} numbers, not "
            "x, y and confidence of every joint."
        )
    return flat.reshape(-1, 3)


def _is_coco(content: Any) -> bool:
    if isinstance(content, dict):
        return "annotations" in content
    if not isinstance(content, list):
        return False
    return not content or (isinstance(content[0], dict) and "image_id" in content[0])


def _read_coco(path: Path, content: Any, first_frame: int) -> Detections:
    """Results (a list) or annotations (with ``images``, whose names give the order)."""
    names: dict[Any, int] = {}
    entries, annotated = content, isinstance(content, dict)
    if annotated:
        entries = content["annotations"]
        images = sorted(
            content.get("images", []), key=lambda i: natural_order(i["file_name"])
        )
        names = {image["id"]: number for number, image in enumerate(images)}
    frames: dict[int, list[_Raw]] = {n: [] for n in names.values()}
    for number, entry in enumerate(entries):
        if "keypoints" not in entry or "image_id" not in entry:
            raise InputError(
                f"Entry {number} of {str(path)!r} lacks 'keypoints' or 'image_id'."
            )
        image = entry["image_id"]
        frame = names[image] if image in names else _frame_number(str(image))
        triples = _triples(entry["keypoints"], path, f"entry {number}")
        if annotated:  # 0 missing, 1 hidden, 2 visible
            triples[:, 2] = triples[:, 2].clip(0, 2) / 2
        frames.setdefault(frame - (0 if names else first_frame), []).append(triples)
    return _collected(path, frames, shift=0.5)


def _read_mediapipe(
    path: Path, content: Any, size: tuple[int, int] | None
) -> Detections:
    entries = content.get("frames") if isinstance(content, dict) else content
    if not isinstance(entries, list) or not entries:
        raise InputError(
            f"The layout of {str(path)!r} is unknown; expected OpenPose, MediaPipe or "
            "COCO key points."
        )
    frames = {
        number: [
            _landmarks(person, path, number) for person in _mediapipe_people(entry)
        ]
        for number, entry in enumerate(entries)
    }
    everything = [person for people in frames.values() for person in people]
    if not everything:
        raise InputError(
            f"{str(path)!r} holds no landmarks; expected a list of frames with one of "
            f"{', '.join(_MEDIAPIPE_KEYS)}."
        )
    if _are_fractions(everything):
        if size is None:
            raise InputError(
                f"{str(path)!r} gives fractions of the image, but the calibration does "
                "not say how large the images are; give --videos as well."
            )
        for person in everything:
            person[:, :2] *= size
    return _collected(path, frames, shift=0.0)


def _mediapipe_people(entry: Any) -> Iterable[Any]:
    """The lists of landmarks in one frame's entry, one a person."""
    if isinstance(entry, Mapping):
        entry = next((entry[key] for key in _MEDIAPIPE_KEYS if key in entry), None)
    if isinstance(entry, Mapping):  # protobuf as JSON
        entry = entry.get("landmark")
    if not entry:
        return []
    first = entry[0]
    if isinstance(first, Mapping) and "x" in first:
        return [entry]
    return [p["landmark"] if isinstance(p, Mapping) else p for p in entry]


def _landmarks(person: Any, path: Path, frame: int) -> _Raw:
    try:
        rows = [
            (p["x"], p["y"], p.get("visibility", p.get("score", 1.0))) for p in person
        ]
        return np.array(rows, dtype=float).reshape(-1, 3)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise InputError(
            f"A landmark in frame {frame} of {str(path)!r} has no x and y."
        ) from error


def _are_fractions(people: Sequence[_Raw]) -> bool:
    """Fractions may leave [0, 1] where a body leaves the image, but not by far."""
    coordinates = np.concatenate(people)[:, :2]
    return bool(np.nanmedian(np.abs(coordinates)) <= 2)


def _collected(
    path: Path, frames: Mapping[int, Sequence[_Raw]], shift: float
) -> Detections:
    lengths = {len(person) for people in frames.values() for person in people}
    if len(lengths) > 1:
        raise InputError(
            f"{str(path)!r} mixes people with {', '.join(map(str, sorted(lengths)))} "
            "joints."
        )
    joints = lengths.pop() if lengths else len(BODY25)
    format = _format_of(joints, path)
    broken = sum(
        int((~np.isfinite(person)).any(-1).sum())
        for people in frames.values()
        for person in people
    )
    if broken:
        warnings.warn(
            f"{broken} key points in {path.name} are not numbers and are skipped.",
            stacklevel=2,
        )
    count = max(frames, default=-1) + 1
    people = [
        [_person(person, shift) for person in frames.get(n, [])] for n in range(count)
    ]
    return Detections.collect(format, people)


def _format_of(joints: int, path: Path) -> KeypointFormat:
    if joints == len(_OPENPOSE18_TO_COCO17) + 1:
        return COCO17
    if joints not in _BY_LENGTH:
        known = ", ".join(f"{n} ({f.name})" for n, f in sorted(_BY_LENGTH.items()))
        raise InputError(
            f"{str(path)!r} has people with {joints} joints; known are {known} and 18 "
            "(OpenPose's COCO model)."
        )
    return _BY_LENGTH[joints]


def _person(triples: _Raw, shift: float) -> Person:
    if len(triples) == len(_OPENPOSE18_TO_COCO17) + 1:
        triples = triples[list(_OPENPOSE18_TO_COCO17)]
    finite = np.isfinite(triples).all(-1)
    confidence = np.where(finite, triples[:, 2], 0.0)
    return cast(Person, (triples[:, :2] + shift, confidence))
