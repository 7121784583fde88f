import numpy as np
import pytest
import torch

from human_capture.common.people.anatomy.body import default_body
from human_capture.multineus.datasets.synthetic import (
    ANCHORS,
    Head,
    HeadRecipe,
    SyntheticHeads,
    head_scene,
    true_mesh,
)

RECIPE = HeadRecipe(views=3, size=64, supersampling=1)


@pytest.fixture(scope="module")
def heads(tmp_path_factory):
    return SyntheticHeads(RECIPE, 40, 2, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def portraits(heads):
    return heads[0]


def test_shapes_and_kinds(portraits):
    assert portraits.images.shape == (3, 3, 64, 64)
    assert portraits.masks.shape == (3, 64, 64)
    assert portraits.images.dtype == portraits.masks.dtype == torch.uint8
    assert len(portraits) == 3
    assert len(portraits[[1]]) == 1


def test_heads_are_the_same_every_time_and_differ(heads, portraits, tmp_path):
    again = SyntheticHeads(RECIPE, 40, 2, tmp_path)[0]
    assert torch.equal(again.images, portraits.images)
    assert torch.equal(again.masks, portraits.masks)
    assert not torch.equal(heads[1].images, portraits.images)


def test_every_head_looks_alike_in_its_sphere():
    """Ears and chins of all people are at about the same place."""
    landmarks = default_body().landmarks_478[list(ANCHORS)]
    placed = torch.stack([Head.of(person).in_sphere[landmarks] for person in range(8)])
    assert (placed - placed.mean(0)).norm(dim=-1).mean() < 0.06
    right_eye, left_eye, nose, chin = placed.mean(0)[:4]
    assert left_eye[0] > 0 > right_eye[0]  # the person's left is +x
    assert nose[1] < -0.3  # faces look along -y
    assert chin[2] < nose[2] < left_eye[2]


def test_rays_go_through_the_pixels_they_are_of(portraits):
    view = torch.tensor([0, 1, 2, 2])
    pixel = torch.tensor([[5, 60], [31, 32], [0, 0], [63, 10]])
    origins, directions = portraits.rays(view, pixel)
    torch.testing.assert_close(directions.norm(dim=-1), torch.ones(4))
    points = (origins + 3 * directions) @ portraits.sphere[:3, :3].mT
    points = points + portraits.sphere[:3, 3]
    for number in range(4):
        found, depth = portraits.cameras[int(view[number])].project(points[[number]])
        assert depth > 0
        torch.testing.assert_close(found[0], pixel[number] + 0.5, atol=1e-2, rtol=0)


def test_pixels_are_read_by_column_and_row(portraits):
    colour, mask, trust = portraits.seen(torch.tensor([1]), torch.tensor([[10, 40]]))
    torch.testing.assert_close(colour[0], portraits.images[1, :, 40, 10] / 255)
    torch.testing.assert_close(mask[0], portraits.masks[1, 40, 10] / 255)
    assert trust.tolist() == [1.0] * len(trust)


def test_masks_are_where_the_true_surface_is(portraits):
    head, scene = head_scene(40)
    mesh, face = true_mesh(head, scene)
    assert 0.05 < face.mean() < 0.95
    pixels, depth = portraits.cameras.project(torch.from_numpy(mesh.vertices).float())
    assert (depth > 0).all()
    for view in range(3):
        x, y = pixels[view].long().unbind(-1)
        inside = (x >= 0) & (x < 64) & (y >= 0) & (y < 64)
        assert inside.float().mean() > 0.95
        drawn = torch.zeros(64, 64)
        drawn[y[inside], x[inside]] = 1
        drawn = torch.nn.functional.max_pool2d(drawn[None], 3, 1, 1)[0] > 0
        mask = portraits.masks[view] > 127
        both = (drawn & mask).sum() / mask.sum()
        assert both > 0.95
        covered = mask[y[inside], x[inside]].float().mean()
        assert covered > 0.9


def test_rays_of_the_mask_meet_the_sphere(portraits):
    view, row, column = (portraits.masks > 127).nonzero().unbind(-1)
    origins, directions = portraits.rays(view, torch.stack((column, row), -1))
    nearest = origins - (origins * directions).sum(-1, keepdim=True) * directions
    assert nearest.norm(dim=-1).max() < 1.02


def test_the_true_surface_lies_in_the_sphere():
    head, scene = head_scene(41)
    mesh, _ = true_mesh(head, scene)
    inverse = torch.linalg.inv(head.sphere).numpy()
    placed = mesh.vertices @ inverse[:3, :3].T + inverse[:3, 3]
    assert np.linalg.norm(placed, axis=1).max() < 1.001


def test_the_portrait_rig_stays_at_the_height_of_the_face(tmp_path):
    recipe = HeadRecipe(views=4, size=32, rig="portrait", supersampling=1)
    portraits = SyntheticHeads(recipe, 7, 1, tmp_path)[0]
    inverse = torch.linalg.inv(portraits.sphere)
    centres = portraits.cameras.centre @ inverse[:3, :3].mT + inverse[:3, 3]
    assert centres[:, 2].abs().max() < 1.0
    assert (centres[:, 1] < 0.3).all()
    assert float(portraits.metres) == pytest.approx(0.24, abs=0.05)
