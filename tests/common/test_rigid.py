import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from human_capture.common.rigid import (
    align,
    se3_exp,
    skew,
    so3_exp,
    so3_log,
    umeyama,
)

ANGLES = [0, 1e-12, 1e-8, 1e-5, 1e-4, 1.1e-4, 0.01, 1, 2, 3, math.pi - 1e-4]
ANGLES += [math.pi - 1e-7, math.pi - 1e-9, math.pi]


def axes(count=40):
    generator = torch.Generator().manual_seed(0)
    random = torch.randn(count, 3, generator=generator, dtype=torch.float64)
    special = torch.tensor([[1, 0, 0], [0, -1, 0], [0, 0, 1], [1, 1, 0], [-1, 1, -1]])
    return torch.nn.functional.normalize(torch.cat((random, special.double())), dim=-1)


def test_skew_is_the_cross_product():
    a, b = axes()[:20], axes()[20:40]
    result = (skew(a) @ b[..., None])[..., 0]
    torch.testing.assert_close(result, torch.linalg.cross(a, b))


@pytest.mark.parametrize("angle", [*ANGLES, 4.0, 7.0, 100.0])
def test_exp_agrees_with_scipy(angle):
    vectors = angle * axes()
    expected = Rotation.from_rotvec(vectors.numpy()).as_matrix()
    np.testing.assert_allclose(so3_exp(vectors).numpy(), expected, atol=1e-14)


@pytest.mark.parametrize("angle", ANGLES)
def test_log_inverts_exp(angle):
    vectors = angle * axes()
    again = so3_log(so3_exp(vectors))
    if angle == math.pi:  # either sign is right
        again = again * (again * vectors).sum(-1, keepdim=True).sign()
    torch.testing.assert_close(again, vectors, rtol=0, atol=2e-9)


@pytest.mark.parametrize("angle", ANGLES)
def test_exp_inverts_log(angle):
    rotations = so3_exp(angle * axes())
    torch.testing.assert_close(
        so3_exp(so3_log(rotations)), rotations, rtol=0, atol=1e-12
    )


@pytest.mark.parametrize("angle", [0, 1e-9, 1e-4, 1.0, 3.0])
def test_exp_and_log_have_exact_gradients(angle):
    vectors = (angle * axes(3)).requires_grad_()
    torch.autograd.gradcheck(so3_exp, vectors)
    torch.autograd.gradcheck(lambda v: so3_log(so3_exp(v)), vectors, atol=1e-4)


def test_gradients_are_finite_at_the_edges():
    for angle in (0.0, 1e-20, math.pi):
        vectors = (angle * axes().float()).requires_grad_()
        so3_log(so3_exp(vectors)).sum().backward()
        assert vectors.grad.isfinite().all()


def brute(source, target, weights, with_scale):
    """Best similarity by searching rotations, with scale and shift in closed form."""
    share = weights / weights.sum()
    s = source - share @ source
    t = target - share @ target
    best = None
    start = Rotation.random(60, random_state=0)

    def fit(rotation):
        moved = s @ rotation.T
        scale = (share @ (moved * t).sum(1)) / (share @ (s * s).sum(1))
        scale = max(scale, 0.0) if with_scale else 1.0
        return share @ ((scale * moved - t) ** 2).sum(1), scale

    for rotation in start:
        width = 0.5
        loss, scale = fit(rotation.as_matrix())
        generator = np.random.default_rng(1)
        for _ in range(250):
            turn = Rotation.from_rotvec(width * generator.normal(size=3))
            trial, trial_scale = fit((turn * rotation).as_matrix())
            if trial < loss:
                loss, scale, rotation = trial, trial_scale, turn * rotation
            else:
                width *= 0.95
        if best is None or loss < best[0]:
            best = loss, scale, rotation.as_matrix()
    return best


