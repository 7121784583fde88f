"""Where a person is learned, and how often each picture is seen."""

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.finetuning import learning
from human_capture.reenact.finetuning.learning import Order, Visits, placement


def test_visits_show_all_pictures_over_and_over(person):
    visits = Visits(person.clips(torch.arange(3)), 7)
    assert len(visits) == 7
    for number in range(7):
        assert torch.equal(visits[number].frame[0], person.frames[number % 3])


def test_an_order_goes_on_where_it_was_left():
    seen = 0
    order = Order(20, 3, lambda: seen)
    whole = list(order)
    assert sorted(whole) == list(range(20)) != whole
    torch.randint(9, (5,))
    seen = 8
    assert list(order) == whole[8:]
    assert len(order) == 20
    assert list(Order(20, 4, lambda: 0)) != whole


def test_a_device_is_found_or_one_sentence():
    assert placement(None).accelerator == "auto"
    assert (placement("cpu").accelerator, placement("cpu").devices) == ("cpu", 1)
    for device in ("banana", "cuda:99"):
        with pytest.raises(InputError, match=f"There is no device '{device}' here"):
            placement(device)


def test_a_number_chooses_among_devices(monkeypatch):
    monkeypatch.setattr(learning, "find_device", torch.device)
    second = placement("cuda:1")
    assert (second.accelerator, second.devices, second.half) == ("cuda", [1], True)
    assert placement("cuda").devices == 1
    assert not placement("mps").half
