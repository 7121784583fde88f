import numpy as np
import pytest
import torch

from human_capture.multineus.outputs.viewpoints import around


@pytest.mark.parametrize("size", [(300, 300), (240, 300), (300, 200)])
def test_everything_is_in_every_picture_and_fills_one(bust, size):
    cameras = around(bust, np.linspace(-180, 180, 25), *size)
    pixels, depth = cameras.project(torch.from_numpy(bust.vertices))
    places = pixels / torch.tensor(size)
    assert bool((depth > 0).all())
    margin = float(torch.minimum(places, 1 - places).min())
    assert 0.01 < margin < 0.05


def test_angles_grow_from_the_front_to_the_persons_left(bust):
    centres = around(bust, np.array([0.0, 90.0, 180.0]), 100, 100).centre
    middle = torch.tensor([0.0, -0.01, 1.6]).double()  # of the box around head and nose
    directions = torch.nn.functional.normalize(centres - middle, dim=-1)
    expected = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 1, 0]]).double()
    torch.testing.assert_close(directions, expected, atol=1e-6, rtol=0)


def test_size_of_the_mesh_does_not_change_the_picture(bust):
    larger = np.eye(4) * 4.0
    degrees = np.array([30.0])
    pixels, _ = around(bust, degrees, 100, 100).project(torch.from_numpy(bust.vertices))
    moved = bust.transform(larger)
    again, _ = around(moved, degrees, 100, 100).project(
        torch.from_numpy(moved.vertices)
    )
    torch.testing.assert_close(pixels, again)
