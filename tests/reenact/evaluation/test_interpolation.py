import pytest
import torch

from human_capture.reenact.evaluation.interpolation import (
    monotone_share,
    path_progress,
    slerp,
    value_range,
)

SHARES = torch.linspace(0, 1, 11)


def pair(seed, *shape):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, *shape, generator=generator)


def angles(path):
    unit = torch.nn.functional.normalize(path.double(), dim=-1)
    cosines = (unit[..., 1:, :] * unit[..., :-1, :]).sum(-1)
    return cosines.clamp(-1, 1).acos()


def test_ends_are_exact():
    start, end = pair(0, 5, 16)
    path = slerp(start, end, SHARES)
    assert path.shape == (5, 11, 16)
    assert torch.equal(path[:, 0], start)
    assert torch.equal(path[:, -1], end)


def test_angles_are_even_and_lengths_change_evenly():
    start, end = pair(1, 5, 16)
    path = slerp(start, 3 * end, SHARES)
    steps = angles(path)
    assert (steps - steps.mean(-1, keepdim=True)).abs().max() < 1e-3
    whole = angles(torch.stack((start, end), -2))
    assert torch.allclose(steps.sum(-1, keepdim=True), whole, atol=1e-3)
    lengths = path.norm(dim=-1)
    assert lengths.diff(n=2).abs().max() < 1e-4


def test_the_textbook_formula_agrees():
    start, end = (torch.nn.functional.normalize(x, dim=-1) for x in pair(2, 4).double())
    angle = (start @ end).acos()
    for share, found in zip(SHARES, slerp(start, end, SHARES.double()), strict=True):
        expected = (1 - share).mul(angle).sin() * start + (share * angle).sin() * end
        assert torch.allclose(found, expected / angle.sin(), atol=1e-6)


@pytest.mark.parametrize("number", [2, 256])
def test_opposite_directions_have_a_path_too(number):
    start = pair(3, number)[0]
    path = slerp(start, -2 * start, SHARES)
    assert path.isfinite().all()
    assert (angles(path) - torch.pi / 10).abs().max() < 1e-3
    assert torch.equal(path[-1], -2 * start)


def test_equal_directions_stay():
    start = pair(4, 8)[0]
    path = slerp(start, start, SHARES)
    assert torch.allclose(path, start.expand(11, -1), atol=1e-6)
    assert slerp(start, torch.zeros(8), SHARES).isfinite().all()


def moving(shares):
    """A face that moves to the right and grows."""
    face = torch.rand(68, 2, generator=torch.Generator().manual_seed(5))
    return face + shares[:, None, None] * torch.tensor([0.5, 0.0])


def test_progress_is_the_share_of_the_way():
    shares = torch.tensor([0.0, 0.1, 0.6, 0.4, 1.0])
    progress = path_progress(moving(shares))
    assert torch.allclose(progress, shares, atol=1e-5)
    assert monotone_share(progress) == 0.75
    assert monotone_share(path_progress(moving(SHARES))) == 1


def test_lost_faces_do_not_count():
    landmarks = moving(torch.tensor([0.0, 0.5, 0.4, 0.7, 1.0]))
    landmarks[2] = torch.nan
    progress = path_progress(landmarks)
    assert progress.isnan().tolist() == [False, False, True, False, False]
    assert monotone_share(progress) == 1
    landmarks[0] = torch.nan
    assert torch.tensor(monotone_share(path_progress(landmarks))).isnan()


def test_flat_curves_have_no_range():
    assert value_range(torch.full((4,), 0.3)) == 0
    values = torch.tensor([0.2, torch.nan, 0.5])
    assert abs(value_range(values) - 0.3) < 1e-6
    assert torch.tensor(value_range(values[1:2])).isnan()
