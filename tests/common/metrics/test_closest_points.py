import time

import numpy as np
import pytest
import trimesh

from human_capture.common.meshes import Mesh
from human_capture.common.metrics.closest_points import FaceTree


def soup(count, seed=0, size=0.2):
    """Triangles of all sizes anywhere."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(count, 1, 3))
    sizes = size * random.exponential(size=(count, 1, 1))
    corners = middles + sizes * random.normal(size=(count, 3, 3))
    return Mesh(corners.reshape(-1, 3), np.arange(3 * count).reshape(-1, 3))


def nearest_on(a, b, c, point):
    """By minimising over the three edges and the inside, one triangle at a time."""
    found = []
    for one, two in ((a, b), (b, c), (c, a)):
        along = two - one
        share = (point - one) @ along / max(along @ along, 1e-300)
        found.append(one + np.clip(share, 0, 1) * along)
    weights = np.linalg.lstsq(np.column_stack((b - a, c - a)), point - a, rcond=None)[0]
    if weights.min() >= 0 and weights.sum() <= 1:
        found.append(a + weights @ np.stack((b - a, c - a)))
    return min(found, key=lambda place: np.linalg.norm(place - point))


@pytest.mark.parametrize("count", [1, 2, 7, 8, 61, 200])
def test_closest_points_are_those_of_all_triangles(count):
    mesh = soup(count)
    points = 1.5 * np.random.default_rng(1).normal(size=(50, 3))
    closest = FaceTree.of(mesh)(points)
    for index, point in enumerate(points):
        places = [nearest_on(*mesh.vertices[face], point) for face in mesh.faces]
        distances = np.linalg.norm(np.array(places) - point, axis=1)
        assert closest.distances[index] == pytest.approx(distances.min(), abs=1e-12)
        own = places[closest.faces[index]]
        np.testing.assert_allclose(closest.points[index], own, rtol=0, atol=1e-9)


def test_points_of_triangles_have_no_distance():
    mesh = soup(3000, size=0.05)
    random = np.random.default_rng(2)
    weights = random.dirichlet((1, 1, 1), len(mesh.faces))
    points = np.einsum("fk,fkx->fx", weights, mesh.vertices[mesh.faces])
    assert FaceTree.of(mesh)(points).distances.max() < 1e-14
    assert FaceTree.of(mesh)(mesh.vertices).distances.max() < 1e-14


@pytest.mark.parametrize("third", [0.5, 1.0, 3.0, 0.0])
def test_triangles_without_area_are_their_edges(third):
    direction = np.array([0.3, 0.7, -0.2])
    corners = np.outer([0.0, 1.0, third], direction) + 1 / 3
    closest = FaceTree.of(Mesh(corners, np.array([[0, 1, 2]])))
    longest = max(1.0, third)
    points = np.outer([-1.0, 0.4, longest + 1], direction) + 1 / 3
    expected = np.outer([0.0, 0.4, longest], direction) + 1 / 3
    np.testing.assert_allclose(closest(points).points, expected, atol=1e-12)


def test_fifty_thousand_points_and_many_triangles_take_seconds():
    sphere = trimesh.creation.icosphere(7, 0.1)
    mesh = Mesh(np.asarray(sphere.vertices), np.asarray(sphere.faces))
    assert len(mesh.faces) > 200_000
    points = np.random.default_rng(0).normal(size=(50_000, 3))
    points *= 0.103 / np.linalg.norm(points, axis=1, keepdims=True)
    start = time.process_time()
    distances = FaceTree.of(mesh)(points).distances
    assert time.process_time() - start < 30
    np.testing.assert_allclose(distances, 0.003, atol=1e-5)
