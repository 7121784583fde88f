import pytest
import torch

from human_capture.common.keypoints import BLAZEPOSE33
from human_capture.pose3d.lifting.normalisation import LifterInput
from human_capture.pose3d.networks.lifters.perceptron import WindowLifter
from human_capture.pose3d.networks.lifters.temporal import TemporalLifter

LIFTERS = {
    "single frame": lambda: WindowLifter(window=1, width=32),
    "window": lambda: WindowLifter(window=9, width=32),
    "temporal": lambda: TemporalLifter(dilations=(1, 3), width=32, token=8, heads=2),
}


def inputs(frames=20, seed=0):
    generator = torch.Generator().manual_seed(seed)
    joints = torch.randn(2, frames, 33, 3, generator=generator)
    seen = torch.rand(2, frames, 33, generator=generator) < 0.8
    seen[:, 4] = False
    person = torch.randn(2, frames, 5, generator=generator)
    view = torch.eye(3).expand(2, frames, 3, 3)
    return LifterInput(joints * seen[..., None], seen, person, view)


def part(whole, start, stop):
    return LifterInput(*(tensor[:, start:stop] for tensor in vars(whole).values()))


@pytest.fixture(params=LIFTERS)
def lifter(request):
    torch.manual_seed(0)
    lifter = LIFTERS[request.param]().eval()
    for parameter in lifter.parameters():  # the last layers start near zero
        torch.nn.init.normal_(parameter, std=0.2)
    return lifter


@torch.no_grad()
def test_a_stream_gives_what_the_whole_gives(lifter):
    whole, _ = lifter(inputs())
    state, pieces = None, []
    for start, stop in ((0, 1), (1, 2), (2, 9), (9, 20)):
        piece, state = lifter(part(inputs(), start, stop), state)
        pieces.append(piece)
    for name in ("joints", "spread", "up", "contact"):
        joined = torch.cat([getattr(piece, name) for piece in pieces], 1)
        torch.testing.assert_close(joined, getattr(whole, name), atol=1e-4, rtol=1e-4)


@torch.no_grad()
def test_an_output_depends_on_its_window_and_nothing_else(lifter):
    whole, _ = lifter(inputs())
    other = inputs(seed=1)
    for first, changes in ((19 - lifter.window, False), (20 - lifter.window, True)):
        mixed = LifterInput(
            *(
                torch.cat((vars(other)[name][:, : first + 1], ours[:, first + 1 :]), 1)
                for name, ours in vars(inputs()).items()
            )
        )
        again, _ = lifter(mixed)
        same = torch.allclose(again.joints[:, -1], whole.joints[:, -1], atol=1e-6)
        assert same != changes


@torch.no_grad()
def test_outputs_are_what_they_are_called(lifter):
    lifted, _ = lifter(inputs())
    assert lifted.joints.shape == (2, 20, 33, 3)
    assert BLAZEPOSE33.root_of(lifted.joints).abs().max() < 1e-5
    assert (lifted.spread > 0).all()
    torch.testing.assert_close(lifted.up.norm(dim=-1), torch.ones(2, 20))
    assert lifted.contact.shape == (2, 20, 4)


@torch.no_grad()
def test_unseen_joints_of_the_temporal_lifter_tell_nothing():
    lifter = TemporalLifter(dilations=(1,), width=16, token=8, heads=2).eval()
    torch.nn.init.normal_(lifter.leave[1].weight)
    first = inputs()
    noise = torch.randn(first.joints.shape) * ~first.seen[..., None]
    second = LifterInput(first.joints + noise, first.seen, first.person, first.view)
    torch.testing.assert_close(lifter(first)[0].joints, lifter(second)[0].joints)


def test_windows_are_as_long_as_they_say():
    assert TemporalLifter(dilations=(1, 3, 9, 27)).window == 81
    assert TemporalLifter(dilations=(1, 3, 9)).window == 27
    assert TemporalLifter(dilations=(1, 3)).window == 9
    assert WindowLifter(window=27).window == 27


def test_gradients_reach_every_parameter(lifter):
    lifted, _ = lifter.train()(inputs())
    total = sum(x.square().sum() for x in vars(lifted).values())
    (total + lifted.joints.sum() + lifted.up[..., 0].sum()).backward()
    for name, parameter in lifter.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
