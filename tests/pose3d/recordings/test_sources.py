from pathlib import Path

import pytest

from human_capture.common.errors import InputError
from human_capture.common.video import is_video
from human_capture.pose3d.recordings.sources import (
    check_size,
    find_sources,
    match_cameras,
)


def paths(*names):
    return [Path(name) for name in names]


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
