import mcubes
import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.meshes import Extraction, Mesh, read_mesh, write_mesh


def blob(points):
    """A field of gradient at most one, neither round nor in the middle."""
    first = (points - torch.tensor([0.1, 0.0, 0.2])).norm(dim=-1) - 0.4
    second = (points + torch.tensor([0.3, 0.1, 0.0])).norm(dim=-1) - 0.3
    hole = 0.15 - (points - torch.tensor([0.1, 0.3, 0.3])).norm(dim=-1)
    return torch.maximum(torch.minimum(first, second), hole)


@pytest.fixture(scope="module")
def dense():
    """Marching cubes on every cell."""
    axis = torch.linspace(-1.01, 1.01, 65)
    grid = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1)
    vertices, faces = mcubes.marching_cubes(blob(grid).double().numpy(), 0.0)
    return vertices * (2.02 / 64) - 1.01, faces


def in_order(vertices, digits=5):
    rounded = np.round(vertices, digits)
    return rounded[np.lexsort(rounded.T)]


@pytest.mark.parametrize("block", [4, 8, 16])
def test_passing_blocks_by_gives_the_mesh_of_the_whole_grid(dense, block):
    mesh = Extraction(64, block=block)(blob)
    assert len(mesh.vertices) == len(dense[0])
    assert len(mesh.faces) == len(dense[1])
    apart = np.abs(in_order(mesh.vertices, 4) - in_order(dense[0], 4))
    assert apart.max() < 5e-4
    assert abs(area(mesh.vertices, mesh.faces) - area(*dense)) < 1e-4


def area(vertices, faces):
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


def test_the_mesh_is_closed_and_turned_outwards():
    mesh = Extraction(64)(blob)
    edges = np.sort(
        np.concatenate([mesh.faces[:, [i, j]] for i, j in ((0, 1), (1, 2), (2, 0))]),
        axis=1,
    )
    _, counts = np.unique(edges, axis=0, return_counts=True)
    assert (counts == 2).all()
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    assert np.einsum("fx,fx->", a, np.cross(b, c)) > 0  # six times the volume


def test_few_points_are_evaluated():
    evaluated = []

    def counted(points):
        evaluated.append(len(points))
        return points.norm(dim=-1) - 0.5

    extraction = Extraction(256, steepest=1.1)
    extraction(counted)
    assert sum(evaluated) < 0.1 * 256**3  # a twentieth of it at 512
    assert max(evaluated) <= extraction.chunk


def test_vertices_lie_on_the_surface():
    mesh = Extraction(96, block=8)(lambda points: points.norm(dim=-1) - 0.5)
    assert np.abs(np.linalg.norm(mesh.vertices, axis=1) - 0.5).max() < 2e-4


@pytest.mark.parametrize("offset", [2.0, -2.0])
def test_a_field_without_surface_is_one_sentence(offset):
    with pytest.raises(InputError, match="no surface"):
        Extraction(32)(lambda points: 0.1 * points.norm(dim=-1) + offset)


def test_a_block_that_does_not_divide_is_refused():
    with pytest.raises(ValueError, match="does not divide"):
        Extraction(33)(blob)


def test_progress_is_shown():
    seen = []

    def progress(parts, count):
        for part in parts:
            seen.append(count)
            yield part

    Extraction(64)(blob, progress)
    assert len(seen) == seen[0] > 1


@pytest.mark.parametrize("suffix", [".glb", ".obj", ".ply"])
@pytest.mark.parametrize("coloured", [True, False])
def test_what_is_written_is_read(tmp_path, suffix, coloured):
    mesh = Extraction(32)(blob)
    if coloured:
        colours = np.random.default_rng(0).integers(0, 256, mesh.vertices.shape) / 255
        mesh = Mesh(mesh.vertices, mesh.faces, colours)
    write_mesh(mesh, tmp_path / f"mesh{suffix}")
    again = read_mesh(tmp_path / f"mesh{suffix}")
    np.testing.assert_allclose(again.vertices, mesh.vertices, atol=1e-6)
    np.testing.assert_array_equal(again.faces, mesh.faces)
    if coloured:
        np.testing.assert_allclose(again.colours, mesh.colours, atol=3e-3)


def test_files_that_are_no_meshes_are_one_sentence(tmp_path):
    (tmp_path / "broken.ply").write_bytes(b"ply\nformat ascii 1.0\nelement vertex 9\n")
    with pytest.raises(
        InputError, match=r"cannot be read as a mesh|holds no triangles"
    ):
        read_mesh(tmp_path / "broken.ply")
    with pytest.raises(InputError, match="is none of"):
        read_mesh(tmp_path / "mesh.stl")
    with pytest.raises(InputError, match="meshes are written as"):
        write_mesh(Mesh(np.zeros((3, 3)), np.array([[0, 1, 2]])), tmp_path / "a.stl")


def test_a_mesh_is_moved_by_a_similarity():
    mesh = Mesh(np.eye(3), np.array([[0, 1, 2]]))
    matrix = np.diag([2.0, 2.0, 2.0, 1.0])
    matrix[:3, 3] = [1, 2, 3]
    np.testing.assert_allclose(mesh.transform(matrix).vertices[0], [3, 2, 3])
