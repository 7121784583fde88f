"""Expressions: names, limits and what they do to the mesh."""

import pytest
import torch

from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.expressions import (
    EXPRESSIONS,
    FACIAL_ACTIONS,
    expression_track,
    sample_expression,
)


def column(name):
    return FACIAL_ACTIONS.index(name)


def test_names_are_those_of_the_baked_body():
    assert default_body().facial_action_names == FACIAL_ACTIONS


def test_every_expression_names_existing_actions():
    sided = {name.removesuffix("Left") for name in FACIAL_ACTIONS}
    for parts in EXPRESSIONS.values():
        assert set(parts) <= set(FACIAL_ACTIONS) | sided


def test_samples_are_within_limits_and_varied():
    faces = torch.cat([sample_expression(seed) for seed in range(200)])
    assert faces.min() >= 0
    assert faces.max() <= 1
    assert (faces.std(0) > 0.01).sum() > 30
    assert torch.equal(sample_expression(7), sample_expression(7))


def test_eyes_look_the_same_way():
    faces = torch.cat([sample_expression(seed) for seed in range(50)])
    for left, right in (("Out", "In"), ("In", "Out"), ("Up", "Up"), ("Down", "Down")):
        a, b = column(f"eyeLook{left}Left"), column(f"eyeLook{right}Right")
        assert torch.equal(faces[:, a], faces[:, b])


@pytest.mark.parametrize("seed", range(3))
def test_tracks_are_smooth_and_blink(seed):
    track = expression_track(seed, 600, 60.0)
    assert track.shape == (600, 52)
    assert track.min() >= 0
    assert track.max() <= 1
    assert track.diff(dim=0).abs().max() < 0.45  # a blink takes some 70 ms
    blink = track[:, column("eyeBlinkLeft")]
    assert (blink > 0.9).any()
    assert (blink > 0.9).float().mean() < 0.2


def test_one_frame_is_enough():
    assert expression_track(0, 1, 25.0).shape == (1, 52)


def test_smile_widens_the_mouth_and_blink_closes_the_eye():
    body = default_body()
    person = torch.full((1, 11), 0.5)

    def landmarks(**actions):
        values = torch.zeros(1, 52)
        for name, value in actions.items():
            values[0, column(name)] = value
        return body.rest(body.shape(person, expressions=values))[0][
            0, body.landmarks_478
        ]

    def apart(points, a, b):
        return float((points[a] - points[b]).norm())

    still = landmarks()
    smile = landmarks(mouthSmileLeft=1.0, mouthSmileRight=1.0)
    blink = landmarks(eyeBlinkRight=1.0)
    assert apart(smile, 61, 291) > apart(still, 61, 291) + 0.005
    assert apart(blink, 159, 145) < 0.5 * apart(still, 159, 145)
    assert apart(blink, 386, 374) > 0.9 * apart(still, 386, 374)