@pytest.mark.parametrize("with_scale", [True, False])
@pytest.mark.parametrize("mirrored", [False, True])
def test_umeyama_beats_a_brute_search(with_scale, mirrored):
    generator = np.random.default_rng(5)
    source = generator.normal(size=(9, 3))
    weights = generator.uniform(0.1, 2, 9)
    target = 1.3 * source @ Rotation.random(random_state=3).as_matrix().T + [1, 2, 3]
    target += 0.3 * generator.normal(size=target.shape)
    if mirrored:
        target[:, 0] *= -1
    scale, rotation, translation = umeyama(
        *map(torch.from_numpy, (source, target, weights)), with_scale
    )
    moved = scale * torch.from_numpy(source) @ rotation.mT + translation
    share = weights / weights.sum()
    loss = share @ ((moved.numpy() - target) ** 2).sum(1)
    best, best_scale, best_rotation = brute(source, target, weights, with_scale)
    assert loss <= best + 1e-9
    assert loss == pytest.approx(best, rel=1e-3)
    assert scale.item() == pytest.approx(best_scale, rel=0.02)
    np.testing.assert_allclose(rotation.numpy(), best_rotation, atol=0.05)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 20), st.booleans())
def test_umeyama_recovers_similarities_and_never_reflects(seed, count, mirrored):
    generator = torch.Generator().manual_seed(seed)
    random = torch.randn(2, count + 3, 3, generator=generator, dtype=torch.float64)
    source = random[0, :count]
    turn = so3_exp(random[1, 0])
    target = 1.7 * source @ turn.mT + random[1, 1]
    if mirrored:
        target = target * torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64)
    scale, rotation, translation = umeyama(source, target)
    torch.testing.assert_close(torch.linalg.det(rotation).item(), 1.0)
    if not mirrored and count > 3:
        assert scale.item() == pytest.approx(1.7)
        torch.testing.assert_close(rotation, turn)
        torch.testing.assert_close(translation, random[1, 1])


def test_points_in_a_plane_or_on_a_line_align():
    generator = torch.Generator().manual_seed(0)
    turn = so3_exp(torch.tensor([0.3, -2.0, 0.4], dtype=torch.float64))
    for flat in ([1, 1, 0], [1, 0, 0]):
        source = torch.randn(6, 3, generator=generator, dtype=torch.float64)
        source = source * torch.tensor(flat)
        target = source @ turn.mT + 1
        torch.testing.assert_close(align(source, target), target)
        assert torch.linalg.det(umeyama(source, target)[1]).item() == pytest.approx(1)


def test_points_without_weight_do_not_count():
    source = torch.randn(2, 8, 3, generator=torch.Generator().manual_seed(0)).double()
    target = source @ so3_exp(torch.tensor([0.1, 0.2, 0.3]).double()).mT
    target[:, 5:] += 100
    weights = torch.ones(2, 8, dtype=torch.bool)
    weights[:, 5:] = False
    moved = align(source, target, weights, with_scale=False)
    torch.testing.assert_close(moved[:, :5], target[:, :5])


def test_no_weights_at_all_stay_finite():
    points = torch.randn(4, 3)
    for part in umeyama(points, points, torch.zeros(4)):
        assert part.isfinite().all()


def test_se3_exp_is_the_matrix_exponential():
    twists = torch.randn(20, 6, generator=torch.Generator().manual_seed(0)).double()
    twists = torch.cat((twists, 1e-5 * twists, torch.zeros(1, 6).double()))
    algebra = torch.zeros(len(twists), 4, 4).double()
    algebra[:, :3, :3] = skew(twists[:, :3])
    algebra[:, :3, 3] = twists[:, 3:]
    torch.testing.assert_close(
        se3_exp(twists), torch.linalg.matrix_exp(algebra), atol=1e-10, rtol=1e-10
    )


def test_the_gradient_of_se3_exp_is_finite_at_zero():
    twists = torch.zeros(2, 6, requires_grad=True)
    se3_exp(twists)[:, :3].sum().backward()
    assert twists.grad.isfinite().all()
    assert (twists.grad[:, 3:] == 1).all()
