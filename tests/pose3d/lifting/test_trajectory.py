import pytest
import torch

from human_capture.common.keypoints import BLAZEPOSE33
from human_capture.pose3d.lifting.placement import place
from human_capture.pose3d.lifting.stream import LiftedFrames
from human_capture.pose3d.lifting.trajectory import find_path
from human_capture.pose3d.networks.lifters.lifter import CONTACTS

FEET = [BLAZEPOSE33.index(joint) for joint in CONTACTS]


def lifted(dance, noise=0.0, person=1):
    """A walk five metres away, its rays disturbed, with the true contacts."""
    placed = (
        dance[person].double()
        @ torch.tensor([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]).double()
    )
    placed = placed + torch.tensor([0.0, 1.0, 5.0])
    root = placed[:, 23:25].mean(1)
    rays = placed[..., :2] / placed[..., 2:]
    generator = torch.Generator().manual_seed(0)
    rays = rays + noise * torch.randn(rays.shape, generator=generator).double()
    speed = placed[:, FEET].diff(dim=0).norm(dim=-1)
    still = torch.cat((speed[:1], speed)) < 0.004
    sure = torch.ones(rays.shape[:-1]).double()
    joints = placed - root[:, None]
    found = place(joints, rays, sure)
    up = torch.tensor([0.0, -1, 0]).expand(len(root), 3)
    frames = LiftedFrames(joints, found, sure, up, still.double(), rays, sure)
    return frames, root


def test_exact_rays_give_the_exact_path(dance):
    frames, root = lifted(dance)
    assert (find_path(frames, BLAZEPOSE33) - root).norm(dim=-1).max() < 0.04


def test_the_path_is_better_than_frame_by_frame(dance):
    frames, root = lifted(dance, noise=0.01)
    alone = (frames.root - root).norm(dim=-1).mean()
    path = find_path(frames, BLAZEPOSE33)
    together = (path - root).norm(dim=-1).mean()
    assert together < 0.5 * alone


def test_feet_that_stand_hardly_move(dance):
    frames, _ = lifted(dance, noise=0.01)
    path = find_path(frames, BLAZEPOSE33)

    def sliding(root):
        feet = (frames.joints + root[:, None])[:, FEET]
        stands = (frames.contact[1:] * frames.contact[:-1]) > 0.5
        return feet.diff(dim=0).norm(dim=-1)[stands].mean()

    assert sliding(path) < 0.2 * sliding(frames.root)


def test_gaps_are_bridged(dance):
    frames, root = lifted(dance)
    frames.confidence[20:26] = 0
    path = find_path(frames, BLAZEPOSE33)
    assert path.isfinite().all()
    assert (path - root).norm(dim=-1).max() < 0.1


@pytest.mark.parametrize("length", [1, 2, 3])
def test_short_stretches_work(dance, length):
    frames, root = lifted(dance)
    short = LiftedFrames(*(tensor[:length] for tensor in vars(frames).values()))
    assert (find_path(short, BLAZEPOSE33) - root[:length]).norm(dim=-1).max() < 0.04


def test_somebody_who_is_never_seen_is_left_alone(dance):
    frames, _ = lifted(dance)
    frames.confidence.zero_()
    assert torch.equal(find_path(frames, BLAZEPOSE33), frames.root)
