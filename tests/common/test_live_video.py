"""Live video: the newest image, never a queue of old ones."""

import time

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.live_video import LiveVideo
from human_capture.common.video_writer import VideoWriter


@pytest.fixture
def clip(tmp_path):
    """Twelve images at 20 a second, each brighter than the last."""
    path = tmp_path / "clip.mp4"
    with VideoWriter(path, 20.0) as writer:
        for level in range(12):
            writer.write(np.full((48, 64, 3), 20 * level, np.uint8))
    return path


def test_a_file_is_played_at_its_own_pace(clip):
    start = time.perf_counter()
    with LiveVideo(str(clip)) as video:
        frames = list(video)
    assert time.perf_counter() - start > 0.5  # 11 / 20 s
    assert frames[-1].index == 11
    taken = [frame.taken for frame in frames]
    assert taken == sorted(taken)
    for frame in frames:
        assert frame.image.shape == (48, 64, 3)
        assert abs(float(frame.image.mean()) - 20 * frame.index) < 8


def test_images_that_nobody_looked_at_are_passed_over(clip):
    with LiveVideo(str(clip)) as video:
        seen = []
        for frame in video:
            seen.append(frame.index)
            assert time.perf_counter() - frame.taken < 0.1  # fresh, however slow we are
            time.sleep(0.2)
    assert len(seen) < 9
    assert seen[-1] == 11


def test_one_may_stop_early(clip):
    with LiveVideo(str(clip)) as video:
        assert next(iter(video)).index == 0


@pytest.mark.parametrize("source", ["nowhere.mp4", "97"])
def test_what_cannot_be_opened_is_one_sentence(source):
    with pytest.raises(InputError, match=r"cannot be opened .*number of a webcam"):
        LiveVideo(source)


def test_a_file_without_pictures_is_one_sentence(tmp_path):
    path = tmp_path / "text.mp4"
    path.write_text("no video at all")
    with pytest.raises(InputError, match="cannot be opened"):
        LiveVideo(str(path))
