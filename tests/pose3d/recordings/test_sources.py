from pathlib import Path

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.video import VideoInfo, is_video
from human_capture.pose3d.recordings.sources import (
    check_size,
    find_sources,
    match_cameras,
    synchronise,
)


def paths(*names):
    return [Path(name) for name in names]


def clip(name, fps, frames, start=0.0):
    return VideoInfo(Path(name), 64, 48, start + np.arange(frames) / fps)


def test_sources_are_found_in_folders_patterns_and_lists(tmp_path):
    for name in ("b10.mp4", "b9.MP4", "notes.txt"):
        (tmp_path / name).touch()
    expected = ["b9.MP4", "b10.mp4"]
    for given in (
        tmp_path,
        str(tmp_path / "b*"),
        [str(tmp_path / "b10.mp4"), tmp_path / "b9.MP4"],
    ):
        assert [p.name for p in find_sources(given, is_video, "videos")] == expected


def test_nothing_found_says_where_it_looked(tmp_path):
    with pytest.raises(InputError, match="No videos found in"):
        find_sources(tmp_path, is_video, "videos")
    with pytest.raises(InputError, match=r"There is no .*none"):
        find_sources(tmp_path / "none", is_video, "videos")


@pytest.mark.parametrize(
    "names",
    [
        ("cam02.mp4", "cam01.mp4"),
        ("CAM02.MP4", "Cam01.avi"),
        ("walk_cam02.mp4", "walk_cam01.mp4"),
        ("cam02-take.mp4", "cam01-take.mp4"),
    ],
)
def test_videos_match_cameras_by_name(names, recwarn):
    pairs = match_cameras(paths(*names), ("cam01", "cam02"))
    assert [p.name for p in pairs.values()] == [names[1], names[0]]
    assert list(pairs) == ["cam01", "cam02"] and not recwarn.list


def test_a_name_inside_another_number_does_not_match():
    with pytest.raises(InputError, match="give 1"):
        match_cameras(paths("cam11.mp4", "cam1.mp4", "x.mp4"), ("cam1", "cam2"))


def test_other_names_pair_by_order_and_say_so():
    with pytest.warns(UserWarning, match=r"front = a\.mp4, back = b\.mp4"):
        pairs = match_cameras(paths("a.mp4", "b.mp4"), ("front", "back"))
    assert pairs["back"] == Path("b.mp4")


def test_a_camera_without_video_is_left_out_with_a_warning():
    with pytest.warns(UserWarning, match="want of a video: camera c"):
        pairs = match_cameras(paths("a.mp4", "b.mp4"), ("a", "b", "c"))
    assert list(pairs) == ["a", "b"]


def test_a_video_without_camera_is_left_out_with_a_warning():
    with pytest.warns(UserWarning, match=r"want of a calibration: videos d.mp4, e.mp4"):
        pairs = match_cameras(paths("a.mp4", "b.mp4", "d.mp4", "e.mp4"), ("a", "b"))
    assert list(pairs) == ["a", "b"]


@pytest.mark.parametrize("names", [("a.mp4",), ("a.mp4", "x.mp4", "y.mp4")])
def test_fewer_than_two_pairs_are_refused(names):
    with pytest.raises(InputError, match="At least two cameras"):
        match_cameras(paths(*names), ("a", "b"))


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


def test_sizes_that_fit_need_no_words(recwarn):
    assert check_size("a", (1920, 1080), (1920, 1080)) == 1
    assert check_size("a", None, (1920, 1080)) == 1
    assert not recwarn.list


def test_a_resized_video_scales_the_calibration():
    with pytest.warns(UserWarning, match=r"scaled by 0\.500"):
        assert check_size("a", (1920, 1080), (960, 540)) == 0.5


def test_missing_padding_keeps_the_intrinsics():
    with pytest.warns(UserWarning, match="padding"):
        assert check_size("a", (1088, 1920), (1080, 1920)) == 1


def test_a_portrait_video_of_a_landscape_calibration_is_refused():
    with pytest.raises(InputError, match=r"1080 x 1920 .* turn the video upright"):
        check_size("a", (1920, 1080), (1080, 1920))
    with pytest.raises(InputError, match="own calibration"):
        check_size("a", (1920, 1080), (640, 480))
