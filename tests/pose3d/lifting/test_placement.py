import pytest
import torch

from human_capture.pose3d.lifting.placement import place, to_camera, upright


@pytest.fixture
def person(dance):
    """Root-relative joints, root positions and exact rays, for a few frames."""
    joints = dance[0, ::8]
    joints = joints - joints[:, 23:25].mean(1, keepdim=True)
    root = torch.tensor([[0.4, -0.2, 3.0], [-2.0, 0.5, 6.0]]).repeat(3, 1)
    placed = joints + root[:, None]
    return joints, root, placed[..., :2] / placed[..., 2:]


def test_exact_rays_give_the_exact_place(person):
    joints, root, rays = person
    found = place(joints.double(), rays.double(), torch.ones(rays.shape[:-1]).double())
    torch.testing.assert_close(found, root.double(), atol=2e-3, rtol=0)


def test_unseen_joints_do_not_count(person):
    joints, root, rays = person
    weights = torch.ones(rays.shape[:-1])
    weights[:, 5:20] = 0
    rays = rays.clone()
    rays[:, 5:20] = torch.nan
    torch.testing.assert_close(place(joints, rays, weights), root, atol=5e-3, rtol=0)


def test_no_place_nearby_explains_the_image_better(person):
    joints, _, rays = (x.double() for x in person)
    rays = rays + 0.01 * torch.randn(rays.shape, generator=torch.manual_seed(0))
    weights = torch.rand(rays.shape[:-1], generator=torch.manual_seed(1)).double()
    found = place(joints, rays, weights, steps=6)

    def missed(root):
        placed = joints + root[:, None]
        apart = placed[..., :2] / placed[..., 2:] - rays
        return (weights[..., None] * apart).square().sum((-2, -1))

    least = missed(found)
    for axis, step in ((0, 0.02), (1, 0.02), (2, 0.1)):
        for sign in (-1, 1):
            moved = found.clone()
            moved[:, axis] += sign * step
            assert (missed(moved) > least).all()


def test_noise_does_not_pull_people_towards_the_camera(person):
    joints, root, rays = (x[:1].double().expand(400, *x.shape[1:]) for x in person)
    noise = 0.02 * torch.randn(rays.shape, generator=torch.manual_seed(0))
    weights = torch.ones(rays.shape[:-1]).double()
    found = place(joints, rays + noise, weights)
    bias = (found - root)[:, 2].mean()
    error = (found - root)[:, 2].std() / 400**0.5
    assert bias.abs() < 4 * error + 0.02


@pytest.mark.parametrize("seen", [0, 1, 2])
def test_too_few_joints_give_a_finite_place_on_the_rays(person, seen):
    joints, _, rays = person
    weights = torch.zeros(rays.shape[:-1])
    weights[:, :seen] = 1
    found = place(joints, rays, weights)
    assert found.isfinite().all()
    assert (found[:, 2] > 0).all()
    if seen == 1:
        placed = joints[:, 0] + found
        torch.testing.assert_close(placed[:, :2] / placed[:, 2:], rays[:, 0])


def test_view_frames_are_undone():
    view = torch.linalg.qr(torch.randn(4, 3, 3)).Q
    joints = torch.randn(4, 5, 3)
    torch.testing.assert_close(to_camera(joints @ view.mT, view), joints)


def test_worlds_stand_upright():
    up = torch.nn.functional.normalize(torch.randn(30, 3), dim=-1)
    rotation = upright(up)
    torch.testing.assert_close(
        (rotation @ up[..., None])[..., 0], torch.tensor([0.0, 0, 1]).expand(30, 3)
    )
    assert torch.linalg.det(rotation).allclose(torch.ones(30))
    ahead = rotation[..., 2]
    assert ahead[:, 0].abs().max() < 1e-5
    assert (ahead[:, 1] > 0).all()
