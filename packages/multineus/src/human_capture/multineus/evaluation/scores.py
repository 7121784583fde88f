"""The distance of a fitted head from the true one, and of its pictures from others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Generator

from human_capture.common.cameras import Cameras
from human_capture.common.meshes import Mesh
from human_capture.common.metrics.surfaces import h3ds_distances, strict_distances
from human_capture.common.schedules import Schedule
from human_capture.multineus.camera_corrections import CameraCorrections
from human_capture.multineus.datasets.synthetic import head_scene, true_mesh
from human_capture.multineus.fields.scene import SceneField
from human_capture.multineus.fitting import FitTask, Stage
from human_capture.multineus.objective import masked_psnr
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.ray_batches import RaySampler
from human_capture.multineus.renderer import Renderer
from human_capture.multineus.runs import run_stage

HIDDEN_M = 2e-3
"""Depth behind what a picture shows at which a vertex counts as hidden."""


@dataclass(frozen=True)
class Truth:
    """What can be seen of a synthetic head.

    Attributes:
        mesh: In metres.
        face: Which vertices are the face: within 95 mm of the tip of the nose.
    """

    mesh: Mesh
    face: Bool[np.ndarray, " vertex"]

    @classmethod
    def of(cls, person: int, portraits: Portraits) -> Truth:
        """The truth about a person.

        Args:
            person: Number of the synthetic person.
            portraits: Pictures with depths that together see all of the head.
        """
        mesh, face = true_mesh(*head_scene(person))
        seen = in_sight(mesh.vertices, portraits)
        faces = mesh.faces[seen[mesh.faces].all(1)]
        used, numbers = np.unique(faces, return_inverse=True)
        return cls(Mesh(mesh.vertices[used], numbers.reshape(-1, 3)), face[used])


def in_sight(
    points: Float[np.ndarray, "point 3"], portraits: Portraits
) -> Bool[np.ndarray, " point"]:
    """Whether points of a surface can be seen in any of some pictures.

    Args:
        points: In metres.
        portraits: The pictures, with depths.

    Raises:
        ValueError: The pictures come without depths.
    """
    if portraits.depths is None:
        raise ValueError("What is in sight is known from depths alone.")
    height, width = portraits.depths.shape[1:]
    seen = torch.zeros(len(points), dtype=torch.bool)
    placed = torch.from_numpy(points).float()
    for view, depths in enumerate(portraits.depths):
        pixel, depth = portraits.cameras[view].project(placed)
        x, y = pixel.floor().long().unbind(-1)
        within = (x >= 0) & (x < width) & (y >= 0) & (y < height) & (depth > 0)
        shown = depths[y.clamp(0, height - 1), x.clamp(0, width - 1)]
        seen |= within & (depth < shown.float() + HIDDEN_M)
    return seen.numpy()


@dataclass(frozen=True)
class Scores:
    """How good a head is.

    Attributes:
        face_mm: H3DS's number for the face.
        head_mm: H3DS's number for the head; a scale is fitted to the face for both.
        face_strict_mm: Mean of completeness and accuracy of the face, moved rigidly.
        head_strict_mm: The same of the head.
        psnr: Of views that the fit has not seen, in decibels, their cameras optimised.
    """

    face_mm: float
    head_mm: float
    face_strict_mm: float
    head_strict_mm: float
    psnr: float


def score(
    head: SceneField, mesh: Mesh, truth: Truth, others: Portraits, renderer: Renderer
) -> Scores:
    """Compare a head with the truth.

    Args:
        head: A field of one object.
        mesh: Its surface, in the world of the truth.
        truth: About the same person.
        others: Pictures that the head was not fitted to.
        renderer: How rays are sampled.
    """
    vertices, face = truth.mesh.vertices, truth.face
    return Scores(
        face_mm=h3ds_distances(vertices, mesh.vertices, face).mean_mm,
        head_mm=h3ds_distances(vertices, mesh.vertices, face=face).mean_mm,
        face_strict_mm=strict_distances(truth.mesh, mesh, face).chamfer_mm,
        head_strict_mm=strict_distances(truth.mesh, mesh, aligned_by=face).chamfer_mm,
        psnr=view_psnr(head, others, renderer),
    )


CAMERAS_FIRST = Stage("cameras", 40, 0.0, 1e-3, Schedule(0, last=0.1))


def view_psnr(
    head: SceneField, others: Portraits, renderer: Renderer, rays: int = 4096
) -> float:
    """Peak signal-to-noise ratio within the masks of pictures, cameras optimised first.

    Args:
        head: A field of one object.
        others: The pictures.
        renderer: How rays are sampled.
        rays: Pixels that are compared.
    """
    corrections = CameraCorrections(len(others))
    task = FitTask(
        head, others, CAMERAS_FIRST, corrections, renderer, RaySampler(rays=128)
    )
    with TemporaryDirectory() as folder:
        run_stage(task, Path(folder))
    cameras: Cameras = task.cameras()
    generator = Generator().manual_seed(0)
    sampler = RaySampler(rays=rays, views=len(others))
    squared = []
    with torch.no_grad():
        view, pixel = sampler.pixels(others, generator)
        for part in torch.split(torch.arange(rays), 1024):
            batch = sampler.batch(others, 0, view[part], pixel[part], cameras)
            rendered = renderer(head.of(batch.objects), batch.origins, batch.directions)
            squared.append(10 ** (-masked_psnr(rendered, batch) / 10))
    return float(-10 * torch.stack(squared).mean().log10())
