import itertools
import warnings

import numpy as np
import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.common.rigs import ring
from human_capture.pose3d.triangulation.linear import triangulate
from human_capture.pose3d.triangulation.robust import triangulate_robustly


def people(count: int = 6, joints: int = 5, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    offsets = torch.randn(count, joints, 3, generator=generator, dtype=torch.float64)
    return 0.4 * offsets + torch.tensor([0.0, 0.0, 1.0])


def seen(points, cameras, noise=1.0, seed=1):
    pixels, _ = cameras.project(points[:, None])
    generator = torch.Generator().manual_seed(seed)
    return pixels + noise * torch.randn(
        pixels.shape, generator=generator, dtype=pixels.dtype
    )


def spoilt(pixels: torch.Tensor, wrong: int, seed: int = 2):
    """Pixels with that many gross errors a joint, and where they are."""
    generator = torch.Generator().manual_seed(seed)
    shape = pixels.shape[:-1]
    order = torch.rand(shape, generator=generator).argsort(1).argsort(1)
    bad = order < wrong
    angle = 6.283 * torch.rand(shape, generator=generator, dtype=pixels.dtype)
    length = 100 + 300 * torch.rand(shape, generator=generator, dtype=pixels.dtype)
    shift = length[..., None] * torch.stack((angle.cos(), angle.sin()), -1)
    return torch.where(bad[..., None], pixels + shift, pixels), bad


def rig(views: int) -> Cameras:
    return ring(views).to(torch.float64)


@pytest.mark.parametrize(("views", "wrong"), [(4, 1), (8, 3)])
def test_wrong_views_are_found_and_left_out(views, wrong):
    cameras, points = rig(views), people()
    pixels, bad = spoilt(seen(points, cameras), wrong)
    robust = triangulate_robustly(pixels, cameras)
    assert torch.equal(robust.inliers, ~bad)
    clean = triangulate(pixels, cameras, valid=~bad).points
    assert (robust.result.points - clean).norm(dim=-1).max() < 1e-3
    assert (robust.result.points - points).norm(dim=-1).max() < 0.02
    plain = triangulate(pixels, cameras).points
    assert (plain - points).norm(dim=-1).median() > 0.05


def test_clean_views_without_refinement_give_the_linear_solution():
    cameras = rig(4)
    pixels = seen(people(), cameras)
    robust = triangulate_robustly(pixels, cameras, refinements=0)
    linear = triangulate(pixels, cameras)
    assert (robust.result.points - linear.points).abs().max() < 1e-9
    assert torch.allclose(robust.result.covariance, linear.covariance, rtol=1e-6)
    assert robust.inliers.all()


def literal_best_inliers(pixels, cameras, threshold):
    """All pairs in a loop: most inliers, then the smallest mean error."""
    views, joints = pixels.shape[:2]
    chosen = np.zeros((views, joints), bool)
    for joint in range(joints):
        best = (-1, np.inf)
        for pair in itertools.combinations(range(views), 2):
            both = list(pair)
            point = triangulate(
                pixels[both, joint : joint + 1], cameras[both], reweightings=0
            ).points
            reprojected = cameras.project(point)[0][:, 0]
            errors = (reprojected - pixels[:, joint]).norm(dim=-1).numpy()
            inliers = errors < threshold
            count = inliers.sum()
            if count < 2:
                continue
            mean = errors[inliers].mean()
            if count > best[0] or (count == best[0] and mean < best[1]):
                best = (count, mean)
                chosen[:, joint] = inliers
    return chosen


@pytest.mark.parametrize(("views", "wrong"), [(4, 1), (5, 2), (8, 3)])
def test_votes_equal_a_literal_loop_over_all_pairs(views, wrong):
    cameras = rig(views)
    pixels, _ = spoilt(seen(people(), cameras, noise=8.0), wrong)
    robust = triangulate_robustly(pixels, cameras, refinements=0)
    for person in range(len(pixels)):
        literal = literal_best_inliers(pixels[person], cameras, 20.0)
        assert np.array_equal(robust.inliers[person].numpy(), literal)


def test_residuals_are_reprojection_errors_and_nan_where_nothing_was_measured():
    cameras = rig(4)
    pixels, _ = spoilt(seen(people(), cameras), 1)
    pixels[0, 1, 2] = torch.nan
    robust = triangulate_robustly(pixels, cameras)
    expected = (cameras.project(robust.result.points[:, None])[0] - pixels).norm(dim=-1)
    assert torch.allclose(robust.residuals, expected, atol=1e-6, equal_nan=True)
    assert robust.residuals[0, 1, 2].isnan()
    assert robust.residuals.isnan().sum() == 1


def test_refinement_approaches_the_huber_optimum():
    from scipy.optimize import least_squares

    cameras = rig(6)
    pixels = seen(people(2, 3), cameras, noise=6.0)
    gaps = {}
    for refinements in (0, 8):
        robust = triangulate_robustly(pixels, cameras, refinements=refinements)
        gaps[refinements] = []
        for person, joint in itertools.product(range(2), range(3)):
            start = robust.result.points[person, joint]
            views = robust.inliers[person, :, joint].nonzero()[:, 0].tolist()

            def distances(point, person=person, joint=joint, views=views):
                world = torch.from_numpy(point)[None]
                found = cameras[views].project(world)[0][:, 0]
                return (found - pixels[person, views, joint]).norm(dim=-1).numpy()

            best = least_squares(distances, start.numpy(), loss="huber", f_scale=10)
            gaps[refinements].append(np.linalg.norm(best.x - start.numpy()))
    assert max(gaps[8]) < 2e-3
    assert np.mean(gaps[8]) < np.mean(gaps[0])


def test_weights_weigh_the_refinement():
    cameras, points = rig(4), people()
    pixels = seen(points, cameras)
    pixels[:, 0] += 8.0  # wrong, but within the threshold
    weights = torch.ones(6, 4, 5, dtype=torch.float64)
    even = triangulate_robustly(pixels, cameras, weights).result.points
    weights[:, 0] = 0.05
    better = triangulate_robustly(pixels, cameras, weights).result.points
    error, less = ((p - points).norm(dim=-1).mean() for p in (even, better))
    assert less < 0.7 * error


def test_order_of_views_does_not_matter():
    cameras = rig(5)
    pixels, _ = spoilt(seen(people(), cameras), 2)
    order = [3, 0, 4, 2, 1]
    one = triangulate_robustly(pixels, cameras)
    other = triangulate_robustly(pixels[:, order], cameras[order])
    assert torch.equal(one.inliers[:, order], other.inliers)
    assert (one.result.points - other.result.points).abs().max() < 1e-9


@pytest.mark.parametrize("how", ["nan", "invalid"])
def test_a_view_that_sees_nothing_changes_nothing(how):
    cameras = rig(5)
    pixels, _ = spoilt(seen(people(), cameras), 1)
    valid = torch.ones(pixels.shape[:-1], dtype=torch.bool)
    valid[:, 4] = how != "invalid"
    pixels[:, 4] = torch.nan if how == "nan" else 500.0
    one = triangulate_robustly(pixels[:, :4], cameras[:4])
    other = triangulate_robustly(pixels, cameras, valid=valid)
    assert (one.result.points - other.result.points).abs().max() < 1e-9
    assert torch.equal(one.inliers, other.inliers[:, :4])
    assert not other.inliers[:, 4].any()


def test_chunks_change_nothing():
    cameras = rig(4)
    pixels, _ = spoilt(seen(people(7), cameras), 1)
    one = triangulate_robustly(pixels, cameras)
    other = triangulate_robustly(pixels, cameras, chunk=3)
    assert (one.result.points - other.result.points).abs().max() < 1e-12
    assert torch.equal(one.inliers, other.inliers)


@pytest.mark.parametrize("axes", ["view", "1 view", "batch view"])
def test_cameras_may_be_shared_or_one_a_batch_element(axes):
    cameras = rig(4)
    pixels, _ = spoilt(seen(people(7), cameras), 1)
    expected = triangulate_robustly(pixels, cameras).result.points
    if axes != "view":
        cameras = cameras[None]
    if axes == "batch view":
        cameras = cameras.map(lambda tensor: tensor.expand(7, *tensor.shape[1:]))
    found = triangulate_robustly(pixels, cameras, chunk=3).result.points
    assert (found - expected).abs().max() < 1e-12


def test_batch_axes_are_kept():
    cameras = rig(4)
    pixels = seen(people(6), cameras)
    expected = triangulate_robustly(pixels, cameras)
    folded = triangulate_robustly(pixels.reshape(2, 3, 4, 5, 2), cameras)
    assert folded.result.points.shape == (2, 3, 5, 3)
    assert torch.equal(folded.inliers.reshape(6, 4, 5), expected.inliers)
    single = triangulate_robustly(pixels[0], cameras)
    assert (single.result.points - expected.result.points[0]).abs().max() < 1e-12


def test_no_frames_give_no_points():
    robust = triangulate_robustly(torch.zeros(0, 4, 5, 2), ring(4))
    assert robust.result.points.shape == (0, 5, 3)
    assert robust.inliers.shape == (0, 4, 5)


def test_lens_distortion_is_undone():
    lens = torch.tensor([-0.2, 0.15, 1e-3, -2e-3, 0.0], dtype=torch.float64)
    straight = rig(4)
    bent = Cameras(straight.intrinsics, straight.world_to_camera, lens.expand(4, 5))
    points = people()
    robust = triangulate_robustly(seen(points, bent, noise=0.0), bent)
    assert (robust.result.points - points).abs().max() < 1e-7


@pytest.mark.parametrize("views", [1, 2])
def test_too_little_to_vote_on_is_finite(views):
    cameras = rig(views)
    pixels = seen(people(), cameras)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        robust = triangulate_robustly(pixels, cameras)
    assert robust.result.points.isfinite().all()
    assert robust.result.valid.all() == (views == 2)


def test_undetermined_joints_are_finite_and_say_so():
    cameras = rig(4)
    pixels = seen(people(), cameras)
    pixels[0] = torch.nan
    pixels[1, 1:, 3] = torch.nan
    robust = triangulate_robustly(pixels, cameras)
    assert robust.result.points.isfinite().all()
    assert not robust.result.valid[0].any()
    assert not robust.result.valid[1, 3]
    assert robust.result.valid.sum() == 6 * 5 - 6
    assert robust.result.condition[0].isinf().all()


def test_views_on_one_spot_are_undetermined():
    same = rig(4)[[0, 0, 0]]
    robust = triangulate_robustly(seen(people(), same, noise=0.0), same)
    assert robust.result.points.isfinite().all()
    assert not robust.result.valid.any()


def test_a_point_behind_a_camera_is_no_inlier_of_it():
    cameras = rig(4)
    points = people()
    transforms = cameras.world_to_camera.clone()
    transforms[3] = torch.diag(torch.tensor([1.0, -1, -1, 1]).double()) @ transforms[3]
    turned = Cameras(cameras.intrinsics, transforms)  # looks away; pixels mirrored
    pixels = seen(points, turned, noise=0.0)
    robust = triangulate_robustly(pixels, turned)
    assert (robust.result.points - points).abs().max() < 1e-6
    assert not robust.inliers[:, 3].any()
    assert robust.inliers[:, :3].all()
