"""Robust triangulation of one frame."""

from __future__ import annotations

import random
from functools import partial

import numpy as np
import torch
from measuring import Machine, Row, compared, per_run, repeated
from scipy.optimize import least_squares
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.rigs import ring
from human_capture.pose3d import triangulate_robustly

JOINTS = 17


def _dlt(projections: np.ndarray, points: np.ndarray) -> np.ndarray:
    rows = np.zeros((2 * len(points), 4))
    for view, projection in enumerate(projections):
        rows[2 * view] = points[view][0] * projection[2] - projection[0]
        rows[2 * view + 1] = points[view][1] * projection[2] - projection[1]
    solution = np.linalg.svd(rows)[2][3]
    return solution[:3] / solution[3]


def _half_distances(
    point: np.ndarray, projections: np.ndarray, points: np.ndarray
) -> np.ndarray:
    image = projections @ np.append(point, 1)
    return 0.5 * np.linalg.norm(image[:, :2] / image[:, 2:] - points, axis=1)


def _literal_joint(projections: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Ten random pairs, the largest set of inliers, Huber least squares."""
    best: list[int] = []
    for _ in range(10):
        pair = sorted(random.sample(range(len(points)), 2))
        guess = _dlt(projections[pair], points[pair])
        distances = _half_distances(guess, projections, points)
        inliers = sorted({*pair, *np.flatnonzero(distances < 15).tolist()})
        if len(inliers) > len(best):
            best = inliers
    start = _dlt(projections[best], points[best])
    return least_squares(
        _half_distances,
        start,
        loss="huber",
        method="trf",
        args=(projections[best], points[best]),
    ).x


def _literal(projections: np.ndarray, points: np.ndarray) -> np.ndarray:
    random.seed(0)
    joints = range(points.shape[1])
    return np.stack([_literal_joint(projections, points[:, j]) for j in joints])


def _ours(pixels: Tensor, cameras: Cameras) -> Tensor:
    return triangulate_robustly(pixels, cameras, threshold=30.0).result.points


def rows(machine: Machine) -> list[Row]:
    """Four and eight views, one of four wrong in every joint."""
    result = []
    for views, wrong in ((4, 1), (8, 3)):
        generator = torch.Generator().manual_seed(0)
        cameras = ring(views, width=384)
        joints = 0.4 * torch.randn(1, JOINTS, 3, generator=generator)
        joints = joints + torch.tensor([0.0, 0.0, 1.0])
        pixels, _ = cameras.project(joints[:, None])
        pixels = pixels + torch.randn(pixels.shape, generator=generator)
        for joint in range(JOINTS):
            bad = torch.randperm(views, generator=generator)[:wrong]
            pixels[0, bad, joint] += 60.0
        projections, points = cameras.projection.numpy(), pixels[0].numpy()

        literal = partial(_literal, projections, points)
        ours = partial(_ours, pixels, cameras)
        times = 10
        fast, slow = compared(repeated(ours, times), literal, 9)
        fast = per_run(fast, times)
        errors = [
            1000 * np.median(np.linalg.norm(found - joints[0].numpy(), axis=1))
            for found in (ours()[0].numpy(), literal())
        ]
        pairs = views * (views - 1) / 2
        result.append(
            Row(
                f"robust triangulation of a frame, {views} views, {wrong} wrong",
                fast,
                slow,
                "10 random pairs a joint in a loop, then Huber",
                20,
                f"median error {errors[0]:.1f} mm against {errors[1]:.1f} mm",
                machine.limit(
                    fast,
                    8.0 * JOINTS * views * pairs * 6,
                    JOINTS * (pairs * (150 + 25 * views) + 6 * 40 * views),
                )
                + ": bound by the number of calls",
            )
        )
    return result
