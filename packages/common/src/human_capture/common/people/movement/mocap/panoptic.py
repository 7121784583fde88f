# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""CMU Panoptic's poses: a folder of ``body3DScene_%08d.json``, one file a frame.

``bodies`` lists the people with an ``id`` and ``joints19``: x, y, z in centimetres and
a confidence for each of the 19 joints. The world's y points down, and (x, y, z) becomes
(x, z, -y) here, as for the cameras. An id may vanish, and may pass to somebody else.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from jaxtyping import Float

from human_capture.common.calibration.fields import Entry, read_json
from human_capture.common.errors import InputError
from human_capture.common.keypoint_formats import COCO19
from human_capture.common.people.movement.mocap.trunk import SHORTEST, keypoint_motions
from human_capture.common.people.movement.motion import Motion

PANOPTIC_FPS = 29.97
FOLDER = "hdPose3d_stage1_coco19"
FILE = re.compile(r"body3DScene_(\d+)\.json")

_METRES = 0.01
_JUMP = 0.5  # metres from frame to frame, beyond which an id is somebody else

Tracks = dict[int, dict[int, np.ndarray]]


def read_panoptic_poses(
    folder: str | Path, fps: float = PANOPTIC_FPS, confidence: float = 0.1
) -> list[Motion]:
    """A motion for each stretch of time in which one id is seen from head to foot.

    Stretches of less than a second are left out. The format has no spine; the chest is
    put on the line from hips to neck.

    Args:
        folder: Of the JSON files, or of the sequence that has such a folder.
        fps: Frames a second.
        confidence: Below which a joint counts as not seen.

    Raises:
        InputError: There are no such files, one is wrong, or nobody is seen for long.
    """
    folder = Path(folder)
    files = pose_files(folder if not (folder / FOLDER).is_dir() else folder / FOLDER)
    if not files:
        raise InputError(f"{folder}: holds no body3DScene_00000000.json or the like.")
    motions = []
    for number, track in sorted(_tracks(files, confidence).items()):
        frames = np.arange(min(track), max(track) + 1)
        missing = np.full((len(COCO19), 3), np.nan)
        joints = np.stack([track.get(int(frame), missing) for frame in frames])
        joints = _parted_at_jumps(joints)
        points = {name: joints[:, n] for n, name in enumerate(COCO19.joints)}
        motions += keypoint_motions(points, fps, f"{folder}: id {number}")
    if not motions:
        raise InputError(
            f"{folder}: nobody is seen from shoulders to ankles for {SHORTEST} frames "
            "in a row."
        )
    return motions


def pose_files(folder: Path) -> dict[int, Path]:
    """The pose files right inside a folder, by frame."""
    if not folder.is_dir():
        return {}
    named = ((FILE.fullmatch(file.name), file) for file in folder.iterdir())
    return dict(sorted((int(match[1]), file) for match, file in named if match))


def _tracks(files: dict[int, Path], confidence: float) -> Tracks:
    """By id and frame the joints, NaN where not seen."""
    tracks: Tracks = {}
    for frame, file in files.items():
        scene = read_json(file)
        bodies = scene.value("bodies")
        if not isinstance(bodies, list):
            raise scene.error("bodies", "must be a list")
        for body in bodies:
            if not isinstance(body, dict):
                raise scene.error("bodies", "must hold objects")
            entry = Entry(file, None, body)
            joints = _joints(entry, confidence)
            tracks.setdefault(int(entry.number("id")), {})[frame] = joints
    return tracks


def _joints(body: Entry, confidence: float) -> Float[np.ndarray, "joint 3"]:
    rows = body.vector("joints19", [4 * len(COCO19)]).reshape(-1, 4)
    x, y, z = _METRES * rows[:, :3].T
    points = np.stack([x, z, -y], -1)
    points[rows[:, 3] <= confidence] = np.nan
    return points


def _parted_at_jumps(
    joints: Float[np.ndarray, "frame joint 3"],
) -> Float[np.ndarray, "frame joint 3"]:
    """Joints with a gap where nobody could have moved that far."""
    root = joints[:, COCO19.index("mid_hip")]
    far = np.linalg.norm(np.diff(root, axis=0), axis=-1) > _JUMP
    joints[1:][far] = np.nan
    return joints
