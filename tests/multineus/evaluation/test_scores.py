import numpy as np
import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.common.meshes import Mesh
from human_capture.common.metrics.surfaces import h3ds_distances, strict_distances
from human_capture.multineus.datasets.synthetic import (
    DrawHead,
    HeadRecipe,
    head_scene,
    true_mesh,
)
from human_capture.multineus.evaluation.scores import Truth, in_sight
from human_capture.multineus.evaluation.trials import nearest_view
from human_capture.multineus.portraits import Portraits

PERSON = 907


@pytest.fixture(scope="module")
def portraits():
    item = DrawHead(HeadRecipe(views=12, size=96, supersampling=1), PERSON)(0)
    return Portraits(
        item["images"],
        item["masks"],
        Cameras(item["intrinsics"], item["world_to_camera"]),
        item["sphere"],
        item["depths"],
    )


@pytest.fixture(scope="module")
def truth(portraits):
    return Truth.of(PERSON, portraits)


def test_the_truth_is_what_can_be_seen(truth, portraits):
    whole, face = true_mesh(*head_scene(PERSON))
    assert 0.2 * len(whole.vertices) < len(truth.mesh.vertices) < len(whole.vertices)
    assert truth.face.sum() > 0.2 * face.sum()
    # every vertex is one of the whole, and nothing of the truth is hidden
    known = {tuple(vertex) for vertex in whole.vertices}
    assert all(tuple(vertex) in known for vertex in truth.mesh.vertices)
    assert in_sight(truth.mesh.vertices, portraits).all()


def test_a_point_behind_the_surface_is_hidden(portraits):
    camera, middle = portraits.cameras[0], portraits.sphere[:3, 3].double().numpy()
    centre = torch.linalg.inv(camera.world_to_camera)[:3, 3].double().numpy()
    ahead = (centre - middle) / np.linalg.norm(centre - middle)
    depth = portraits.depths[0][48, 48].item()
    surface = centre - ahead * depth
    points = np.stack((surface + 0.03 * ahead, middle))
    alone = portraits[[0]]
    assert in_sight(points, alone).tolist() == [True, False]
    with pytest.raises(ValueError, match="depths"):
        in_sight(
            points,
            Portraits(alone.images, alone.masks, alone.cameras, alone.sphere),
        )


def test_the_truth_itself_is_perfect_and_a_smaller_head_is_not(truth):
    mesh, face = truth.mesh, truth.face
    assert h3ds_distances(mesh.vertices, mesh.vertices, face).mean_mm < 1e-6
    middle = mesh.vertices[face].mean(0)
    smaller = Mesh(middle + 0.9 * (mesh.vertices - middle), mesh.faces)
    # H3DS's number does not see the size, the strict one does
    assert h3ds_distances(mesh.vertices, smaller.vertices, face).mean_mm < 0.2
    assert strict_distances(mesh, smaller, face).chamfer_mm > 1.0


def test_views_are_found_by_their_side(portraits):
    assert nearest_view(portraits, 0.0) == 0
    for azimuth in (-50.0, 50.0):
        view = nearest_view(portraits, azimuth)
        centre = torch.linalg.inv(portraits.cameras[view].world_to_camera)[:3, 3]
        towards = (centre - portraits.sphere[:3, 3]) @ portraits.sphere[:3, :3]
        found = torch.rad2deg(torch.atan2(towards[0], -towards[1]))
        assert abs(found - azimuth) < 25
