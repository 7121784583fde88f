import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.pose3d.outputs.views.orbit import (
    Orbit,
    azimuth_of,
    frame_cameras,
    orbit_cameras,
)


def pixels_of(capture, cameras):
    points = capture.points.double().movedim(0, 1).flatten(1, 2)
    pixels, depth = cameras.project(points)
    assert (depth > 0).all()
    return pixels.reshape(capture.points.shape[1], -1, len(capture.format), 2)


def azimuths(cameras, capture):
    middle = capture.points.double().mean((0, 2))
    x, y, _ = (cameras.centre - middle).unbind(-1)
    return np.unwrap(torch.atan2(y, x).numpy())


def standing(capture):
    """The first pose, held."""
    return replace(capture, points=capture.points[:, :1].expand_as(capture.points))


@pytest.mark.parametrize("size", [(1280, 720), (360, 640), (512, 512)])
@pytest.mark.parametrize("orbit", [Orbit(), Orbit(20.0, 90.0, 50.0), Orbit(speed=0.0)])
def test_everybody_is_always_in_the_image(walk, size, orbit):
    capture = walk(people=2, frames=75)
    pixels = pixels_of(capture, orbit_cameras(capture, *size, orbit))
    margin = 0.02 * min(size)
    inside = (pixels > margin) & (pixels < torch.tensor(size) - margin)
    assert inside.all()


def test_no_smaller_distance_would_do(walk):
    capture = walk(people=1, frames=60)
    cameras = orbit_cameras(capture, 640, 480)
    closer = cameras.world_to_camera.clone()
    closer[:, 2, 3] *= 0.75
    pixels = pixels_of(capture, replace(cameras, world_to_camera=closer))
    assert not ((pixels > 0) & (pixels < torch.tensor([640, 480]))).all()


def test_the_camera_looks_at_the_people(walk):
    capture = walk(people=1, frames=60)
    cameras = orbit_cameras(capture, 640, 480)
    middle = capture.points.double().mean((0, 2))[:, None]
    pixels, _ = cameras.project(middle)
    assert (
        (pixels[:, 0] - torch.tensor([320, 240])).abs() < torch.tensor([40, 80])
    ).all()


def test_the_distance_does_not_change(walk):
    cameras = orbit_cameras(standing(walk(frames=40)), 640, 480)
    middle = cameras.centre.mean(0)  # of a whole circle
    lengths = (cameras.centre - middle).norm(dim=-1)
    torch.testing.assert_close(lengths, lengths[:1].expand_as(lengths))


def test_one_turn_fits_the_motion_unless_a_speed_is_given(walk):
    capture = standing(walk(frames=60))
    turn = azimuths(orbit_cameras(capture, 640, 480), capture)
    assert turn[-1] - turn[0] == pytest.approx(2 * math.pi * 59 / 60, abs=0.02)
    slow = azimuths(orbit_cameras(capture, 640, 480, Orbit(speed=30.0)), capture)
    assert slow[30] - slow[0] == pytest.approx(math.radians(30), abs=0.02)


def test_it_starts_before_the_first_persons_face(walk):
    capture = walk(people=2, frames=30)
    camera = orbit_cameras(capture, 640, 480)[0]
    depth = camera.to_camera(capture.points[0, 0].double())[:, 2]
    form = capture.format
    nose, left, right = (form.index(j) for j in ("nose", "left_ear", "right_ear"))
    assert depth[nose] < depth[left] - 0.05 and depth[nose] < depth[right] - 0.05


def test_the_elevation_is_that_of_the_viewing_direction(walk):
    cameras = orbit_cameras(walk(frames=5), 640, 480, Orbit(elevation=35.0))
    down = -cameras.forward_axis[:, 2]
    assert down.asin().rad2deg().tolist() == pytest.approx([35.0] * 5, abs=1e-6)


def test_strays_do_not_push_the_camera_away(walk):
    capture = walk(frames=30)
    stray = capture.points.clone()
    stray[0, 12, 3] = 40.0
    usual = orbit_cameras(capture, 640, 480).translation[:, 2]
    moved = orbit_cameras(replace(capture, points=stray), 640, 480).translation[:, 2]
    torch.testing.assert_close(moved, usual, atol=0.05, rtol=0)


def test_the_camera_goes_on_where_nobody_is_seen(walk):
    capture = walk(frames=40)
    gap = capture.points.clone()
    gap[:, 10:30] = torch.nan
    orbit = Orbit(azimuth=10.0)
    usual = orbit_cameras(capture, 640, 480, orbit).centre
    bridged = orbit_cameras(replace(capture, points=gap), 640, 480, orbit).centre
    assert (bridged - usual).norm(dim=-1).max() < 0.1


def test_a_shaking_person_does_not_shake_the_camera(walk):
    capture = walk(frames=60)
    shake = 0.03 * torch.randn(
        (1, 60, 1, 3), generator=torch.Generator().manual_seed(1)
    )
    shaken = replace(capture, points=capture.points + shake)
    centre = orbit_cameras(shaken, 640, 480, Orbit(speed=0.0)).centre
    moves = centre[2:] - 2 * centre[1:-1] + centre[:-2]
    assert moves.norm(dim=-1).max() < 1e-3


def test_the_azimuth_of_a_camera_is_where_the_orbit_put_it(walk):
    capture = standing(walk(frames=4))
    cameras = orbit_cameras(capture, 640, 480, Orbit(azimuth=40.0, speed=0.0))
    assert azimuth_of(cameras[0], capture) == pytest.approx(40.0, abs=0.1)


def test_given_cameras_are_kept_and_one_serves_all_frames(walk, rig):
    capture = walk(frames=4)
    assert frame_cameras(rig, capture, 640, 640).centre.equal(rig.centre)
    for one in (rig[0], rig[:1]):
        spread = frame_cameras(one, capture, 640, 640)
        assert spread.shape == (4,)
        assert spread.centre.equal(rig[:1].centre.expand(4, 3))


def test_what_cannot_be_seen_is_said(walk, rig):
    with pytest.raises(InputError, match="3 frames are seen by one camera"):
        frame_cameras(rig, walk(frames=3), 640, 640)
    nobody = walk(frames=3)
    nobody = replace(nobody, points=torch.full_like(nobody.points, torch.nan))
    with pytest.raises(InputError, match="nobody was seen"):
        orbit_cameras(nobody, 640, 480)
    with pytest.raises(InputError, match="elevation of 95 degrees"):
        orbit_cameras(walk(frames=3), 640, 480, Orbit(elevation=95.0))
