import pytest
import torch

from human_capture.common.cameras import Cameras
from human_capture.pose3d.lifting.sequences import Sequences
from human_capture.pose3d.lifting.stream import LiftingStream
from human_capture.pose3d.lifting_task import lift_batch
from human_capture.pose3d.networks.lifters.perceptron import WindowLifter
from human_capture.pose3d.networks.lifters.temporal import TemporalLifter

FRAMES = 20


@pytest.fixture(params=["window", "middle of a window", "temporal", "temporal ahead"])
def lifter(request):
    torch.manual_seed(0)
    small = {"dilations": (1, 3), "width": 32, "token": 8, "heads": 2}
    lifter = {
        "window": lambda: WindowLifter(window=7, width=32),
        "middle of a window": lambda: WindowLifter(window=7, delay=3, width=32),
        "temporal": lambda: TemporalLifter(**small),
        "temporal ahead": lambda: TemporalLifter(delay=4, **small),
    }[request.param]().eval()
    for parameter in lifter.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return lifter


@pytest.fixture
def stream(lifter):
    intrinsics = torch.tensor([[600.0, 0, 320], [0, 600.0, 240], [0, 0, 1]])
    return LiftingStream(lifter, Cameras(intrinsics, torch.eye(4)))


def seen(seed=0):
    generator = torch.Generator().manual_seed(seed)
    pixels = 200 + 200 * torch.rand(FRAMES, 33, 2, generator=generator)
    return pixels, torch.rand(FRAMES, 33, generator=generator)


def streamed(stream, pixels, sure, pieces):
    ends = zip((0, *pieces[:-1]), pieces, strict=True)
    found = [stream(pixels[a:b], sure[a:b]) for a, b in ends]
    left = stream.finish()
    assert (left is None) == (stream.lifter.delay == 0)
    found += [] if left is None else [left]
    names = vars(found[0])
    return {name: torch.cat([getattr(x, name) for x in found]) for name in names}


PIECES = {"some": (1, 2, 3, 9, FRAMES), "single": tuple(range(1, FRAMES + 1))}


@pytest.mark.parametrize("pieces", PIECES.values(), ids=PIECES)
def test_pieces_give_what_the_whole_gives(stream, pieces):
    whole = streamed(stream, *seen(), (FRAMES,))
    again = streamed(stream, *seen(), pieces)
    for name, expected in whole.items():
        assert len(expected) == FRAMES, name
        torch.testing.assert_close(again[name], expected, atol=1e-3, rtol=1e-3)


def test_training_sees_what_a_stream_gives(stream, lifter):
    pixels, sure = seen()
    found = streamed(stream, pixels, sure, (FRAMES,))
    rays = (pixels - torch.tensor([320.0, 240.0])) / 600
    torch.testing.assert_close(found["rays"], rays)
    batch = Sequences(
        rays[None],
        sure[None],
        torch.zeros(1, FRAMES, 33, 3),
        torch.zeros(1, FRAMES, 3),
        torch.zeros(1, FRAMES, 4) > 0,
        torch.zeros(1, FRAMES),
        torch.zeros(1).long(),
    )
    with torch.no_grad():
        lifted, view = lift_batch(lifter, batch)
    torch.testing.assert_close(
        (lifted.joints @ view)[0], found["joints"], atol=1e-4, rtol=1e-4
    )


def test_a_frame_depends_on_as_many_later_ones_as_the_delay(stream, lifter):
    first = streamed(stream, *seen(), (FRAMES,))["spread"]
    pixels, sure = seen()
    pixels[12:] += 50.0
    other = streamed(stream, pixels, sure, (FRAMES,))["spread"]
    same = (first == other).all(1)
    torch.testing.assert_close(first[: 12 - lifter.delay], other[: 12 - lifter.delay])
    assert not same[12 - lifter.delay :].any()


def test_fewer_frames_than_the_delay_are_lifted_nevertheless(stream):
    pixels, sure = seen()
    assert len(streamed(stream, pixels[:2], sure[:2], (2,))["joints"]) == 2


def test_restarting_forgets_what_waits(stream, lifter):
    pixels, sure = seen()
    stream(pixels, sure)
    stream.restart()
    assert len(streamed(stream, pixels[:9], sure[:9], (9,))["joints"]) == 9
