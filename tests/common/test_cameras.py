import math

import cv2
import numpy as np
import pytest
import torch

from human_capture.common.cameras import Cameras, stack
from human_capture.common.rigid import so3_exp
from human_capture.common.rigs import from_field_of_view, look_at

LENSES = {
    "ideal": (None, "opencv"),
    "opencv": ([-0.25, 0.1, 0.001, -0.002, 0.01], "opencv"),
    "rational": ([0.4, 0.2, 1e-3, -2e-3, 0.01, 0.8, 0.1, 0.02], "opencv"),
    "human36m": ([-0.2071, 0.2478, -0.0009, -0.0014, -0.0031], "human36m"),
    "fisheye": ([0.02, -0.003, 0.001, -0.0002], "fisheye"),
}


def rig(lens="ideal", views=3, skew=0.0):
    """Cameras about the origin with numbers that are all different."""
    generator = torch.Generator().manual_seed(views)
    random = torch.rand(views, 8, generator=generator, dtype=torch.float64)
    angle = 2 * torch.arange(views) + random[:, 0]
    centre = torch.stack((4 * angle.cos(), 5 * angle.sin(), 1 + random[:, 1]), -1)
    intrinsics = torch.zeros(views, 3, 3, dtype=torch.float64)
    intrinsics[:, 0, 0] = 900 + 100 * random[:, 2]
    intrinsics[:, 1, 1] = 950 + 100 * random[:, 3]
    intrinsics[:, 0, 1] = skew
    intrinsics[:, 0, 2] = 500 + 20 * random[:, 4]
    intrinsics[:, 1, 2] = 400 + 20 * random[:, 5]
    intrinsics[:, 2, 2] = 1
    values, model = LENSES[lens]
    coefficients = None
    if values is not None:
        coefficients = torch.tensor(values, dtype=torch.float64).repeat(views, 1)
    target = 0.3 * random[:, 5:] - 0.15
    return Cameras(intrinsics, look_at(centre, target), coefficients, model)


def points(count=30, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, generator=generator, dtype=torch.float64) * 2 - 1


def close(ours, theirs, atol=1e-9):
    torch.testing.assert_close(ours, theirs, rtol=0, atol=atol)


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("skew", [0.0, 3.0])
def test_unproject_inverts_project(lens, skew):
    cameras, world = rig(lens, skew=skew), points().expand(3, -1, -1)
    pixels, depth = cameras.project(world)
    close(cameras.unproject(pixels, depth), world)
    close(cameras.project(cameras.unproject(pixels, depth))[0], pixels, 1e-7)


@pytest.mark.parametrize("lens", ["ideal", "opencv", "rational", "fisheye"])
def test_project_agrees_with_opencv_half_a_pixel_away(lens):
    cameras, world = rig(lens), points()
    pixels, depth = cameras.project(world.expand(3, -1, -1))
    for view in range(3):
        matrix = cameras.intrinsics[view].clone()
        matrix[:2, 2] -= 0.5  # OpenCV has the first pixel's centre at 0
        values = LENSES[lens][0]
        rotation = cv2.Rodrigues(np.ascontiguousarray(cameras.rotation[view].numpy()))
        pose = rotation[0].reshape(1, 3), cameras.translation[view].numpy()[None].copy()
        lens_values = None if values is None else np.array(values)
        function = cv2.fisheye.projectPoints if lens == "fisheye" else cv2.projectPoints
        expected, _ = function(
            world.numpy()[:, None], *pose, matrix.numpy(), lens_values
        )
        close(pixels[view] - 0.5, torch.from_numpy(expected[:, 0]), 1e-8)
        rows = world @ cameras.rotation[view].mT + cameras.translation[view]
        close(depth[view], rows[:, 2])


@pytest.mark.parametrize("lens", LENSES)
def test_rays_pass_through_their_points(lens):
    cameras, world = rig(lens), points().expand(3, -1, -1)
    origins, directions = cameras.rays(cameras.project(world)[0])
    close(directions.norm(dim=-1), torch.ones(3, 30, dtype=torch.float64))
    offset = world - origins
    along = (offset * directions).sum(-1, keepdim=True)
    assert (along > 0).all()
    close(offset, along * directions)


@pytest.mark.parametrize("lens", LENSES)
def test_undistorted_pixels_are_those_of_the_ideal_camera(lens):
    cameras, world = rig(lens), points().expand(3, -1, -1)
    ideal = cameras.ideal().project(world)[0]
    close(cameras.undistort(cameras.project(world)[0]), ideal, 1e-7)
    homogeneous = torch.cat((world, torch.ones_like(world[..., :1])), -1)
    direct = homogeneous @ cameras.projection.mT
    close(ideal, direct[..., :2] / direct[..., 2:], 1e-8)


