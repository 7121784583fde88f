"""Cameras with lens distortion against OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from measuring import Machine, Row, compared

from human_capture.common.cameras import Cameras
from human_capture.common.rigs import ring

POINTS, VIEWS = 10_000, 4
LENS = (-0.2071, 0.2478, -0.0009, -0.0014, -0.0031)  # a camera of Human3.6M


def rows(machine: Machine) -> list[Row]:
    """Projection and its inverse, in float64 as OpenCV computes."""
    generator = torch.Generator().manual_seed(0)
    straight = ring(VIEWS).to(torch.float64)
    lens = torch.tensor(LENS, dtype=torch.float64).expand(VIEWS, 5)
    cameras = Cameras(straight.intrinsics, straight.world_to_camera, lens)
    points = 0.4 * torch.randn(POINTS, 3, generator=generator, dtype=torch.float64)
    points = points + torch.tensor([0.0, 0.0, 1.0])
    pixels, _ = cameras.project(points)
    shifted = pixels - 0.5  # OpenCV counts from the centre of the first pixel
    matrices = cameras.intrinsics.numpy().copy()
    matrices[:, :2, 2] -= 0.5
    rotations = [cv2.Rodrigues(r)[0] for r in cameras.rotation.numpy()]
    coefficients, world = np.array(LENS), points.numpy()

    def project() -> list[np.ndarray]:
        return [
            cv2.projectPoints(world, rotation, translation, matrix, coefficients)[0]
            for rotation, translation, matrix in zip(
                rotations, cameras.translation.numpy(), matrices, strict=True
            )
        ]

    def undistort() -> list[np.ndarray]:
        criteria = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 40, 1e-10)
        return [
            cv2.undistortPoints(
                seen.numpy(), matrix, coefficients, None, None, matrix, criteria
            )
            for seen, matrix in zip(shifted, matrices, strict=True)
        ]

    result = []
    ideal, _ = cameras.ideal().project(points)
    for name, ours, other, truth in (
        ("project", lambda: cameras.project(points)[0], project, pixels),
        ("undistort", lambda: cameras.undistort(pixels), undistort, ideal),
    ):
        fast, slow = compared(ours, other, 15)
        errors = [
            np.abs(
                np.asarray(found).reshape(VIEWS, POINTS, 2) + half - truth.numpy()
            ).max()
            for found, half in ((ours(), 0.0), (other(), 0.5))
        ]
        bytes_, flops = 8.0 * VIEWS * POINTS * 5, VIEWS * POINTS * 60.0
        result.append(
            Row(
                f"{name} {POINTS:,} points × {VIEWS} cameras, lens of 5 coefficients",
                fast,
                slow,
                f"OpenCV {cv2.__version__}",
                note=f"largest error {errors[0]:.0e} px against {errors[1]:.0e} px",
                limit=machine.limit(fast, bytes_, flops),
            )
        )
    return result
