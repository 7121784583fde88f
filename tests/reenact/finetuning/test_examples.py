"""Pictures by which one sees how well a person is drawn."""

import pytest
import torch

from human_capture.reenact.clips import as_float
from human_capture.reenact.finetuning.examples import changed, kept_aside, some
from human_capture.reenact.finetuning.pictures import PHOTO, PersonPictures


@pytest.fixture
def clips(person):
    return person.clips(torch.arange(3))


def test_pictures_kept_aside_stay_as_they_are_but_for_the_background(clips):
    clips.mask[..., :8] = 0
    examples = kept_aside(clips)
    assert torch.equal(examples.driver, as_float(clips.frame))
    photograph = as_float(clips.frame) * as_float(clips.mask)
    assert torch.equal(examples.photograph, photograph)
    assert torch.all(examples.photograph[..., :8] == 0)


def moves(picture, other, reach=8):
    """Moves, to the right and down, that turn the inside of a picture into another."""
    size = picture.shape[-1]
    inside = slice(reach, size - reach)
    return [
        (x, y)
        for x in range(-reach, reach + 1)
        for y in range(-reach, reach + 1)
        if torch.equal(
            picture.roll((y, x), (-2, -1))[:, inside, inside], other[:, inside, inside]
        )
    ]


def test_changed_pictures_are_moved_and_their_drivers_stretched():
    seed = torch.Generator().manual_seed(3)
    frames = torch.randint(256, (4, 3, 64, 64), generator=seed, dtype=torch.uint8)
    masks = torch.randint(256, (4, 1, 64, 64), generator=seed, dtype=torch.uint8)
    landmarks = torch.rand(4, 68, 2, generator=seed)
    person = PersonPictures(frames, masks, landmarks, torch.full((4,), PHOTO))
    examples = changed(person.clips(torch.arange(4)))
    for number, picture in enumerate(as_float(frames)):
        true = picture * as_float(masks[number])
        ((x, y),) = moves(true, examples.photograph[number])
        assert 0.02 <= min(abs(x), abs(y)) / 64 and max(abs(x), abs(y)) / 64 <= 0.05
        assert not moves(picture, examples.driver[number])


def test_changed_pictures_are_always_the_same(clips):
    first = changed(clips)
    torch.manual_seed(5)
    second = changed(clips)
    assert torch.equal(first.driver, second.driver)
    assert torch.equal(first.photograph, second.photograph)
    assert first.kind != kept_aside(clips).kind


@pytest.mark.parametrize(("most", "chosen"), [(6, range(6)), (9, range(6)), (1, [0])])
def test_some_are_evenly_spread(person, most, chosen):
    found = some(person.clips(torch.arange(6)), most)
    assert torch.equal(found.frame, person.frames[list(chosen)])
    assert torch.equal(found.landmarks, person.landmarks[list(chosen)])


def test_of_many_a_few_are_chosen_from_the_first_to_the_last(person):
    clips = person.clips(torch.arange(200) % 6)
    clips.label.copy_(torch.arange(200))
    numbers = some(clips).label
    assert len(numbers) == 32
    assert (numbers[0], numbers[-1]) == (0, 199)
    assert set(numbers.diff().tolist()) <= {6, 7}
    assert len(some(person.clips(torch.arange(0)))) == 0
