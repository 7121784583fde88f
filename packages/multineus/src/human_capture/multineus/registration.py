"""Where the frame that all heads share lies in a scene of known cameras."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation
from torch import Tensor

from human_capture.common.detectors.face_finder import FaceFinder
from human_capture.common.errors import InputError
from human_capture.common.rigid import move
from human_capture.multineus.canonical import (
    RIGID,
    canonical_landmarks,
    sphere_in_metres,
)
from human_capture.multineus.datasets.neus_scenes import read_scene
from human_capture.multineus.portraits import Portraits

TOLERANCE = 0.02
"""Of landmarks, in heights of the face; those further off pull less."""


def read_registered_scene(
    folder: str | Path,
    views: Sequence[int] | None,
    height: int,
    metres: float = 1.0,
    finder: FaceFinder | None = None,
) -> Portraits:
    """Some views of a scene, in the frame that all heads share.

    Args:
        folder: Of the scene, see :func:`read_scene`.
        views: Numbers of the wanted views; all if absent.
        height: Of the pictures, in pixels.
        metres: Length of the unit of the cameras' file.
        finder: Of faces.

    Raises:
        InputError: The folder is no scene, or none of the views shows a face.
    """
    portraits = read_scene(folder, views, height, metres)
    finder = finder or FaceFinder()
    landmarks = []
    for image in portraits.images:
        faces = finder(np.ascontiguousarray(image.permute(1, 2, 0).numpy()))
        landmarks.append(faces[0].landmarks if faces else None)
    if all(found is None for found in landmarks):
        raise InputError(
            f"None of the views of {str(folder)!r} shows a face, so it is not known "
            "where the head is; add one that does."
        )
    return register(portraits, landmarks)


def register(
    portraits: Portraits,
    landmarks: Sequence[Float[np.ndarray, "landmark 2"] | None],
) -> Portraits:
    """The same pictures with the unit sphere put about the head.

    The similarity brings the average face's rigid landmarks to where the views show
    them. One view alone cannot tell the size of a head; then the distance of the
    scene's own sphere does.

    Args:
        portraits: Pictures with known cameras.
        landmarks: Of the face in each view, in pixels; None where none was found.
    """
    known = [view for view, found in enumerate(landmarks) if found is not None]
    cameras = portraits.cameras[known]
    seen = torch.from_numpy(
        np.stack([np.asarray(landmarks[view])[list(RIGID)] for view in known])
    ).double()
    heights = seen[..., 1].amax(-1) - seen[..., 1].amin(-1)
    points = canonical_landmarks()[list(RIGID)].double()
    cameras = replace(
        cameras,
        intrinsics=cameras.intrinsics.double(),
        world_to_camera=cameras.world_to_camera.double(),
    )

    def apart(parameters: np.ndarray) -> np.ndarray:
        placed = move(points, _similarity(parameters))
        pixels, _ = cameras.project(placed)
        off = (pixels - seen) / heights[:, None, None]
        return np.asarray(off.flatten())

    starts = [
        _from_one_view(portraits, view, np.asarray(landmarks[view])) for view in known
    ]
    best = min(starts, key=lambda start: float(np.abs(apart(start)).mean()))
    found = least_squares(apart, best, loss="soft_l1", f_scale=TOLERANCE)
    far = float(np.median(np.abs(apart(found.x))))
    if far > 5 * TOLERANCE:
        warnings.warn(
            f"The views do not agree on where the face is (off by {100 * far:.0f} % of "
            "its height); check the cameras.",
            stacklevel=2,
        )
    sphere = _similarity(found.x).float() @ sphere_in_metres()
    return replace(portraits, sphere=sphere)


def _from_one_view(
    portraits: Portraits, view: int, landmarks: Float[np.ndarray, "landmark 2"]
) -> Float[np.ndarray, "7"]:
    """What puts the face where one view shows it, as far away as the old sphere."""
    camera = portraits.cameras[view]
    points = canonical_landmarks()[list(RIGID)].double().numpy()
    _, turn, shift = cv2.solvePnP(
        points,
        landmarks[list(RIGID)].astype(float),
        camera.intrinsics.double().numpy(),
        None,
        flags=cv2.SOLVEPNP_SQPNP,
    )
    middle = camera.to_camera(portraits.sphere[None, :3, 3])[0]
    scale = float(middle.norm()) / float(np.linalg.norm(shift))
    to_world = torch.linalg.inv(camera.world_to_camera.double()).numpy()
    rotation = to_world[:3, :3] @ cv2.Rodrigues(turn)[0]
    place = to_world[:3, :3] @ (scale * shift[:, 0]) + to_world[:3, 3]
    twist = Rotation.from_matrix(rotation).as_rotvec()
    return np.concatenate(([np.log(scale)], twist, place))


def _similarity(parameters: Float[np.ndarray, "7"]) -> Float[Tensor, "4 4"]:
    """Of the logarithm of a scale, a rotation vector and a shift."""
    matrix = torch.eye(4, dtype=torch.float64)
    rotation = Rotation.from_rotvec(parameters[1:4]).as_matrix()
    matrix[:3, :3] = torch.from_numpy(np.exp(parameters[0]) * rotation)
    matrix[:3, 3] = torch.from_numpy(parameters[4:])
    return matrix
