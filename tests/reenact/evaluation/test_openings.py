import math

import pytest
import torch

from human_capture.reenact.evaluation.openings import (
    INNER_LIPS,
    LIDS,
    correlation,
    openings,
)


def faces(mouth, eyes, scale=1.0):
    """Faces whose eyes are a tenth apart; lips and lids are so many tenths apart."""
    points = torch.zeros(len(mouth), 68, 2)
    points[:, 45, 0] = 0.1
    for gaps, pairs in ((mouth, INNER_LIPS), (eyes, LIDS)):
        for _, below in pairs:
            points[:, below, 1] = 0.1 * gaps
    return scale * points


def test_openings_are_in_distances_between_the_eyes():
    seen = faces(torch.tensor([0.0, 0.5]), torch.tensor([0.2, 0.1]), scale=3.0)
    torch.testing.assert_close(openings(seen, INNER_LIPS), torch.tensor([0.0, 0.5]))
    torch.testing.assert_close(openings(seen, LIDS), torch.tensor([0.2, 0.1]))


STRAIGHT = torch.zeros(1, 400, 3)


def test_who_opens_mouth_and_eyes_as_wanted_correlates():
    generator = torch.Generator().manual_seed(0)
    mouth, eyes, other = torch.rand(3, 400, generator=generator)
    true, halved = faces(mouth, eyes)[None], faces(0.5 * mouth + 0.1, other)[None]
    assert correlation(halved, true, STRAIGHT, INNER_LIPS) == pytest.approx(1, abs=1e-5)
    assert abs(correlation(halved, true, STRAIGHT, LIDS)) < 0.15
    opposite = faces(1 - mouth, eyes)[None]
    found = correlation(opposite, true, STRAIGHT, INNER_LIPS)
    assert found == pytest.approx(-1, abs=1e-5)


def test_whose_eyes_are_how_far_open_does_not_count():
    generator = torch.Generator().manual_seed(0)
    people = torch.arange(10.0).repeat_interleave(40)
    drawn, true = people + torch.rand(2, 400, generator=generator)
    pair = [faces(eyes, eyes).unflatten(0, (10, 40)) for eyes in (drawn, true)]
    assert float(torch.corrcoef(torch.stack((drawn, true)))[0, 1]) > 0.98
    assert abs(correlation(*pair, STRAIGHT.reshape(10, 40, 3), LIDS)) < 0.15


def test_eyes_that_seem_open_for_the_head_turns_do_not_count():
    generator = torch.Generator().manual_seed(0)
    turn = 0.9 * (2 * torch.rand(1, 400, 3, generator=generator) - 1)
    drawn, true = 0.05 * torch.rand(2, 400, generator=generator) + turn[0, :, 0] ** 2
    pair = [faces(eyes, eyes)[None] for eyes in (drawn, true)]
    assert correlation(*pair, STRAIGHT, LIDS) > 0.98
    assert abs(correlation(*pair, turn, LIDS)) < 0.15
    assert correlation(pair[1], pair[1], turn, LIDS) == pytest.approx(1)


def test_faces_that_were_not_found_do_not_count():
    mouth = torch.tensor([0.1, 0.9, 0.4, 0.2, 0.3, 0.8, 0.5])
    true, drawn = faces(mouth, mouth)[None], faces(mouth, mouth)[None]
    drawn[0, 1] = torch.nan
    true[0, 2] = torch.nan
    straight = STRAIGHT[:, :7]
    assert correlation(drawn, true, straight, INNER_LIPS) == pytest.approx(1)
    few = drawn[:, 1:3], true[:, 1:3], straight[:, 1:3]
    assert math.isnan(correlation(*few, INNER_LIPS))
    still = faces(torch.full((7,), 0.3), mouth)[None]
    all_seen = faces(mouth, mouth)[None]
    assert math.isnan(correlation(still, all_seen, straight, INNER_LIPS))
