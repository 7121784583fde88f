import math

import pytest
import torch

from human_capture.common.rigs import HUMAN36M_CENTRES, dome, human36m_ring, ring


def angle_to(cameras, target):
    offset = torch.tensor(target) - cameras.centre
    offset = offset / offset.norm(dim=-1, keepdim=True)
    return torch.acos((offset * cameras.forward_axis).sum(-1).clamp(-1, 1))


@pytest.mark.parametrize("views", [1, 2, 4, 7])
def test_ring_stands_at_equal_angles_and_looks_inwards(views):
    cameras = ring(views, 3.0, 1.8, (0.5, -0.2, 0.9), start=0.3)
    offset = cameras.centre[:, :2] - torch.tensor([0.5, -0.2])
    torch.testing.assert_close(offset.norm(dim=-1), torch.full((views,), 3.0))
    torch.testing.assert_close(cameras.centre[:, 2], torch.full((views,), 1.8))
    angles = torch.atan2(offset[:, 1], offset[:, 0]) - 0.3
    expected = torch.arange(views) * 2 * math.pi / views
    torch.testing.assert_close((angles - expected).cos(), torch.ones(views))
    assert angle_to(cameras, (0.5, -0.2, 0.9)).max() < 1e-3


@pytest.mark.parametrize("views", [4, 31, 100])
def test_dome_covers_the_sphere_evenly_above_the_floor(views):
    cameras = dome(views, 3.0, 0.7, (0.0, 0.0, 1.0))
    offset = cameras.centre - torch.tensor([0.0, 0.0, 1.0])
    torch.testing.assert_close(offset.norm(dim=-1), torch.full((views,), 3.0))
    assert cameras.centre[:, 2].min() > 0.7
    assert angle_to(cameras, (0.0, 0.0, 1.0)).max() < 1e-3
    gaps = torch.cdist(offset, offset) + 99 * torch.eye(views)
    nearest = gaps.min(dim=-1).values
    area = 2 * math.pi * 3 * (0.95 * 3 + 0.3)  # of the covered zone
    assert nearest.min() > 0.6 * math.sqrt(area / views)


def test_human36m_ring_is_where_the_data_set_has_its_cameras():
    cameras = human36m_ring()
    torch.testing.assert_close(cameras.centre, torch.tensor(HUMAN36M_CENTRES))
    assert angle_to(cameras, (0.0, 0.0, 0.9)).max() < 1e-3


@pytest.mark.parametrize("cameras", [ring(4), dome(20), human36m_ring()])
def test_people_stand_upright_in_every_view(cameras):
    body = torch.tensor([[0.0, 0.0, 0.1], [0.0, 0.0, 0.9], [0.0, 0.0, 1.7]])
    pixels, depth = cameras.project(body[None])
    assert (depth > 0).all()
    feet, hips, head = pixels[..., 1].unbind(-1)
    assert ((feet > hips) & (hips > head)).all()
    # The axis appears vertical; seen from right above it would be a point.
    assert (pixels[..., 0] - 500).abs().max() < 1


def test_pictures_scale_with_their_width():
    small, large = ring(3, width=500), ring(3, width=1000)
    torch.testing.assert_close(small.resize(2.0).intrinsics, large.intrinsics)
