import numpy as np
import pytest
import torch

from human_capture.common.rigs import from_field_of_view, look_at
from human_capture.pose3d.outputs.views.shadow import Shadow

SIZE = 200


@pytest.fixture
def seen():
    centre = torch.tensor([0.0, -3.0, 3.0]).double()
    transform = look_at(centre, torch.zeros(3).double())
    return from_field_of_view(transform, SIZE, SIZE, 1.0)


def light(seen, *limbs):
    picture = np.full((SIZE, SIZE, 3), 200, np.float32)
    limbs = np.array(limbs, float)
    Shadow(limbs, np.full(limbs.shape[:2], 0.04)).fall_on(picture, seen)
    return picture[..., 0] / 200


def limb(x, y, z):
    return [[x - 0.1, y, z], [x + 0.1, y, z]]


@pytest.mark.parametrize("place", [(0.0, 0.0), (0.5, -0.4), (-0.6, 0.5)])
def test_it_lies_below_the_limb(seen, place):
    shade = 1 - light(seen, limb(*place, 0.04))
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    spot = [(shade * axis).sum() / shade.sum() for axis in (columns, rows)]
    (pixel,), _ = seen.project(torch.tensor([[*place, 0.0]]).double())
    assert np.hypot(*(pixel.numpy() - spot)) < 2.0


def test_it_pales_and_widens_with_height(seen):
    shades = [1 - light(seen, limb(0, 0, z)) for z in (0.04, 0.2, 0.6, 1.5)]
    darkest = [float(shade.max()) for shade in shades]
    assert darkest == sorted(darkest, reverse=True)
    assert darkest[0] > 0.3 and darkest[3] < 0.1
    widths = [(shade > 0.5 * shade.max()).sum() for shade in shades]
    assert widths == sorted(widths)


def test_a_rising_limb_does_not_make_it_jump(seen):
    heights = np.arange(0.02, 1.2, 0.01)
    shades = np.stack([light(seen, limb(0, 0, z)) for z in heights])
    assert np.abs(np.diff(shades, axis=0)).max() < 0.05


def test_the_rest_of_the_floor_stays_bright(seen):
    picture = light(seen, limb(0, 0, 0.04), limb(0.3, 0.3, 1.0))
    assert (picture[:20] == 1).all() and (picture <= 1).all()


def test_people_far_apart_do_not_need_a_huge_picture():
    limbs = np.array([limb(0, 0, 0), limb(300.0, 0, 0)], float)
    assert Shadow(limbs, np.full((2, 2), 0.04)).light.size < 2_000_000
