"""Pictures of one person to learn from."""

import pytest

from human_capture.reenact.finetuning.pictures import PersonPictures


@pytest.fixture
def person(blots):
    """Six pictures of 16 pixels."""
    video = blots(videos=1, length=6)[0]
    return PersonPictures(video.frames, video.masks, video.landmarks)
