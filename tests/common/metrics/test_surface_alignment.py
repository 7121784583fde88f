import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from human_capture.common.errors import InputError
from human_capture.common.meshes import Mesh
from human_capture.common.metrics.closest_points import FaceTree
from human_capture.common.metrics.surface_alignment import (
    h3ds_icp,
    moved,
    rigid_motion_onto,
    similarity,
)

RANDOM = np.random.default_rng(0)


def egg():
    sphere = trimesh.creation.icosphere(4, 1.0)
    vertices = np.asarray(sphere.vertices) * [0.08, 0.1, 0.12]
    bump = np.exp(-np.square(vertices - [0.02, -0.09, 0.03]).sum(1) / 0.02**2)
    return Mesh(vertices * (1 + 0.3 * bump[:, None]), np.asarray(sphere.faces))


def rigid(degrees, shift):
    matrix = np.eye(4)
    axis = np.array([0.5, 0.7, -0.5])
    axis /= np.linalg.norm(axis)
    matrix[:3, :3] = Rotation.from_rotvec(np.radians(degrees) * axis).as_matrix()
    matrix[:3, 3] = shift
    return matrix


@pytest.mark.parametrize("mirror", [True, False])
def test_a_similarity_is_found_back(mirror):
    source = RANDOM.normal(size=(20, 3))
    matrix = rigid(50, [1, -2, 3])
    matrix[:3, :3] *= 1.7
    if mirror:
        matrix[:3, 0] *= -1
    found = similarity(source, moved(source, matrix), mirror)
    np.testing.assert_allclose(found, matrix, atol=1e-12)


def test_without_mirroring_the_matrix_turns():
    source = RANDOM.normal(size=(20, 3))
    found = similarity(source, source * [-1, 1, 1], mirror=False)
    assert np.linalg.det(found[:3, :3]) > 0


def test_the_scale_is_the_ratio_of_spreads_not_the_best():
    source, target = RANDOM.normal(size=(2, 30, 3))
    found = similarity(source, target, mirror=False)
    scale = np.cbrt(np.linalg.det(found[:3, :3]))
    assert scale == pytest.approx(np.sqrt(target.var(0).sum() / source.var(0).sum()))


@pytest.mark.parametrize("degrees, shift", [(3, 0.002), (12, 0.01), (0, 0.04), (0, 0)])
def test_a_rigid_motion_is_found_to_the_micrometre(degrees, shift):
    mesh = egg()
    matrix = rigid(degrees, [shift, -shift, 0.5 * shift])
    found = rigid_motion_onto(moved(mesh.vertices, np.linalg.inv(matrix)), mesh)
    np.testing.assert_allclose(found[:3, :3] @ found[:3, :3].T, np.eye(3), atol=1e-12)
    back = moved(mesh.vertices, found @ np.linalg.inv(matrix))
    assert np.abs(back - mesh.vertices).max() < 2e-6


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_square_never_grows_and_is_least_nearby(seed):
    random = np.random.default_rng(seed)
    mesh = egg()
    points = mesh.vertices * random.uniform(0.8, 1.2, 3) + random.normal(0, 0.01, 3)
    tree = FaceTree.of(mesh)

    def square(motion):
        return np.square(tree(moved(points, motion)).distances).mean()

    found = rigid_motion_onto(points, mesh)
    assert square(found) < square(np.eye(4))
    middle = np.eye(4)
    middle[:3, 3] = moved(points, found).mean(0)
    for degrees in (-0.5, 0.5):
        turned = middle @ rigid(degrees, np.zeros(3)) @ np.linalg.inv(middle)
        assert square(found) < square(turned @ found)
    for shift in 0.0005 * np.concatenate((np.eye(3), -np.eye(3))):
        assert square(found) < square(rigid(0, shift) @ found)


def test_what_collapses_to_one_vertex_is_one_sentence():
    mesh = egg()
    with pytest.raises(InputError, match="check its unit"):
        h3ds_icp(0.001 * mesh.vertices, mesh.vertices + 1000)
