import numpy as np
import torch
from torch.nn.functional import normalize

from human_capture.reenact.evaluation.identity_error import (
    IdentityError,
    identity_errors,
    recognised,
)


def descriptors(seed, *shape):
    drawn = torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
    return normalize(drawn.double(), dim=-1)


def test_errors_match_a_loop_over_pictures():
    drawn, shots = descriptors(0, 7, 16), descriptors(1, 7, 5, 16)
    raw = identity_errors(drawn, shots.mean(1))
    fair = identity_errors(drawn, shots.mean(1), renormalise=True)
    for row in range(7):
        mean = shots[row].numpy().mean(0)
        expected = 1 - float(mean @ drawn[row].numpy())
        assert abs(raw[row] - expected) < 1e-12
        expected = 1 - float(mean / np.linalg.norm(mean) @ drawn[row].numpy())
        assert abs(fair[row] - expected) < 1e-12


def test_only_the_renormalised_error_of_perfect_pictures_is_zero():
    shots = descriptors(2, 1, 5, 16)
    mean = shots.mean(1)
    perfect = normalize(mean, dim=-1)
    assert identity_errors(perfect, mean, renormalise=True).abs().max() < 1e-12
    assert identity_errors(perfect, mean) > 0.1
    assert (identity_errors(-perfect, mean, renormalise=True) - 2).abs().max() < 1e-12


def test_batches_and_processes_give_what_the_whole_gives():
    drawn, targets = descriptors(3, 20, 8).float(), descriptors(4, 20, 8).float()
    whole, parts = IdentityError(), [IdentityError(), IdentityError()]
    whole.update(drawn, targets / 2)
    for turn, rows in enumerate(torch.split(torch.arange(20), 3)):
        parts[turn % 2].update(drawn[rows], targets[rows] / 2)
    parts[0].merge_state(parts[1])  # as between processes
    expected, found = whole.compute(), parts[0].compute()
    for name in ("raw", "renormalised"):
        assert torch.allclose(found[name], expected[name], atol=1e-12)


def test_people_are_recognised_by_the_nearest_mean():
    people = torch.eye(3)
    drawn = torch.tensor([[2.0, 0.1, 0], [0.1, 0.2, 0.9], [0.6, 0.5, 0]])
    wanted = torch.tensor([0, 2, 1])
    assert recognised(drawn, people, wanted).tolist() == [True, True, False]
    # how long a mean is does not matter
    longer = people * torch.tensor([[0.1], [5.0], [1.0]])
    assert recognised(drawn, longer, wanted).tolist() == [True, True, False]
