from dataclasses import replace

import av
import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.images import read_image
from human_capture.multineus.outputs.mesh_drawing import draw_mesh
from human_capture.multineus.outputs.turntable import (
    SHEET_VIEWS,
    contact_sheet,
    turn_angles,
    write_contact_sheet,
    write_turntable,
)
from human_capture.multineus.outputs.viewpoints import around


def frames_of(path):
    with av.open(str(path)) as video:
        rate = video.streams.video[0].average_rate
        frames = [f.to_ndarray(format="rgb24") for f in video.decode(video=0)]
    return np.stack(frames), rate


@pytest.fixture(scope="module")
def video(bust, tmp_path_factory):
    path = tmp_path_factory.mktemp("turn") / "head.mp4"
    write_turntable(bust, path, seconds=0.8, fps=10.0, size=128)
    return frames_of(path)


def test_video_has_its_length_its_rate_and_two_halves(video):
    frames, rate = video
    assert frames.shape == (8, 128, 256, 3)
    assert rate == 10


def test_left_half_has_the_colours_and_right_half_is_grey(video):
    first = video[0][0].astype(int)
    colourful = np.ptp(first, axis=-1)
    assert (colourful[:, :128] > 80).mean() > 0.2
    assert colourful[:, 128:].max() < 25


@pytest.mark.parametrize(("frame", "degrees"), [(0, 0.0), (2, 70.0), (6, -70.0)])
def test_frames_show_the_head_from_their_angles(bust, video, frame, degrees):
    angles = turn_angles(8)
    camera = around(bust, angles, 128, 128)[frame]
    assert angles[frame] == pytest.approx(degrees)
    expected = draw_mesh(bust, camera, 128, 128, "clay").astype(int)
    assert np.abs(video[0][frame][:, 128:] - expected).mean() < 2


def test_angles_swing_to_both_sides_and_close_the_loop():
    angles = turn_angles(100, 50.0)
    assert angles[0] == 0 and angles.max() == 50 and angles.min() == -50
    steps = np.diff(np.append(angles, angles[0]))
    assert np.abs(steps).max() <= 50 * 2 * np.pi / 100


def test_without_a_swing_it_turns_once():
    np.testing.assert_allclose(turn_angles(4, None), [0, 90, 180, 270])


def test_a_mesh_without_colours_turns_as_clay_alone(bust, tmp_path):
    bare = replace(bust, colours=None)
    write_turntable(bare, tmp_path / "head.mp4", seconds=0.2, fps=10.0, size=64)
    assert frames_of(tmp_path / "head.mp4")[0].shape == (2, 64, 64, 3)
    assert contact_sheet(bare, 40).shape == (40, 5 * 32, 3)


@pytest.mark.parametrize("name", ["head.gif", "head", "head.png"])
def test_a_name_that_is_no_video_is_refused_in_a_sentence(bust, tmp_path, name):
    with pytest.raises(InputError, match=r"videos end in one of \.mp4"):
        write_turntable(bust, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_sheet_shows_five_sides_in_colour_and_as_clay(bust):
    sheet = contact_sheet(bust, 100)
    assert sheet.shape == (200, 5 * 80, 3)
    colourful = np.ptp(sheet.astype(int), axis=-1)
    assert (colourful[:100] > 80).mean() > 0.2
    assert colourful[100:].max() < 25
    middle = [sheet[50, 80 * n + 40].astype(int) for n in range(5)]
    # from the person's right, green, to the left, red
    assert all(green > red for red, green, _ in middle[:2])
    assert all(red > green for red, green, _ in middle[3:])


def test_profiles_in_the_sheet_look_outwards_from_the_front(bust):
    """The nose is to the right in the first view and to the left in the last."""
    assert SHEET_VIEWS[0] < 0 < SHEET_VIEWS[-1]
    clay = contact_sheet(bust, 200)[200:, :, 0]
    covered = clay < 250
    first, last = covered[:, :160], covered[:, -160:]
    np.testing.assert_array_equal(first.any(0), last.any(0)[::-1])
    columns = np.nonzero(first[100])[0]  # the row of the nose
    others = np.nonzero(first[70])[0]
    assert columns.max() - others.max() > others.min() - columns.min() + 5


def test_sheet_is_written_by_its_suffix(bust, tmp_path):
    write_contact_sheet(bust, tmp_path / "sheet.png", 60)
    np.testing.assert_array_equal(
        read_image(tmp_path / "sheet.png"), contact_sheet(bust, 60)
    )
    with pytest.raises(InputError, match="images end in one of"):
        write_contact_sheet(bust, tmp_path / "sheet.pdf", 60)
