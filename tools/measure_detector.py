"""Measure what the shipped detector does on rendered people in motion.

Renders short videos of synthetic people, runs the detector with its tracker on them as
``pose3d lift`` does, and writes its errors, confidences and the direction in which each
person faced: the bank that training of lifters replays (``lifting.noise``)::

    .venv/bin/python tools/measure_detector.py \
        packages/pose3d/src/human_capture/pose3d/lifting/detector_errors.npz

Only actions and identities of the training split are seen. A stretch that is finished
is kept beside the output, so the command may be stopped and started again.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8

from human_capture.common.cameras import Cameras
from human_capture.common.detectors.body import BodyDetector
from human_capture.common.files import atomic_path
from human_capture.common.keypoints import BLAZEPOSE33
from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.body_keypoints import body_keypoints
from human_capture.common.people.anatomy.phenotype import Phenotype, sample_face
from human_capture.common.people.anatomy.skeleton import Skeleton
from human_capture.common.people.drawing.film import Film
from human_capture.common.people.looks.appearance import Appearance
from human_capture.common.people.movement.actions.table import procedural_motion
from human_capture.common.people.movement.retargeting import retarget
from human_capture.common.people.places.lighting import Light
from human_capture.common.people.places.occluders import sample_clutter
from human_capture.common.people.places.rooms import Room
from human_capture.common.people.scene import Scene
from human_capture.common.progress import progress
from human_capture.common.rigs import from_field_of_view, look_at
from human_capture.pose3d.datasets.synthetic import ACTION_SPLITS
from human_capture.pose3d.lifting.noise import apparent_size, facing
from human_capture.pose3d.recordings.detection import BlazePose

FRAMES, SIZE, FPS = 48, 512, 30.0
IDENTITIES = 700_000
"""First identity; apart from those of every split."""


def main() -> None:
    """Measure and write the bank."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--stretches", type=int, default=160)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    folder = given.output.with_suffix(".parts")
    folder.mkdir(exist_ok=True)
    missing = [n for n in range(given.stretches) if not _part(folder, n).exists()]
    pool = ProcessPoolExecutor(given.workers, get_context("spawn"), _one_thread)
    with pool:
        done = pool.map(partial(measure, folder=folder), missing)
        list(progress(done, "Measuring the detector", len(missing)))
    parts = [np.load(_part(folder, n)) for n in range(given.stretches)]
    with atomic_path(given.output) as temporary:
        np.savez_compressed(
            temporary,
            errors=np.stack([p["errors"] for p in parts]).astype(np.float16),
            confidence=np.stack([p["confidence"] for p in parts]).astype(np.float16),
            facing=np.array([p["facing"] for p in parts], np.float32),
        )
    for number in range(given.stretches):
        _part(folder, number).unlink()
    folder.rmdir()


def _part(folder: Path, number: int) -> Path:
    return folder / f"{number:05d}.npz"


def _one_thread() -> None:
    torch.set_num_threads(1)


def measure(number: int, folder: Path) -> None:
    """Errors of the detector on stretch ``number``, written to a file."""
    random = np.random.default_rng([IDENTITIES, number])
    vertices, joints, gender = _performance(number, random)
    cameras = _camera(joints, random)
    keypoints, _ = cameras.project(joints.flatten(0, 1)[None])
    truth = keypoints.reshape(*joints.shape[:2], 2)
    images = _pictures(vertices, gender, cameras, random)
    found, confidence = _matched(images, truth.numpy())
    inside = ((truth > 0) & (truth < SIZE)).all(-1)
    size = apparent_size(truth, inside).numpy()[:, None, None]
    seen = cameras.to_camera(joints.flatten(0, 1)[None])[0].reshape(joints.shape)
    errors = np.where(confidence[..., None] > 0, (found - truth.numpy()) / size, 0)
    with atomic_path(_part(folder, number)) as temporary:
        np.savez(
            temporary,
            errors=errors.clip(-8, 8),
            confidence=confidence,
            facing=facing(seen[FRAMES // 2], BLAZEPOSE33).numpy(),
        )


def _performance(
    number: int, random: np.random.Generator
) -> tuple[np.ndarray, Float[torch.Tensor, "frame joint 3"], float]:
    body, person = default_body(), IDENTITIES + number
    who = Phenotype.sample(person)
    face = sample_face(body.face_shape_names, person)
    coefficients = body.shape(who.tensor(), face)
    skeleton = Skeleton.of(body, coefficients)
    actions = ACTION_SPLITS["train"]
    action = actions[int(random.integers(len(actions)))]
    seed = int(random.integers(2**31))
    motion = procedural_motion(skeleton, action, seed, FRAMES, FPS)
    pose = retarget(motion, body, skeleton)
    with torch.no_grad():
        posed = body.pose(coefficients, pose.rotations, pose.root)
        joints = body_keypoints(body, posed, BLAZEPOSE33.name)
    return posed.vertices.numpy(), joints, who.gender


def _camera(joints: torch.Tensor, random: np.random.Generator) -> Cameras:
    middle = joints.mean((0, 1)).numpy()
    azimuth, distance = random.uniform(0, 2 * math.pi), random.uniform(2.2, 6)
    centre = middle + distance * np.array([math.cos(azimuth), math.sin(azimuth), 0])
    centre[2] = random.uniform(0.4, 2.4)
    target = middle + random.normal(0, 0.1, 3)
    transform = look_at(
        torch.tensor(centre[None]).float(),
        torch.tensor(target[None]).float(),
        roll=math.radians(random.normal(0, 3)),
    )
    reach = (joints - joints.mean((0, 1))).norm(dim=-1).max()
    wide = random.uniform(0.95, 1.7) * 2 * float(reach) / distance
    return from_field_of_view(transform, SIZE, SIZE, 1 / max(wide, 0.3))


def _pictures(
    vertices: np.ndarray,
    gender: float,
    cameras: Cameras,
    random: np.random.Generator,
) -> Iterator[UInt8[np.ndarray, "height width 3"]]:
    seed = int(random.integers(2**31))
    room = Room.sample(seed, reach=7.5)
    pictures = room.bank.texels.pictures
    look = Appearance.sample(seed, gender, pictures)
    place = tuple(vertices.mean((0, 1))[:2].tolist())
    things = sample_clutter(
        seed, int(random.integers(0, 4)), pictures=pictures, centre=place
    )
    light = Light.sample(seed, room.outdoors)
    film = Film.sample(seed)
    for frame in vertices:
        scene = Scene([(frame, look)], room, light, things, film, seed)
        yield scene.render(
            cameras.intrinsics.numpy(), cameras.world_to_camera.numpy(), SIZE, SIZE
        ).image[0]


def _matched(
    images: Iterator[np.ndarray], truth: Float[np.ndarray, "frame joint 2"]
) -> tuple[np.ndarray, np.ndarray]:
    """Key points of the person that lies nearest to the truth; none if all are far."""
    detector = BlazePose(BodyDetector(threads=1))
    found, confidence = np.zeros(truth.shape), np.zeros(truth.shape[:2])
    reach = 0.35 * np.ptp(truth, axis=1).max(-1)
    for frame, people in enumerate(detector.people(images)):
        apart = [
            np.median(np.linalg.norm(points - truth[frame], axis=-1))
            for points, _ in people
        ]
        if apart and min(apart) < reach[frame]:
            found[frame], confidence[frame] = people[int(np.argmin(apart))]
    return found, confidence


if __name__ == "__main__":
    main()
