"""Who is seen, what they do and where are chosen apart."""

import pytest
import torch

from human_capture.reenact.datasets.takes import DrawTake, Take, TalkingHeadRecipe

DRAW = DrawTake(TalkingHeadRecipe(frames=8, size=48, clips=2, supersampling=1))


@pytest.fixture(scope="module")
def one():
    """Person 30 in the own clip 1."""
    return DRAW(Take(30, (30, 1), (30, 1)))


@pytest.fixture(scope="module")
def other():
    """Person 31 in the own clip 0."""
    return DRAW(Take(31, (31, 0), (31, 0)))


def test_some_frames_are_those_of_the_whole(one):
    some = DRAW(Take(30, (30, 1), (30, 1)), [6, 2])
    for name in ("frames", "masks", "landmarks", "actions", "turn"):
        assert torch.equal(some[name], one[name][[6, 2]]), name


def test_moves_of_one_in_the_place_of_the_other(one, other):
    take = DRAW(Take(31, (30, 1), (31, 0)))
    assert int(take["person"]) == 31
    assert torch.equal(take["actions"], one["actions"])
    torch.testing.assert_close(take["turn"], one["turn"], atol=1e-5, rtol=0)

    def room(item):
        return item["frames"][..., :4, :4].float().mean((0, 2, 3))

    near, far = (room(take) - room(other)).abs(), (room(take) - room(one)).abs()
    assert near.max() < far.max()
