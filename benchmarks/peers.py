"""Other packages at work; runs in their own environment and knows nothing of ours.

Reads names from the standard input, does the work once for each and answers with one
line of JSON. The points go to a file beside the scene.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

FOLDER = Path(sys.argv[1])
SCENE = np.load(FOLDER / "scene.npz", allow_pickle=False)
PIXELS = SCENE["pixels"]


def prepare_aniposelib() -> Callable[[], np.ndarray]:
    """Its camera group, pinholes without distortion; jax compiles at the first call."""
    import cv2
    from aniposelib.cameras import Camera, CameraGroup

    cameras = [
        Camera(
            matrix=matrix,
            dist=np.zeros(5),
            rvec=cv2.Rodrigues(transform[:3, :3])[0].ravel(),
            tvec=transform[:3, 3],
            name=str(index),
        )
        for index, (matrix, transform) in enumerate(
            zip(SCENE["intrinsics"], SCENE["world_to_camera"], strict=True)
        )
    ]
    group = CameraGroup(cameras)
    rays = [c.undistort_points(p) for c, p in zip(cameras, PIXELS, strict=True)]
    rays = np.stack(rays)  # their preparation is not counted
    return lambda: np.asarray(group.triangulate(rays, undistort=False))


def prepare_pose2sim() -> Callable[[], np.ndarray]:
    """Its function for one point, called for every point as it does itself."""
    from Pose2Sim.common import weighted_triangulation

    projections = SCENE["intrinsics"] @ SCENE["world_to_camera"][:, :3]
    likelihood = np.ones(len(PIXELS))

    def work() -> np.ndarray:
        points = [
            weighted_triangulation(projections, seen[:, 0], seen[:, 1], likelihood)[:3]
            for seen in PIXELS.transpose(1, 0, 2)
        ]
        return np.stack(points)

    return work


PREPARE = {"aniposelib 0.8.0": prepare_aniposelib, "Pose2Sim 0.10.49": prepare_pose2sim}


def main() -> None:
    """Answer until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # packages may print what they like
    ready: dict[str, Callable[[], np.ndarray]] = {}
    for line in sys.stdin:
        name = line.strip()
        try:
            if name not in ready:
                ready[name] = PREPARE[name]()
            cpu, wall = time.process_time(), time.perf_counter()
            points = ready[name]()
            timing = {
                "cpu": 1e3 * (time.process_time() - cpu),
                "wall": 1e3 * (time.perf_counter() - wall),
            }
            np.save(FOLDER / f"{name}.npy", points)
            print(json.dumps(timing), file=answers, flush=True)
        except Exception as error:  # whatever keeps a peer from running is the answer
            print(json.dumps({"error": str(error)[:100]}), file=answers, flush=True)


main()
