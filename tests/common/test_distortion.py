import cv2
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from human_capture.common.distortion import MAX_COEFFICIENTS, distort, undistort

STRONG = {
    "action camera": ("opencv", [-0.38, 0.16, 0.001, -0.0008, -0.03], 1.0),
    "barrel": ("opencv", [-0.28, 0.0, 0.0, 0.0], 0.95),
    "pincushion": ("opencv", [0.5, 0.3, 0.01, -0.01, 0.1], 1.2),
    "rational": ("opencv", [0.4, 0.2, 1e-3, -2e-3, 0.01, 0.8, 0.1, 0.02], 1.2),
    "thin prism": (
        "opencv",
        [-0.1, 0.05, 0, 0, 0, 0, 0, 0, 0.02, -0.01, 0.01, 0.02],
        1,
    ),
    "human36m": ("human36m", [-0.2071, 0.2478, -0.0009, -0.0014, -0.0031], 0.8),
    "strong human36m": ("human36m", [-0.3, 0.2, 0.01, -0.02, -0.03], 1.0),
    "fisheye": ("fisheye", [0.02, -0.003, 0.001, -0.0002], 8.0),
    "strong fisheye": ("fisheye", [0.1456, 0.027, 0.0168, -0.0067], 12.0),
    "equidistant": ("fisheye", [0.0, 0.0, 0.0, 0.0], 12.0),
}


def disc(radius, rings=15, spokes=16):
    r = torch.linspace(0, radius, rings, dtype=torch.float64)[:, None]
    angle = torch.linspace(0, 2 * torch.pi, spokes, dtype=torch.float64)
    return torch.stack((r * angle.cos(), r * angle.sin()), -1).reshape(-1, 2)


@pytest.mark.parametrize("name", STRONG)
def test_undistort_inverts_distort_both_ways(name):
    model, values, radius = STRONG[name]
    lens, points = torch.tensor(values, dtype=torch.float64), disc(radius)
    bent = distort(points, lens, model)
    again = undistort(bent, lens, model)
    torch.testing.assert_close(again, points, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(distort(again, lens, model), bent, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", STRONG)
def test_single_precision_is_good_to_a_hundredth_of_a_pixel(name):
    model, values, radius = STRONG[name]
    lens, bent = torch.tensor(values), None
    bent = distort(disc(min(radius, 2)).float(), lens, model)
    again = distort(undistort(bent, lens, model), lens, model)
    assert (again - bent).abs().max() < 5e-6  # of a focal length of 2000 pixels


def invertible(lens, model, radius):
    """Whether the lens nowhere folds, by its numerical Jacobian on a fine disc."""
    points, step = disc(radius, 60, 24), 1e-5
    columns = [
        (distort(points + d, lens, model) - distort(points - d, lens, model)) / step / 2
        for d in step * torch.eye(2, dtype=torch.float64)
    ]
    jacobian = torch.stack(columns, -1)
    determinant = torch.linalg.det(jacobian)
    trace = jacobian.diagonal(dim1=-2, dim2=-1).sum(-1)
    return bool(((determinant > 0.02) & (determinant < 50) & (trace > 0.2)).all())


def coefficient(bound):
    return st.floats(-bound, bound, allow_subnormal=False)


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*map(coefficient, [0.5, 0.3, 0.01, 0.01, 0.1])),
    st.sampled_from(["opencv", "human36m"]),
)
def test_every_lens_without_fold_is_inverted(values, model):
    lens = torch.tensor(values, dtype=torch.float64)
    assume(invertible(lens, model, 1.2))
    points = disc(1.2)
    again = undistort(distort(points, lens, model), lens, model)
    torch.testing.assert_close(again, points, rtol=0, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*map(coefficient, [0.2, 0.1, 0.05, 0.02])))
def test_every_fisheye_without_fold_is_inverted(values):
    lens = torch.tensor(values, dtype=torch.float64)
    t2 = torch.linspace(0, np.arctan(6.0), 100, dtype=torch.float64).square()
    powers = torch.stack([t2, t2**2, t2**3, t2**4], -1)
    odd = torch.tensor([3, 5, 7, 9], dtype=torch.float64)
    assume((1 + powers @ (odd * lens) > 0.1).all())
    points = disc(6.0)
    again = undistort(distort(points, lens, "fisheye"), lens, "fisheye")
    torch.testing.assert_close(again, points, rtol=0, atol=1e-6)


