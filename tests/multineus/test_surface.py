import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.meshes import Extraction
from human_capture.multineus.surface import extract_surface


def test_the_first_surface_is_nearly_a_sphere(small):
    field = small()
    mesh = extract_surface(field, 1, extraction=Extraction(48, steepest=2.0))
    radius = np.linalg.norm(mesh.vertices, axis=1)
    assert 0.2 < radius.mean() < 0.8
    assert radius.std() < 0.15
    found = field.sdf.distance(
        torch.from_numpy(mesh.vertices).float()[None],
        field.sdf.weights(torch.tensor([1])),
    )
    assert found.abs().max() < 0.01
    assert mesh.colours.shape == mesh.vertices.shape
    assert ((mesh.colours >= 0) & (mesh.colours <= 1)).all()


def test_meshes_come_in_metres(small):
    sphere = 0.25 * torch.eye(4)
    sphere[:, 3] = torch.tensor([1.0, 2.0, 3.0, 1.0])
    extraction = Extraction(32, steepest=2.0)
    inside = extract_surface(small(), 0, extraction=extraction)
    outside = extract_surface(small(), 0, sphere, extraction)
    np.testing.assert_allclose(
        outside.vertices, 0.25 * inside.vertices + [1, 2, 3], atol=1e-6
    )


def test_a_field_without_a_surface_is_one_sentence(small):
    field = small()
    with torch.no_grad():
        field.sdf.layers[-1].bias.fill_(50.0)
    with pytest.raises(InputError, match="no surface"):
        extract_surface(field, extraction=Extraction(16))
