import torch

from human_capture.common.rigs import ring
from human_capture.multineus.camera_corrections import CameraCorrections

VIEWS = torch.tensor([0, 2])


def test_nothing_is_corrected_in_the_beginning():
    cameras = ring(3)
    same = CameraCorrections(3)(cameras[VIEWS], VIEWS)
    torch.testing.assert_close(same.intrinsics, cameras[VIEWS].intrinsics)
    torch.testing.assert_close(same.world_to_camera, cameras[VIEWS].world_to_camera)


def test_corrections_act_in_the_frame_of_the_camera():
    corrections = CameraCorrections(3)
    with torch.no_grad():
        corrections.twists[2, 5] = 0.1  # forwards
    cameras = ring(3)
    moved = corrections(cameras[VIEWS], VIEWS)
    shift = moved.centre - cameras[VIEWS].centre
    torch.testing.assert_close(shift[0], torch.zeros(3))
    torch.testing.assert_close(
        shift[1], 0.1 * cameras.forward_axis[2], atol=1e-5, rtol=0
    )


def test_the_focal_length_changes_and_the_principal_point_does_not():
    corrections = CameraCorrections(3)
    with torch.no_grad():
        corrections.log_focal.fill_(0.5)
    before = ring(3)[VIEWS].intrinsics
    after = corrections(ring(3)[VIEWS], VIEWS).intrinsics
    factor = torch.tensor(0.5).exp()
    torch.testing.assert_close(after[:, 0, 0], factor * before[:, 0, 0])
    torch.testing.assert_close(after[:, 1, 1], factor * before[:, 1, 1])
    torch.testing.assert_close(after[:, :, 2], before[:, :, 2])


def test_a_wrong_camera_is_found_again():
    """Gradients lead back to where points were seen from."""
    points = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    points = 0.5 * points + torch.tensor([0.0, 0.0, 1.0])
    cameras = ring(3)
    truth = CameraCorrections(3)
    with torch.no_grad():
        truth.twists[:] = 0.02 * torch.randn(
            3, 6, generator=torch.Generator().manual_seed(1)
        )
        truth.log_focal.fill_(0.02)
        wanted, _ = truth(cameras[VIEWS], VIEWS).project(points)
    found = CameraCorrections(3)
    optimizer = torch.optim.Adam(found.parameters(), 2e-3)
    for _ in range(400):
        seen, _ = found(cameras[VIEWS], VIEWS).project(points)
        loss = (seen - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss) < 0.05  # pixels squared, from some hundreds
    assert found.twists.grad[1].abs().max() == 0  # a view that was not used
