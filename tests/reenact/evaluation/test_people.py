import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.clip_frames import ClipFrames
from human_capture.reenact.evaluation.material import Setup
from human_capture.reenact.evaluation.people import People, spread


def clip(person, frames=3):
    return ClipFrames(
        torch.full((frames, 3, 8, 8), person, dtype=torch.uint8),
        torch.full((frames, 1, 8, 8), 255, dtype=torch.uint8),
        torch.rand(frames, 68, 2),
        torch.rand(frames, 478, 2),
        torch.rand(frames, 52),
        torch.rand(frames, 3),
        person,
    )


def test_people_are_numbered_as_they_come():
    people = People.of([clip(70), clip(30, 2), clip(70)])
    assert people.person.tolist() == [0, 0, 0, 1, 1, 0, 0, 0]
    assert people.clip.tolist() == [0, 0, 0, 1, 1, 2, 2, 2]
    assert people.count == 2
    assert people.first_clip(0).tolist() == [0, 1, 2]
    assert people.first_clip(1).tolist() == [3, 4]
    assert (people[people.person == 1].frames == 30).all()


def test_what_is_no_person_is_black():
    seen = clip(200, 1)
    seen.masks[:] = 0
    people = People.of([seen])
    assert (people.on_black() == 0).all()
    assert torch.allclose(people.pictures(), torch.tensor(200 / 255))


def test_chosen_frames_are_spread_evenly():
    frames = torch.arange(100, 132)
    assert spread(frames, 4).tolist() == [104, 112, 120, 128]
    assert spread(frames, 32).tolist() == frames.tolist()
    assert spread(frames, 99).tolist() == frames.tolist()
    assert spread(frames, 1).tolist() == [116]


@pytest.mark.parametrize(
    "options", [{"people": 3}, {"frames": 10}, {"drivers": 24}, {"videos": 0}]
)
def test_setups_that_cannot_be_are_refused(options):
    with pytest.raises(InputError, match=r"people|frames"):
        Setup(**options)
