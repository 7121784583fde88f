import numpy as np
import torch

from human_capture.common.rigs import from_field_of_view, look_at
from human_capture.pose3d.outputs.views.floor import Floor

WIDTH, HEIGHT = 320, 240


def camera(height=1.6, target=(0.0, 0.0, 0.6)):
    centre = torch.tensor([0.3, -4.0, height]).double()
    transform = look_at(centre, torch.tensor(target).double())
    return from_field_of_view(transform, WIDTH, HEIGHT, 1.0)


def drawn(seen, middle=(0.0, 0.0, 0.0)):
    return Floor(WIDTH, HEIGHT, np.array([middle])).draw(seen, 0)


def grey_at(picture, seen, *point):
    (pixel,), _ = seen.project(torch.tensor([point]).double())
    x, y = pixel.floor().int().tolist()
    return float(picture[y, x].mean())


def test_lines_are_where_they_belong():
    seen = camera()
    picture = drawn(seen)
    for x in (-1.0, 0.0, 1.0):
        on, beside = (grey_at(picture, seen, x + s, -0.25, 0.0) for s in (0, 0.25))
        assert on < beside - 15


def test_floor_and_lines_fade_with_distance():
    seen = camera()
    picture = drawn(seen)
    gaps, floors = [], []
    for y in (-1.25, 2.75, 6.75):
        gaps.append(
            grey_at(picture, seen, 0.75, y, 0.0) - grey_at(picture, seen, 1.0, y, 0.0)
        )
        floors.append(grey_at(picture, seen, 0.75, y, 0.0))
    assert gaps[0] > gaps[1] > gaps[2]
    assert floors[0] < floors[1] < floors[2]


def test_there_is_no_edge_at_the_horizon():
    column = drawn(camera())[:, WIDTH // 2]
    steps = np.abs(np.diff(column, axis=0)).max(1)
    horizon = int(HEIGHT / 2 - WIDTH * 1.0 / 4.0)  # it looks down by 1 m in 4 m
    assert steps[horizon - 5 : horizon + 6].max() < 2.0


def test_a_moving_camera_does_not_make_far_lines_flicker():
    seen = [camera(target=(0.002 * step, 0.0, 0.6)) for step in range(2)]
    first, second = (drawn(view)[60:90] for view in seen)
    assert np.abs(first - second).max() < 6.0


def test_from_below_and_upwards_there_is_only_sky():
    for seen in (camera(height=-0.5), camera(target=(0.0, 0.0, 9.0))):
        picture = drawn(seen)
        assert np.isfinite(picture).all()
        assert picture.min() > 200
