"""Rows of clips."""

import torch
from torch.nn import functional

from human_capture.reenact.label_embedding import LabelEmbedding


def test_rows_have_unit_length_before_and_after_steps():
    table = LabelEmbedding(10, 8)
    labels = torch.tensor([3, 7])
    for _ in range(5):
        rows = table(labels)
        (rows * torch.randn(2, 8)).sum().backward()
        table.step(labels, rows)
    lengths = table.rows.norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones(10))


def test_a_step_moves_only_its_own_rows_against_the_gradient():
    table = LabelEmbedding(10, 8)
    before = table.rows.clone()
    labels, goal = torch.tensor([3, 7]), functional.normalize(torch.randn(2, 8))
    rows = table(labels)
    (-(rows * goal).sum()).backward()
    table.step(labels, rows)
    changed = (table.rows != before).any(1)
    assert changed.tolist() == [i in (3, 7) for i in range(10)]
    assert ((table.rows[labels] * goal).sum(1) > (before[labels] * goal).sum(1)).all()


def test_a_label_twice_in_a_batch_counts_as_the_sum():
    once, twice = LabelEmbedding(4, 8), LabelEmbedding(4, 8)
    twice.load_state_dict(once.state_dict())
    slope = torch.randn(8)
    for table, labels, scale in (
        (once, torch.tensor([2]), 2.0),
        (twice, torch.tensor([2, 2]), 1.0),
    ):
        rows = table(labels)
        (scale * rows @ slope).sum().backward()
        table.step(labels, rows)
    torch.testing.assert_close(once.rows, twice.rows)


def test_steps_are_those_of_adam_without_momentum():
    table = LabelEmbedding(3, 4, beta2=0.9, epsilon=1e-5)
    row, moment = table.rows[1].clone(), 0.0
    for step in range(1, 4):
        slope = torch.randn(4)
        rows = table(torch.tensor([1]))
        (rows @ slope).sum().backward()
        table.step(torch.tensor([1]), rows, 0.1)
        moment = 0.9 * moment + 0.1 * slope.square().mean()
        root = (moment / (1 - 0.9**step)) ** 0.5
        row = functional.normalize(row - 0.1 * slope / (root + 1e-5), dim=0)
        torch.testing.assert_close(table.rows[1], row)


def test_the_table_is_no_parameter_of_optimisers():
    table = LabelEmbedding(3, 4)
    assert not any(p.requires_grad for p in table.parameters())
    assert table.rows.shape == (3, 4) and len(table) == 3