@pytest.mark.parametrize("count", [4, 5, 8, 12])
def test_opencv_model_is_opencvs(count):
    generator = np.random.default_rng(count)
    lens = generator.uniform(-0.1, 0.1, count)
    rays = generator.uniform(-0.8, 0.8, (50, 2))
    points = np.column_stack((rays, np.ones(50)))
    zero = np.zeros(3)
    expected, _ = cv2.projectPoints(points, zero, zero, np.eye(3), lens)
    result = distort(torch.from_numpy(rays), torch.from_numpy(lens))
    np.testing.assert_allclose(result.numpy(), expected[:, 0], atol=1e-12)


def test_fisheye_model_is_opencvs():
    generator = np.random.default_rng(0)
    lens = generator.uniform(-0.05, 0.05, 4)
    rays = generator.uniform(-3, 3, (50, 2))
    points = np.column_stack((rays, np.ones(50)))[:, None]
    zero = np.zeros((1, 3))
    expected, _ = cv2.fisheye.projectPoints(points, zero, zero, np.eye(3), lens)
    result = distort(torch.from_numpy(rays), torch.from_numpy(lens), "fisheye")
    np.testing.assert_allclose(result.numpy(), expected[:, 0], atol=1e-12)


def test_human36m_model_is_the_data_sets_own():
    k1, k2, p1, p2, k3 = lens = [-0.2071, 0.2478, -0.0009, -0.0014, -0.0031]
    points = disc(0.7)
    for (x, y), result in zip(
        points.tolist(),
        distort(points, torch.tensor(lens, dtype=torch.float64), "human36m").tolist(),
        strict=True,
    ):
        r2 = x**2 + y**2
        common = 1 + k1 * r2 + k2 * r2**2 + k3 * r2**3 + p1 * y + p2 * x
        assert result == pytest.approx([x * common + p2 * r2, y * common + p1 * r2])


def test_human36m_is_opencv_with_half_the_mixed_terms():
    tangential = torch.tensor([0.0, 0.0, 0.01, 0.02, 0.0], dtype=torch.float64)
    x, y = (points := disc(0.5)).unbind(-1)
    gap = distort(points, tangential) - distort(points, tangential, "human36m")
    expected = (0.01 * y + 0.02 * x)[:, None] * points
    torch.testing.assert_close(gap, expected)


@pytest.mark.parametrize("name", STRONG)
def test_gradients_are_exact(name):
    model, values, radius = STRONG[name]
    lens = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    points = disc(min(radius, 3), 4, 5)[1:].requires_grad_()
    torch.autograd.gradcheck(lambda p, k: distort(p, k, model), (points, lens))
    bent = distort(points, lens, model).detach().requires_grad_()
    torch.autograd.gradcheck(lambda p, k: undistort(p, k, model), (bent, lens))


@pytest.mark.parametrize("model", MAX_COEFFICIENTS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_results_and_gradients_are_finite_everywhere(model, dtype):
    lens = torch.tensor([-0.38, 0.16, 0.001, -0.0008], dtype=dtype, requires_grad=True)
    far = torch.tensor([0.0, 1e-30, 1e-9, 0.3, 1.0, 1.7, 5.0, 1e3], dtype=dtype)
    points = torch.stack((far, -0.5 * far), -1).requires_grad_()
    for function in (distort, undistort):
        result = function(points, lens, model)
        assert result.isfinite().all()
        grads = torch.autograd.grad(result.sum(), (points, lens))
        assert all(gradient.isfinite().all() for gradient in grads)


@pytest.mark.parametrize("model", MAX_COEFFICIENTS)
def test_batches_have_their_own_lenses(model):
    lenses = 0.05 * torch.rand(3, 4, dtype=torch.float64)
    points = disc(0.6).expand(3, -1, -1)
    for function in (distort, undistort):
        together = function(points, lenses, model)
        for i in range(3):
            alone = function(points[i], lenses[i], model)
            torch.testing.assert_close(together[i], alone, rtol=0, atol=1e-12)


def test_no_points_are_no_problem():
    lens = torch.zeros(5)
    assert undistort(torch.zeros(0, 2), lens).shape == (0, 2)
    assert undistort(torch.zeros(0, 2), lens[:4], "fisheye").shape == (0, 2)
