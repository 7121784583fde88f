"""Drivers of all kinds."""

import time
import warnings
from fractions import Fraction

import av
import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.images import write_image
from human_capture.common.live_video import LiveVideo
from human_capture.reenact.driving.sources import (
    RecordedDriver,
    is_live,
    is_picture,
    live_frames,
)


def levels(frames):
    return [round(float(frame.image.mean()) / 20) for frame in frames]


@pytest.fixture
def numbered():
    return [np.full((48, 64, 3), 20 * n, np.uint8) for n in range(10)]


def test_a_video_keeps_its_frames_rate_and_sound(tmp_path, film, numbered):
    path = film(tmp_path / "a.mp4", numbered, 29.97)
    driver = RecordedDriver.open(path)
    assert len(driver) == 10 and driver.fps == pytest.approx(29.97, rel=1e-3)
    assert levels(driver) == list(range(10))
    times = [frame.time for frame in driver]
    assert times == pytest.approx(np.arange(10) / 29.97, abs=1e-3)
    assert driver.sound == path


def test_a_variable_rate_keeps_its_moments(tmp_path, numbered):
    path, ticks = tmp_path / "vfr.mp4", [0, 40, 80, 200, 240, 280, 320, 480, 520, 560]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", 25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for image, tick in zip(numbered, ticks, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    driver = RecordedDriver.open(path)
    assert [1000 * frame.time for frame in driver] == pytest.approx(ticks, abs=0.5)
    assert driver.fps == pytest.approx(25, rel=1e-3)


def test_a_folder_and_a_picture_have_the_given_rate_and_no_sound(tmp_path, numbered):
    for n, image in enumerate(numbered):
        write_image(tmp_path / f"{n}.png", image)
    folder = RecordedDriver.open(tmp_path, 12.0)
    assert levels(folder) == list(range(10)) and folder.fps == pytest.approx(12)
    picture = RecordedDriver.open(tmp_path / "4.png", 12.0)
    assert levels(picture) == [4] and picture.fps == 12
    assert folder.sound is None and picture.sound is None


def test_a_camera_gives_the_newest_frame_until_it_is_enough(tmp_path, film, numbered):
    path = film(tmp_path / "a.mp4", numbered, 10.0)
    with LiveVideo(str(path)) as video:
        seen = []
        for frame in live_frames(video, 0.75):
            seen.append(frame)
            time.sleep(0.12)
    times = [frame.time for frame in seen]
    assert times[0] == 0 and times[-1] < 0.75
    assert levels(seen) == sorted(set(levels(seen)))  # some are passed over
    assert 3 <= len(seen) <= 7


def test_kinds_of_sources(tmp_path):
    assert is_live("0") and is_live("rtsp://camera/1")
    assert not is_live("clip.mp4") and not is_live("folder0")
    assert is_picture("a.JPG") and not is_picture("a.mp4")


def test_a_driver_of_which_nothing_can_be_read_any_more_is_one_sentence(
    tmp_path, numbered
):
    for n, image in enumerate(numbered):
        write_image(tmp_path / f"{n}.png", image)
    driver = RecordedDriver.open(tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"No frame of .* can be decoded"):
        next(iter(driver))


def test_a_video_that_breaks_off_gives_what_is_there(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (20, 64, 64, 3), np.uint8)
    path = tmp_path / "cut.mp4"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", 25, options={"g": "1"})
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for image in noise:
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    with pytest.warns(UserWarning, match="breaks off"):
        driver = RecordedDriver.open(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert 5 < len(list(driver)) == len(driver) < 20


def test_damaged_frames_are_told_of(tmp_path, numbered):
    for n, image in enumerate(numbered):
        write_image(tmp_path / f"{n}.png", image)
    (tmp_path / "8.png").write_bytes(b"damaged")
    with pytest.warns(UserWarning, match=r"1 frames of .* cannot be decoded"):
        assert levels(RecordedDriver.open(tmp_path)) == [*range(8), 7, 9]


def test_only_so_many_seconds_are_shown(tmp_path, film, numbered):
    path = film(tmp_path / "a.mp4", numbered, 10.0)
    whole = RecordedDriver.open(path)
    for seconds, frames in ((0.5, 5), (0.51, 6), (0.01, 1), (60.0, 10)):
        driver = RecordedDriver.open(path, seconds=seconds)
        assert levels(driver) == list(range(frames)) and len(driver) == frames
        assert driver.fps == whole.fps
