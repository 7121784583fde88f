import numpy as np
import pytest
import torch

from human_capture.common.people.looks.appearance import Appearance
from human_capture.common.people.looks.surface import body_surface
from human_capture.common.rigs import from_field_of_view, look_at
from human_capture.pose3d.outputs.views.studio import photograph

WIDTH, HEIGHT = 120, 100


def camera(azimuth=0.0, height=1.5, away=(0.0, 0.0)):
    centre = torch.tensor([4 * np.sin(azimuth), -4 * np.cos(azimuth), height])
    shift = torch.tensor([*away, 0.0]).double()
    transform = look_at(centre + shift, torch.tensor([0.0, 0.0, 0.9]) + shift)
    return from_field_of_view(transform, WIDTH, HEIGHT, 1.3)


def backdrop():
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    return np.stack((200 + rows % 40, 210 + columns % 30, 225 + 0 * rows), -1).astype(
        np.float32
    )


def person(away=(0.0, 0.0)):
    standing = body_surface().canonical + np.array([*away, 0.825])
    return standing.astype(np.float32), Appearance.sample(11)


@pytest.mark.parametrize("azimuth", [0.0, 1.0, 2.5, 4.0])
@pytest.mark.parametrize("height", [0.3, 1.5, 5.0])
def test_an_empty_studio_is_the_backdrop(azimuth, height):
    image = photograph([], camera(azimuth, height), backdrop())
    assert np.abs(image - backdrop()).max() <= 1


@pytest.mark.parametrize("away", [(0.0, 0.0), (300.0, -200.0)])
def test_people_hide_the_backdrop_and_shade_the_floor(away):
    image = photograph([person(away)], camera(away=away), backdrop()).astype(float)
    change = (backdrop() - image).max(-1)
    head_to_hips = change[20:50, WIDTH // 2 - 3 : WIDTH // 2 + 3]
    assert (head_to_hips.max(1) > 40).mean() > 0.9
    assert (change[:30, :20] <= 1).all()  # the sky beside
    floor = np.delete(change[84:96], slice(45, 75), axis=1)
    assert floor.max() > 8


def test_shadows_never_brighten():
    image = photograph([person()], camera(), backdrop()).astype(float)
    assert (image - backdrop())[70:, :40].max() <= 1
