from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.video import VideoInfo, probe
from human_capture.pose3d.recordings.timelines import own_timeline, synchronise


def clip(name, fps, frames, start=0.0):
    return VideoInfo(Path(name), 64, 48, start + np.arange(frames) / fps)


def test_equal_videos_are_in_step_frame_by_frame(recwarn):
    timeline = synchronise([clip("a", 60, 100), clip("b", 60, 100)])
    assert timeline.fps == pytest.approx(60)
    assert (timeline.frames == np.arange(100)[:, None]).all() and not recwarn.list


def test_the_common_part_is_used_and_dropped_frames_are_counted():
    with pytest.warns(UserWarning, match=r"20 of a.mp4, 5 of c.mp4"):
        timeline = synchronise(
            [clip("a.mp4", 30, 100), clip("b.mp4", 30, 80), clip("c.mp4", 30, 85)]
        )
    assert (timeline.frames == np.arange(80)[:, None]).all()


def test_different_rates_take_the_nearest_frames_of_the_faster():
    with pytest.warns(UserWarning, match=r"a 60\.00, b 25\.00.*25\.00 frames a second"):
        timeline = synchronise([clip("a", 60, 120), clip("b", 25, 50)])
    assert timeline.fps == pytest.approx(25) and len(timeline.frames) == 50
    difference = timeline.frames[:, 0] / 60 - timeline.frames[:, 1] / 25
    assert np.abs(difference).max() <= 0.5 / 60 + 1e-9


def test_variable_frame_rate_is_followed_by_time():
    times = np.array([0, 1, 2, 5, 6, 7, 8, 9]) / 30  # two frames were lost
    jumpy = VideoInfo(Path("a"), 64, 48, times)
    timeline = synchronise([jumpy, clip("b", 30, 10)])
    pairs = dict(zip(timeline.frames[:, 0], timeline.frames[:, 1], strict=True))
    assert pairs[3] == 5 and pairs[7] == 9


def test_absurd_rates_are_refused():
    with pytest.raises(InputError, match="too much to belong together"):
        synchronise([clip("a", 1000, 1000), clip("b", 1, 10)])


def test_parts_of_a_timeline():
    timeline = synchronise([clip("a", 60, 100), clip("b", 60, 100)])
    part = timeline.part(10, 40, 3)
    assert part.frames[:, 1].tolist() == list(range(10, 40, 3))
    assert part.fps == pytest.approx(20)
    with pytest.raises(InputError, match="none are left from frame 100"):
        timeline.part(100, None, 1)
    for start, stop, every in ((-1, None, 1), (5, 5, 1), (0, None, 0)):
        with pytest.raises(InputError, match="make no sense"):
            timeline.part(start, stop, every)


@pytest.mark.parametrize("fps", [20, 23.976, 25, 29.97, 30, 36])
def test_a_single_video_of_usual_rate_gives_its_own_frames(fps):
    timeline = own_timeline(clip("a", fps, 5000))
    assert timeline.fps == pytest.approx(fps)
    assert (timeline.frames == np.arange(5000)[:, None]).all()


@pytest.mark.parametrize("fps", [10, 15, 48, 59.94, 60, 120, 240])
def test_other_rates_are_sampled_thirty_times_a_second(fps):
    video = clip("a", fps, int(10 * fps))
    timeline = own_timeline(video)
    assert timeline.fps == 30
    moments = np.arange(len(timeline.frames)) / 30
    assert video.times[-1] - 1 / 30 < moments[-1] <= video.times[-1] + 1e-6
    distance = np.abs(video.times[timeline.frames[:, 0]] - moments)
    assert distance.max() <= 0.5 / fps + 1e-9


def test_times_in_whole_milliseconds_are_a_constant_rate():
    times = np.round(np.arange(108_000) / 30, 3)  # an hour
    timeline = own_timeline(VideoInfo(Path("a.webm"), 64, 48, times))
    assert timeline.fps == pytest.approx(30, rel=1e-5)
    assert (timeline.frames == np.arange(108_000)[:, None]).all()


def test_a_lost_frame_is_replaced_by_its_neighbour_at_the_native_rate():
    times = np.delete(np.arange(100) / 25, 50)
    timeline = own_timeline(VideoInfo(Path("a"), 64, 48, times))
    assert timeline.fps == pytest.approx(25) and len(timeline.frames) == 100
    assert timeline.frames[48:54, 0].tolist() in (
        [48, 49, 49, 50, 51, 52],
        [48, 49, 50, 50, 51, 52],
    )


def test_a_video_of_variable_rate_is_followed_by_time(tmp_path):
    ticks = [0, 20, 40, 60, 160, 260, 280, 300, 400, 600, 620, 700, 800]
    with av.open(str(tmp_path / "vfr.mp4"), "w") as container:
        stream = container.add_stream("libx264", 25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for tick in ticks:
            image = np.full((64, 64, 3), tick // 4, np.uint8)
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = tick, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    timeline = own_timeline(probe(tmp_path / "vfr.mp4"))
    assert timeline.fps == 30 and timeline.frames.shape == (25, 1)
    for moment, frame in enumerate(timeline.frames[:, 0].tolist()):
        distances = np.abs(np.array(ticks) / 1000 - moment / 30)
        assert distances[frame] == pytest.approx(distances.min(), abs=1e-6)
    assert set(range(13)) - set(timeline.frames[:, 0].tolist()) == {1, 6}


def test_a_single_frame_is_one_moment():
    timeline = own_timeline(clip("a", 30, 1))
    assert timeline.frames.tolist() == [[0]] and timeline.fps == 30
