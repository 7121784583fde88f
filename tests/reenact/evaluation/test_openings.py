import math

import pytest
import torch

from human_capture.reenact.evaluation.openings import (
    EYES,
    MOUTH,
    correlation,
    openings,
)


def faces(mouth, eyes, scale=1.0):
    """Faces whose eyes are a tenth apart; lips and lids are so many tenths apart."""
    points = torch.zeros(len(mouth), 68, 2)
    points[:, 45, 0] = 0.1
    for gaps, pairs in ((mouth, MOUTH), (eyes, EYES)):
        for _, below in pairs:
            points[:, below, 1] = 0.1 * gaps
    return scale * points


def test_openings_are_in_distances_between_the_eyes():
    seen = faces(torch.tensor([0.0, 0.5]), torch.tensor([0.2, 0.1]), scale=3.0)
    torch.testing.assert_close(openings(seen, MOUTH), torch.tensor([0.0, 0.5]))
    torch.testing.assert_close(openings(seen, EYES), torch.tensor([0.2, 0.1]))


def test_who_opens_mouth_and_eyes_as_wanted_correlates():
    generator = torch.Generator().manual_seed(0)
    mouth, eyes, other = torch.rand(3, 400, generator=generator)
    true, halved = faces(mouth, eyes)[None], faces(0.5 * mouth + 0.1, other)[None]
    assert correlation(halved, true, MOUTH) == pytest.approx(1, abs=1e-5)
    assert abs(correlation(halved, true, EYES)) < 0.15
    turned_round = faces(1 - mouth, eyes)[None]
    assert correlation(turned_round, true, MOUTH) == pytest.approx(-1, abs=1e-5)


def test_whose_eyes_are_how_far_open_does_not_count():
    generator = torch.Generator().manual_seed(0)
    people = torch.arange(10.0).repeat_interleave(40)
    drawn, true = people + torch.rand(2, 400, generator=generator)
    pair = [faces(eyes, eyes).unflatten(0, (10, 40)) for eyes in (drawn, true)]
    assert float(torch.corrcoef(torch.stack((drawn, true)))[0, 1]) > 0.98
    assert abs(correlation(*pair, EYES)) < 0.15


def test_faces_that_were_not_found_do_not_count():
    mouth = torch.tensor([0.1, 0.9, 0.4, 0.2])
    true, drawn = faces(mouth, mouth)[None], faces(mouth, mouth)[None]
    drawn[0, 1] = torch.nan
    true[0, 2] = torch.nan
    assert correlation(drawn, true, MOUTH) == pytest.approx(1)
    assert math.isnan(correlation(drawn[:, 1:3], true[:, 1:3], MOUTH))
    still = faces(torch.full((4,), 0.3), mouth)[None]
    assert math.isnan(correlation(still, faces(mouth, mouth)[None], MOUTH))
