import torch

from human_capture.common.keypoints import BLAZEPOSE33
from human_capture.common.rigid import so3_exp
from human_capture.pose3d.lifting.normalisation import normalise, view_rotation


def seen_by_a_camera(joints):
    """Rays and full confidence from a camera five metres in front."""
    x, y, z = joints.unbind(-1)
    camera = torch.stack((x, 1.2 - z, y + 5), -1)
    return camera[..., :2] / camera[..., 2:], torch.ones(camera.shape[:-1])


def turned(rays, vector):
    points = torch.cat((rays, torch.ones_like(rays[..., :1])), -1)
    points = points @ so3_exp(torch.tensor(vector)).mT
    return points[..., :2] / points[..., 2:]


def test_where_the_camera_pans_to_makes_no_difference(dance):
    rays, sure = seen_by_a_camera(dance)
    plain, _ = normalise(rays, sure, BLAZEPOSE33)
    moved, _ = normalise(turned(rays, (0.0, 0.4, 0.0)), sure, BLAZEPOSE33)
    torch.testing.assert_close(moved.joints, plain.joints, atol=1e-4, rtol=0)
    torch.testing.assert_close(moved.person, plain.person, atol=1e-4, rtol=0)


def test_where_the_camera_tilts_to_makes_little_difference(dance):
    rays, sure = seen_by_a_camera(dance)
    plain, _ = normalise(rays, sure, BLAZEPOSE33)
    moved, _ = normalise(turned(rays, (-0.3, 0.0, 0.0)), sure, BLAZEPOSE33)
    torch.testing.assert_close(moved.joints, plain.joints, atol=0.25, rtol=0)


def test_how_large_the_person_is_in_the_image_makes_no_difference(dance):
    rays, sure = seen_by_a_camera(dance)
    rays = rays - rays.mean((1, 2), keepdim=True)
    near, _ = normalise(0.10 * rays, sure, BLAZEPOSE33)
    far, _ = normalise(0.05 * rays, sure, BLAZEPOSE33)
    torch.testing.assert_close(near.joints, far.joints, atol=1e-3, rtol=0)
    torch.testing.assert_close(near.person, far.person, atol=1e-2, rtol=0)


def test_pieces_give_what_the_whole_gives(dance):
    rays, sure = seen_by_a_camera(dance)
    sure[:, 10:14] = 0
    sure[0, :6] = 0
    sure[1, 20:, 11:20] = 0
    whole, _ = normalise(rays, sure, BLAZEPOSE33)
    memory, pieces = None, []
    for start, stop in ((0, 1), (1, 2), (2, 17), (17, 48)):
        piece, memory = normalise(
            rays[:, start:stop], sure[:, start:stop], BLAZEPOSE33, memory
        )
        pieces.append(piece)
    for name in ("joints", "seen", "person", "view"):
        joined = torch.cat([getattr(piece, name) for piece in pieces], 1)
        torch.testing.assert_close(joined, getattr(whole, name))


def test_nothing_depends_on_frames_to_come(dance):
    rays, sure = seen_by_a_camera(dance)
    whole, _ = normalise(rays, sure, BLAZEPOSE33)
    other = rays.clone()
    other[:, 30:] += 0.3
    changed, _ = normalise(other, sure, BLAZEPOSE33)
    torch.testing.assert_close(changed.joints[:, :30], whole.joints[:, :30])
    torch.testing.assert_close(changed.person[:, :30], whole.person[:, :30])


def test_unseen_joints_are_zero_whatever_their_numbers(dance):
    rays, sure = seen_by_a_camera(dance)
    sure[..., 5] = 0
    rays[..., 5, :] = torch.nan
    inputs, memory = normalise(rays, sure, BLAZEPOSE33)
    assert (inputs.joints[..., 5, :] == 0).all()
    assert not inputs.seen[..., 5].any()
    for tensor in (inputs.joints, inputs.person, inputs.view, memory.log_size):
        assert tensor.isfinite().all()


def test_an_empty_video_is_finite():
    nothing = torch.zeros(2, 7, 33)
    inputs, memory = normalise(torch.zeros(2, 7, 33, 2), nothing, BLAZEPOSE33)
    assert (inputs.joints == 0).all()
    assert (inputs.person == 0).all()
    torch.testing.assert_close(inputs.view, torch.eye(3).expand(2, 7, 3, 3))
    assert memory.log_size.isfinite().all()


def test_view_rotations_look_straight_at_the_person_without_roll():
    towards = torch.nn.functional.normalize(torch.randn(20, 3), dim=-1)
    rotation = view_rotation(3 * towards)
    torch.testing.assert_close(
        rotation @ rotation.mT, torch.eye(3).expand(20, 3, 3), atol=1e-6, rtol=0
    )
    assert torch.linalg.det(rotation).allclose(torch.ones(20))
    ahead = (rotation @ towards[..., None])[..., 0]
    torch.testing.assert_close(ahead, torch.tensor([0.0, 0, 1]).expand(20, 3))
    assert rotation[:, 0, 1].abs().max() < 1e-6  # its x axis stays level