def test_centre_and_axis_are_where_the_camera_is_and_looks():
    cameras = rig()
    zero = torch.zeros(3, 1, 3, dtype=torch.float64)
    close(cameras.to_world(zero)[:, 0], cameras.centre)
    ahead = cameras.to_world(zero + torch.tensor([0, 0, 1.0]))[:, 0]
    close(ahead - cameras.centre, cameras.forward_axis)
    close(
        cameras.to_world(cameras.to_camera(points()[None])), points().expand(3, -1, 3)
    )


@pytest.mark.parametrize("lens", LENSES)
def test_crop_moves_pixels_exactly(lens):
    cameras, world = rig(lens), points().expand(3, -1, -1)
    boxes = torch.tensor([[10, -20.5, 300, 400], [0, 0, 9, 9], [333, 7, 999, 500.0]])
    cropped = cameras.crop(boxes.double()).project(world)[0]
    close(cropped, cameras.project(world)[0] - boxes[:, None, :2])


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("scale", [0.25, (0.5, 2.0)])
def test_resize_scales_pixels_exactly(lens, scale):
    cameras, world = rig(lens, skew=2.0), points().expand(3, -1, -1)
    factor = torch.tensor(scale, dtype=torch.float64)
    argument = scale if isinstance(scale, float) else factor
    resized = cameras.resize(argument).project(world)[0]
    close(resized, cameras.project(world)[0] * factor)


def test_resized_picture_and_resized_camera_agree():
    """A blob drawn at a projected point is found where the small camera says."""
    cameras = rig(views=1)
    spot = points()[:1]
    (u, v), _ = cameras[0].project(spot)[0][0], None
    rows, columns = np.mgrid[0:800, 0:1000] + 0.5  # pixel centres
    picture = np.exp(-((columns - u.item()) ** 2 + (rows - v.item()) ** 2) / 800)
    small = cv2.resize(picture, (250, 200), interpolation=cv2.INTER_AREA)
    rows, columns = np.mgrid[0:200, 0:250] + 0.5
    found = [(columns * small).sum() / small.sum(), (rows * small).sum() / small.sum()]
    expected = cameras.resize(0.25)[0].project(spot)[0][0].tolist()
    assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("degrees", [0, 17, 90, -135, 180])
def test_warp_rotates_pictures_and_keeps_k_upper_triangular(degrees):
    cameras, world = rig(skew=1.5), points().expand(3, -1, -1)
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    affine = torch.tensor(
        [[0.7 * c, -0.7 * s, 30], [0.7 * s, 0.7 * c, -8], [0, 0, 1.0]]
    ).double()
    warped = cameras.warp(affine)
    pixels, depth = cameras.project(world)
    moved, same_depth = warped.project(world)
    close(moved, pixels @ affine[:2, :2].mT + affine[:2, 2], 1e-8)
    close(same_depth, depth)
    close(warped.centre, cameras.centre)
    close(warped.intrinsics.tril(-1), torch.zeros(3, 3, 3).double())
    assert (warped.intrinsics.diagonal(dim1=-2, dim2=-1) > 0).all()
    close(warped.rotation @ warped.rotation.mT, torch.eye(3).double().expand(3, 3, 3))


def test_warp_that_shears_is_followed():
    affine = torch.tensor([[1.2, 0.3, 5], [-0.1, 0.8, 3], [0, 0, 1.0]]).double()
    cameras, world = rig(), points().expand(3, -1, -1)
    expected = cameras.project(world)[0] @ affine[:2, :2].mT + affine[:2, 2]
    close(cameras.warp(affine).project(world)[0], expected, 1e-8)


def test_warp_refuses_mirrors_and_turned_lenses():
    mirror = torch.diag(torch.tensor([-1.0, 1.0, 1.0])).double()
    with pytest.raises(ValueError, match="mirrored"):
        rig().warp(mirror)
    with pytest.raises(ValueError, match="mirrored"):
        rig("opencv").warp(mirror)
    turn = torch.tensor([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]).double()
    with pytest.raises(ValueError, match="cannot be rotated"):
        rig("opencv").warp(turn)


def test_warp_by_scale_and_shift_keeps_the_lens():
    affine = torch.tensor([[0.5, 0, 7], [0, 2, -3], [0, 0, 1.0]]).double()
    cameras, world = rig("opencv"), points().expand(3, -1, -1)
    expected = cameras.project(world)[0] @ affine[:2, :2].mT + affine[:2, 2]
    close(cameras.warp(affine).project(world)[0], expected, 1e-8)


