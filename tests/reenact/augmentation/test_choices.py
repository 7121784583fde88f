import pytest
import torch

from human_capture.reenact.augmentation.choices import (
    SomeOf,
    Sometimes,
    apply_chosen,
    one_of,
)

BLACK = torch.zeros(6000, 3, 1, 1)


def tenth_more(channel):
    def more(pictures, generator):
        pictures = pictures.clone()
        pictures[:, channel] += 0.1
        return pictures

    return more


def half(pictures, generator):
    return pictures / 2


def half_more(pictures, generator):
    return pictures + 0.5


def test_each_picture_gets_its_own_operation(generator):
    chosen = torch.tensor([1, -1, 0, 1])
    changed = apply_chosen(
        (half, half_more), chosen, torch.full((4, 3, 1, 1), 0.4), generator
    )
    assert torch.allclose(changed[:, 0, 0, 0], torch.tensor([0.9, 0.4, 0.2, 0.9]))


def test_pictures_are_cut_after_each_operation(generator):
    full = torch.ones(5, 3, 1, 1)
    assert torch.equal(SomeOf((half_more,), 1, 1)(full, generator), full)


def test_what_was_given_is_not_changed(generator):
    given = torch.zeros(5, 3, 1, 1)
    SomeOf((half_more,), 1, 1)(given, generator)
    assert torch.equal(given, torch.zeros(5, 3, 1, 1))


def test_all_numbers_of_operations_are_equally_likely(generator):
    changed = SomeOf((tenth_more(0),) * 7, 0, 5)(BLACK, generator)
    counts = torch.bincount((10 * changed[:, 0, 0, 0]).round().long())
    assert len(counts) == 6
    for count in counts.tolist():
        assert count == pytest.approx(1000, rel=0.12)


def test_no_operation_happens_twice(generator):
    operations = tuple(tenth_more(channel) for channel in range(3))
    changed = SomeOf(operations, 3, 3)(BLACK, generator)
    assert torch.allclose(changed, torch.full_like(changed, 0.1))


def test_all_operations_are_equally_likely(generator):
    operations = (*(tenth_more(channel) for channel in range(3)), half)
    changed = SomeOf(operations, 2, 2)(BLACK, generator) > 0.01
    for share in changed.float().mean((0, 2, 3)).tolist():
        assert share == pytest.approx(0.5, abs=0.03)


def test_both_orders_happen(generator):
    changed = SomeOf((half, half_more), 2, 2)(BLACK, generator)[:, 0, 0, 0]
    assert torch.all((changed == 0.5) | (changed == 0.25))
    assert float((changed == 0.5).float().mean()) == pytest.approx(0.5, abs=0.03)


def test_one_of_several_is_exactly_one(generator):
    operations = [tenth_more(channel) for channel in range(3)]
    changed = one_of(*operations)(BLACK, generator)
    assert torch.allclose(changed.sum(1), torch.tensor(0.1))


def test_sometimes_is_as_often_as_asked(generator):
    changed = Sometimes(half_more, 0.3)(BLACK, generator) > 0
    assert float(changed.float().mean()) == pytest.approx(0.3, abs=0.025)


def test_nothing_to_choose_from_changes_nothing(generator, pictures):
    assert torch.equal(SomeOf((), 0, 0)(pictures, generator), pictures)
