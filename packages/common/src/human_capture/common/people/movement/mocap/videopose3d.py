"""Human3.6M as VideoPose3D packs it: ``data_3d_h36m.npz``.

``positions_3d`` is a pickled dict: subject, action, then positions (frame, joint, 3) in
metres, z up, 50 Hz. The joints are the 32 of Human3.6M or the 17 that VideoPose3D keeps
of them. Their head is the joint at the base of the skull, which others call nose.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from jaxtyping import Float

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap.named_motion import named_motion
from human_capture.common.people.movement.mocap.plain_pickle import (
    PlainArray,
    load_plain,
)
from human_capture.common.people.movement.motion import Motion

HUMAN36M_FPS = 50.0

_JOINTS_32 = {
    **{"right_hip": 1, "right_knee": 2, "right_ankle": 3, "right_toe": 4},
    **{"left_hip": 6, "left_knee": 7, "left_ankle": 8, "left_toe": 9},
    **{"spine": 12, "neck": 13, "head": 14},
    **{"left_shoulder": 17, "left_elbow": 18, "left_wrist": 19},
    **{"right_shoulder": 25, "right_elbow": 26, "right_wrist": 27},
}
_JOINTS_17 = {
    **{"right_hip": 1, "right_knee": 2, "right_ankle": 3},
    **{"left_hip": 4, "left_knee": 5, "left_ankle": 6},
    **{"spine": 7, "neck": 8, "head": 9},
    **{"left_shoulder": 11, "left_elbow": 12, "left_wrist": 13},
    **{"right_shoulder": 14, "right_elbow": 15, "right_wrist": 16},
}
_JOINTS = {32: _JOINTS_32, 17: _JOINTS_17}


def read_videopose3d(path: str | Path, fps: float = HUMAN36M_FPS) -> list[Motion]:
    """All motions in the file, subject by subject, action by action.

    Args:
        path: The npz file.
        fps: Frames a second, which the file does not say.

    Raises:
        InputError: The file is cut off or wrong, or its pickle is more than data.
    """
    subjects = _positions(Path(path))
    motions = []
    for subject, actions in subjects.items():
        for action, array in actions.items():
            source = f"{path}: {subject} {action}"
            motions.append(_motion(array, fps, source))
    if not motions:
        raise InputError(f"{path}: holds no motion.")
    return motions


def _motion(array: object, fps: float, source: str) -> Motion:
    content = array.content if isinstance(array, PlainArray) else None
    if not isinstance(content, np.ndarray) or not _is_motion(content):
        raise InputError(
            f"{source}: must be positions of shape (frame, 32 or 17 joints, 3), not "
            f"{getattr(content, 'shape', type(array).__name__)}."
        )
    return named_motion(_named(content.astype(np.float64)), fps, source)


def _is_motion(content: np.ndarray) -> bool:
    fits = content.ndim == 3 and content.shape[1] in _JOINTS and content.shape[2] == 3
    return fits and len(content) > 0 and content.dtype.kind in "iuf"


def _named(
    points: Float[np.ndarray, "frame joint 3"],
) -> dict[str, Float[np.ndarray, "frame 3"]]:
    return {name: points[:, n] for name, n in _JOINTS[points.shape[1]].items()}


def _positions(path: Path) -> dict[object, dict[object, object]]:
    """The dict of dicts, whose arrays are still stand-ins."""
    try:
        with zipfile.ZipFile(path) as archive:
            with archive.open("positions_3d.npy") as file:
                version = np.lib.format.read_magic(file)
                read_header = np.lib.format.read_array_header_1_0
                if version != (1, 0):
                    read_header = np.lib.format.read_array_header_2_0
                shape, _, kind = read_header(file)
                if shape != () or kind != np.dtype(object):
                    raise ValueError("not a pickled dict")
                plain = load_plain(file.read(), str(path))
    except InputError:
        raise
    except KeyError as error:
        raise InputError(f"{path}: has no positions_3d.") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path}: is not a whole npz file with pickled positions_3d."
        ) from error
    content = plain.content if isinstance(plain, PlainArray) else None
    subjects = content[0] if isinstance(content, list) and content else None
    if not isinstance(subjects, dict) or not all(
        isinstance(actions, dict) for actions in subjects.values()
    ):
        raise InputError(f"{path}: positions_3d must be a dict of dicts of arrays.")
    return subjects
