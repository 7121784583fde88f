"""Projected joints as the JSON files that OpenPose itself would write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from human_capture.common.files import atomic_path
from human_capture.common.progress import progress
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.views.openpose_styles import stick_figure_style
from human_capture.pose3d.outputs.views.orbit import View, frame_cameras
from human_capture.pose3d.outputs.views.projection import project_people

_VERSION = 1.3  # of OpenPose's JSON
_OTHER_PARTS = (
    "face_keypoints_2d",
    "hand_left_keypoints_2d",
    "hand_right_keypoints_2d",
    "pose_keypoints_3d",
    "face_keypoints_3d",
    "hand_left_keypoints_3d",
    "hand_right_keypoints_3d",
)  # readers expect them, though empty


def write_openpose_json(
    folder: str | Path,
    capture: Capture,
    view: View,
    style: str = "body25",
    width: int = 768,
    height: int = 768,
    name: str = "motion",
) -> list[Path]:
    """Write one file a frame, ``<name>_000000000000_keypoints.json`` and so on.

    Joints outside the image, or hidden by their own head, count as not found. People
    of whom nothing is found are left out of that frame.

    Args:
        folder: Where the files go; made when missing.
        capture: The motion, in any format; joints that it lacks are not found.
        view: An orbit, one camera, or one a frame.
        style: The order of the joints, ``body25`` or ``coco18``.
        width: Of the images, in pixels.
        height: Of the images, in pixels.
        name: The first part of the files' names.

    Raises:
        InputError: The style is unknown, the cameras do not fit, the motion has no
            joint of the style, or the disk is full.
    """
    form = stick_figure_style(style).format
    cameras = frame_cameras(view, capture, width, height)
    people = project_people(capture, cameras, form)
    size = people.pixels.new_tensor([width, height])
    inside = ((people.pixels >= 0) & (people.pixels <= size)).all(-1)
    found = (people.valid & inside & (people.confidence > 0))[..., None].numpy()
    # OpenPose counts pixel centres from 0
    pixels = people.pixels.double().numpy() - 0.5
    triples = np.concatenate((pixels, people.confidence[..., None].numpy()), -1)
    triples = np.where(found, triples, 0.0)
    paths = []
    for frame in progress(range(triples.shape[1]), "Writing OpenPose files"):
        path = Path(folder) / f"{name}_{frame:012d}_keypoints.json"
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(_content(triples[:, frame])))
        paths.append(path)
    return paths


def _content(people: Float[np.ndarray, "person joint 3"]) -> dict[str, Any]:
    seen = [person for person in people if person.any()]
    return {"version": _VERSION, "people": [_person(person) for person in seen]}


def _person(triples: Float[np.ndarray, "joint 3"]) -> dict[str, Any]:
    flat = [round(value, 4) for value in triples.flatten().tolist()]
    empty: dict[str, list[float]] = {part: [] for part in _OTHER_PARTS}
    return {"person_id": [-1], "pose_keypoints_2d": flat, **empty}
