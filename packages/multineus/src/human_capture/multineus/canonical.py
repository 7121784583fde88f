"""The frame that all heads share, and where a photo was taken from in it.

The frame is the unit sphere about the head of the average synthetic person; faces look
along -y and z is up. In metres it has its origin in the middle of that sphere.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.multineus.datasets.synthetic import RADIUS_M, average_landmarks

RIGID = (
    10, 151, 9, 168, 6, 197, 195, 5, 4, 1, 2, 98, 327, 33, 133, 362, 263, 127, 356,
    234, 454, 93, 323, 21, 251, 152,
)  # fmt: skip
"""Landmarks that faces hardly move: forehead, bridge and base of the nose, corners of
the eyes, temples, in front of the ears; and the chin, for the length of the face."""

BROWS, CHIN = (105, 334), 152
DISTANCE_IN_FACES = 14.0
"""Distance of the camera in lengths from brows to chin, where the focal length is not
known: some 1.7 metres (Multi-NeuS, code)."""


def sphere_in_metres() -> Float[Tensor, "4 4"]:
    """Similarity from the unit sphere to metres."""
    return torch.diag(torch.tensor([RADIUS_M, RADIUS_M, RADIUS_M, 1.0]))


@lru_cache(maxsize=1)
def canonical_landmarks() -> Float[Tensor, "478 3"]:
    """Face landmarks of the average person, in metres."""
    return RADIUS_M * average_landmarks()


def likely_focal(landmarks: Float[np.ndarray, "landmark 2"]) -> float:
    """Focal length in pixels if the camera was at the usual distance of portraits.

    Args:
        landmarks: Of the face, in pixels.
    """
    brows = landmarks[list(BROWS)].mean(0)
    return DISTANCE_IN_FACES * float(np.linalg.norm(landmarks[CHIN] - brows))


def find_camera(
    landmarks: Float[np.ndarray, "landmark 2"],
    width: int,
    height: int,
    focal: float | None = None,
) -> Cameras:
    """The camera of a photo, from the landmarks of a face.

    The principal point is taken to be in the middle of the photo.

    Args:
        landmarks: Of the face, in pixels.
        width: Of the photo.
        height: Of the photo.
        focal: Focal length in pixels; a likely one if absent.

    Raises:
        InputError: No camera sees the landmarks there.
    """
    focal = likely_focal(landmarks) if focal is None else focal
    intrinsics = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1.0]])
    points = canonical_landmarks()[list(RIGID)].double().numpy()
    pixels = landmarks[list(RIGID)].astype(float)
    try:
        _, turn, shift = cv2.solvePnP(
            points, pixels, intrinsics, None, flags=cv2.SOLVEPNP_SQPNP
        )
        turn, shift = cv2.solvePnPRefineLM(
            points, pixels, intrinsics, None, turn, shift
        )
    except cv2.error:
        shift = np.full((3, 1), np.nan)
    if not (np.isfinite(shift).all() and shift[2, 0] > RADIUS_M):
        raise InputError(
            "No camera fits the landmarks of the face; give a photo that shows it more "
            "from the front."
        )
    world_to_camera = np.eye(4)
    world_to_camera[:3, :3] = cv2.Rodrigues(turn)[0]
    world_to_camera[:3, 3] = shift[:, 0]
    return Cameras(
        torch.from_numpy(intrinsics).float(), torch.from_numpy(world_to_camera).float()
    )
