"""Distances between a true and a predicted surface: as H3DS counts, and strictly.

:func:`h3ds_distances` repeats ``evaluate_scene`` of the ``h3ds`` package (0.4.0, Ramon
et al., ICCV 2021), so its numbers stand beside the published ones. They are blind in
three ways:

- **scale**: the alignment fits a scale, so a head 1.3 times too large scores zero;
- **mirroring**: it may mirror, so a face and its mirror image score nearly the same;
- **vertex density**: distances go from vertex to vertex, so the same surface scores
  better with more vertices, and surfaces between distant vertices are not looked at.

:func:`strict_distances` sees all three: it moves rigidly or not at all, and measures
from points to the triangles.

Meshes are in metres, results in millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import KDTree

from human_capture.common.errors import InputError
from human_capture.common.meshes import Mesh
from human_capture.common.metrics.closest_points import FaceTree
from human_capture.common.metrics.surface_alignment import (
    h3ds_icp,
    moved,
    rigid_motion_onto,
    similarity,
)

Part = Int[np.ndarray, " _part"] | Bool[np.ndarray, " true_vertex"]
"""Some vertices of the truth: their numbers, or which of all."""


@dataclass(frozen=True)
class H3DSDistances:
    """What ``evaluate_scene`` returns.

    Attributes:
        true_to_predicted_mm: From each vertex of the truth, or of its region, to the
            nearest predicted vertex.
        predicted_to_true_mm: From each predicted vertex to the nearest of those.
        alignment: Similarity that the prediction was moved by, in metres; it may
            mirror.
    """

    true_to_predicted_mm: Float[np.ndarray, " true_point"]
    predicted_to_true_mm: Float[np.ndarray, " predicted_vertex"]
    alignment: Float[np.ndarray, "4 4"]

    @property
    def mean_mm(self) -> float:
        """The published number, from the truth to the prediction."""
        return float(self.true_to_predicted_mm.mean())


def h3ds_distances(
    true_vertices: Float[np.ndarray, "true_vertex 3"],
    predicted_vertices: Float[np.ndarray, "predicted_vertex 3"],
    region: Part | None = None,
    face: Part | None = None,
    true_landmarks: Float[np.ndarray, "landmark 3"] | None = None,
    predicted_landmarks: Float[np.ndarray, "landmark 3"] | None = None,
) -> H3DSDistances:
    """Distances as H3DS counts them, blind to scale, mirroring and vertex density.

    The landmarks, if given, are brought together without mirroring, the scale being
    the ratio of their spreads. Then up to 20 steps of ICP move the true vertices of
    the region onto the nearest predicted vertices, by similarities that may mirror,
    until the mean squared distance falls by less than 1e-5 mm² a step; the prediction
    moves the other way.

    Args:
        true_vertices: In metres.
        predicted_vertices: In metres, near the truth unless there are landmarks.
        region: Vertices of the truth that count: H3DS's "face_sphere" for the column
            "face", none for "head".
        face: Vertices of the truth that the alignment rests on when there is no
            region: H3DS's "face". All if absent, which H3DS never does.
        true_landmarks: Three or more points, in metres.
        predicted_landmarks: The same points of the prediction, in metres.

    Raises:
        InputError: There are no vertices, or not all are finite.
    """
    _require_points(true_vertices, "The true mesh")
    _require_points(predicted_vertices, "The predicted mesh")
    if (true_landmarks is None) != (predicted_landmarks is None):
        raise ValueError("Landmarks of both or of neither.")
    truth, predicted = 1000.0 * true_vertices, 1000.0 * predicted_vertices
    alignment = np.eye(4)
    if true_landmarks is not None and predicted_landmarks is not None:
        alignment = similarity(
            1000.0 * predicted_landmarks, 1000.0 * true_landmarks, mirror=False
        )
        predicted = moved(predicted, alignment)
    basis = region if region is not None else face
    source = truth if basis is None else truth[basis]
    _require_points(source, "The region of the truth")
    alignment = np.linalg.inv(h3ds_icp(source, predicted)) @ alignment
    predicted = moved(1000.0 * predicted_vertices, alignment)
    counted = truth if region is None else truth[region]
    alignment[:3, 3] /= 1000.0
    return H3DSDistances(
        KDTree(predicted).query(counted)[0],
        KDTree(counted).query(predicted)[0],
        alignment,
    )


@dataclass(frozen=True)
class StrictDistances:
    """Distances between surfaces.

    Attributes:
        true_to_predicted_mm: From each vertex of the truth, or of its part, to the
            predicted surface.
        predicted_to_true_mm: From points spread evenly over the predicted surface to
            the true one; if a part of the truth is looked at, only from points whose
            closest one lies in it.
        alignment: Rigid motion that the prediction was moved by, in metres.
        within_mm: Distance that counts as right.
    """

    true_to_predicted_mm: Float[np.ndarray, " true_point"]
    predicted_to_true_mm: Float[np.ndarray, " predicted_point"]
    alignment: Float[np.ndarray, "4 4"]
    within_mm: float

    @property
    def completeness_mm(self) -> float:
        """Mean distance from the truth to the prediction."""
        return _mean(self.true_to_predicted_mm)

    @property
    def completeness_median_mm(self) -> float:
        """Median distance from the truth to the prediction."""
        return float(np.median(self.true_to_predicted_mm))

    @property
    def accuracy_mm(self) -> float:
        """Mean distance from the prediction to the truth, NaN if nothing is near."""
        return _mean(self.predicted_to_true_mm)

    @property
    def accuracy_median_mm(self) -> float:
        """Median distance from the prediction to the truth, NaN if nothing is near."""
        far = self.predicted_to_true_mm
        return float(np.median(far)) if len(far) else float("nan")

    @property
    def chamfer_mm(self) -> float:
        """Mean of completeness and accuracy."""
        return (self.completeness_mm + self.accuracy_mm) / 2

    @property
    def recall(self) -> float:
        """Share of the truth within ``within_mm`` of the prediction."""
        return _mean(self.true_to_predicted_mm <= self.within_mm)

    @property
    def precision(self) -> float:
        """Share of the prediction within ``within_mm`` of the truth."""
        return _mean(self.predicted_to_true_mm <= self.within_mm)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


def strict_distances(
    truth: Mesh,
    predicted: Mesh,
    part: Part | None = None,
    align: bool = True,
    aligned_by: Part | None = None,
    within_mm: float = 1.0,
    samples: int = 50_000,
) -> StrictDistances:
    """Distances from points to surfaces, the prediction moved rigidly or not at all.

    Args:
        truth: In metres.
        predicted: In metres, near the truth.
        part: Vertices of the truth that count; all if absent.
        align: Whether the prediction is first moved to where it fits best; otherwise
            it is measured where it stands.
        aligned_by: Vertices of the truth that the motion rests on; ``part`` if absent.
        within_mm: Distance that counts as right.
        samples: Points spread over the predicted surface.

    Raises:
        InputError: A mesh or part is empty, or not all vertices are finite.
    """
    for mesh, name in ((truth, "The true mesh"), (predicted, "The predicted mesh")):
        _require_points(mesh.vertices, name)
        if not len(mesh.faces):
            raise InputError(f"{name} holds no triangles, so it has no surface.")
    counted = truth.vertices if part is None else truth.vertices[part]
    _require_points(counted, "The part of the truth")
    alignment = np.eye(4)
    if align:
        basis = counted if aligned_by is None else truth.vertices[aligned_by]
        _require_points(basis, "The part that the alignment rests on")
        alignment = np.linalg.inv(rigid_motion_onto(basis, predicted))
    placed = predicted.transform(alignment)
    closest = FaceTree.of(truth)(_spread(placed, samples))
    of_part = np.ones(len(truth.faces), bool)
    if part is not None:
        chosen = np.zeros(len(truth.vertices), bool)
        chosen[part] = True
        of_part = chosen[truth.faces].all(1)
    return StrictDistances(
        1000 * FaceTree.of(placed)(counted).distances,
        1000 * closest.distances[of_part[closest.faces]],
        alignment,
        within_mm,
    )


def _spread(mesh: Mesh, samples: int) -> Float[np.ndarray, "sample 3"]:
    """Points at equal steps of area, so that the size of triangles does not matter."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1).cumsum()
    random = np.random.default_rng(0)
    steps = (np.arange(samples) + random.random(samples)) / samples
    face = np.searchsorted(area, steps * area[-1], side="right")
    face = face.clip(max=len(area) - 1)
    u, v = random.random((2, samples, 1))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    return np.asarray(a[face] + u * (b - a)[face] + v * (c - a)[face])


def _require_points(points: Float[np.ndarray, "point 3"], name: str) -> None:
    if not len(points):
        raise InputError(f"{name} holds no vertices.")
    if not np.isfinite(points).all():
        raise InputError(f"{name} holds vertices that are NaN or infinite.")
