"""Options of learning a person."""

import pytest

from human_capture.common.errors import InputError
from human_capture.reenact.finetuning.options import FinetuneOptions


def test_more_pictures_take_more_steps():
    options = FinetuneOptions(["photo.jpg"])
    assert options.steps_for(1) == 300
    assert options.steps_for(30) == options.steps_for(500) == 600
    steps = [options.steps_for(pictures) for pictures in range(1, 31)]
    assert steps == sorted(steps)
    assert FinetuneOptions(["photo.jpg"], steps=7).steps_for(30) == 7


def test_nobody_to_learn_is_one_sentence():
    with pytest.raises(InputError, match="There is nobody to learn"):
        FinetuneOptions()


@pytest.mark.parametrize("name", ["steps", "every", "patience", "frames"])
@pytest.mark.parametrize("number", [0, -3])
def test_counts_are_at_least_one(name, number):
    with pytest.raises(InputError, match="must be at least 1"):
        FinetuneOptions(["photo.jpg"], **{name: number})
    FinetuneOptions(["photo.jpg"], **{name: 1})