@pytest.mark.parametrize("roll", [0.0, 0.4, -1.0])
def test_look_at_puts_the_target_ahead_and_up_above(roll):
    centre = torch.tensor([[3.0, 1.0, 2.0], [-2.0, 4.0, 0.5]]).double()
    target = torch.tensor([[0.1, 0.2, 1.0], [0.0, -1.0, 1.5]]).double()
    transform = look_at(centre, target, roll=roll)
    rotation = transform[:, :3, :3]
    close(rotation @ rotation.mT, torch.eye(3).double().expand(2, 3, 3))
    close(torch.linalg.det(rotation), torch.ones(2).double())
    seen = (rotation @ target[..., None])[..., 0] + transform[:, :3, 3]
    distance = (target - centre).norm(dim=-1)
    close(seen, torch.stack((distance * 0, distance * 0, distance), -1))
    above = target + torch.tensor([0, 0, 0.1]).double()
    x, y, _ = ((rotation @ above[..., None])[..., 0] + transform[:, :3, 3]).unbind(-1)
    # A camera turned clockwise sees the world turned anticlockwise.
    assert torch.atan2(-x, -y).tolist() == pytest.approx([roll, roll])


def test_look_at_takes_any_up_direction():
    transform = look_at(
        torch.tensor([0.0, 0.0, -3.0]), torch.zeros(3), up=(0.0, -1.0, 0.0)
    )
    close(transform[:3, :3], torch.eye(3))


def test_field_of_view_camera_sees_the_middle_in_the_middle():
    cameras = from_field_of_view(torch.eye(4), 640, 480, 0.5)
    pixels, _ = cameras.project(torch.tensor([[0.0, 0.0, 2.0], [2.0, 0.0, 2.0]]))
    close(pixels, torch.tensor([[320.0, 240.0], [640.0, 240.0]]))


@pytest.mark.parametrize("lens", LENSES)
def test_gradients_are_exact(lens):
    base = rig(lens, views=2)
    world = points(4).expand(2, -1, -1)
    pixels, depth = base.project(world)

    def cameras(intrinsics, vector, translation, coefficients=None):
        transform = torch.eye(4).double().repeat(2, 1, 1)
        transform[:, :3, :3] = so3_exp(vector) @ base.rotation
        transform[:, :3, 3] = translation
        return Cameras(intrinsics, transform, coefficients, base.model)

    parameters = [base.intrinsics, torch.zeros(2, 3).double(), base.translation]
    if base.distortion is not None:
        parameters.append(base.distortion)
    parameters = [p.clone().requires_grad_() for p in parameters]
    world = world.clone().requires_grad_()
    torch.autograd.gradcheck(
        lambda w, *p: cameras(*p).project(w)[0], (world, *parameters)
    )
    pixels = pixels.detach().clone().requires_grad_()
    torch.autograd.gradcheck(
        lambda q, *p: cameras(*p).unproject(q, depth.detach()), (pixels, *parameters)
    )


@pytest.mark.parametrize("lens", LENSES)
def test_points_on_the_camera_plane_and_behind_stay_finite(lens):
    cameras = rig(lens, views=1)[0]
    ways = torch.tensor([[0, 0, 0], [1, 0, 0], [0, 1, 1e-12], [0, 0, -2], [1, 1, -1.0]])
    world = cameras.to_world(ways.double()).requires_grad_()
    pixels, depth = cameras.project(world)
    assert pixels.isfinite().all()
    assert (depth[3:] < 0).all()
    pixels.sum().backward()
    assert world.grad.isfinite().all()


def test_batches_broadcast_over_frames_and_views():
    cameras = rig("opencv")
    frames = torch.stack([points(seed=i) for i in range(5)])[:, None]
    pixels, depth = cameras.project(frames)
    assert pixels.shape == (5, 3, 30, 2)
    assert depth.shape == (5, 3, 30)
    close(pixels[4, 1], cameras[1].project(frames[4, 0])[0])
    close(cameras.unproject(pixels, depth), frames.expand(5, 3, 30, 3))
    assert cameras.project(frames[0])[0].shape == (3, 30, 2)
    assert cameras.rays(pixels)[1].shape == (5, 3, 30, 3)


def test_parts_and_precision_follow_every_field():
    cameras = rig("opencv")
    part = cameras[1:].to(torch.float32)
    assert part.shape == (2,)
    assert part.distortion.dtype == part.intrinsics.dtype == torch.float32
    close(part.centre.double(), cameras.centre[1:], 1e-5)
    assert part.model == cameras.model


def test_stack_fills_missing_lenses_with_zeros_that_do_nothing():
    single = [rig("ideal", 1)[0], rig("opencv", 2)[1], rig("rational", 3)[2]]
    together, world = stack(single), points()
    assert together.distortion.shape == (3, 8)
    for view, camera in enumerate(single):
        close(together[view].project(world)[0], camera.project(world)[0])
    assert stack(single[:1]).distortion is None


def test_stack_refuses_lenses_that_do_not_mix():
    opencv, fisheye = rig("opencv", 1)[0], rig("fisheye", 1)[0]
    with pytest.raises(ValueError, match="lens models"):
        stack([opencv, fisheye])
    with pytest.raises(ValueError, match="pinhole and fisheye"):
        stack([rig("ideal", 1)[0], fisheye])
