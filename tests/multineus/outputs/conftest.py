import numpy as np
import pytest
import trimesh

from human_capture.common.meshes import Mesh


@pytest.fixture(scope="session")
def sphere():
    """Makes round meshes; the upper half is red, the lower one blue."""

    def make(radius=0.1, centre=(0.0, 0.0, 0.0), fineness=5):
        ball = trimesh.creation.icosphere(fineness, radius)
        red = np.array([[0.9, 0.1, 0.1]])
        blue = np.array([[0.1, 0.1, 0.9]])
        colours = np.where(ball.vertices[:, 2:] > 0, red, blue)
        vertices = np.asarray(ball.vertices) + np.array(centre)
        return Mesh(vertices, np.asarray(ball.faces, np.int64), colours)

    return make


@pytest.fixture(scope="session")
def bust(sphere):
    """An egg with a nose at -y; the person's left is red, the right is green."""
    head, nose = sphere(1.0, fineness=4), sphere(0.02, (0.0, -0.1, 1.6), 3)
    around = head.vertices * [0.09, 0.1, 0.13] + [0.0, 0.0, 1.6]
    vertices = np.concatenate((around, nose.vertices))
    faces = np.concatenate((head.faces, nose.faces + len(around)))
    left = vertices[:, :1] > 0
    colours = np.where(left, [[0.9, 0.2, 0.2]], [[0.2, 0.8, 0.2]])
    return Mesh(vertices, faces, colours)
