from dataclasses import replace

import numpy as np
import pytest
import torch

from human_capture.common.calibration import Calibration
from human_capture.common.distortion import distort
from human_capture.common.errors import InputError
from human_capture.common.video import probe, read_frames
from human_capture.common.video_writer import VideoWriter
from human_capture.pose3d.outputs.overlay import (
    ViewPainter,
    project_motion,
    tile,
    write_overlays,
)
from human_capture.pose3d.outputs.palette import person_colours

NAMES = ("front", "left", "back", "right")
GREY = 90


@pytest.fixture(scope="module")
def calibration(rig):
    return Calibration(NAMES, rig.to(torch.float64), ((640, 640),) * 4)


def grey(height=640, width=640):
    return np.full((height, width, 3), GREY, np.uint8)


def write_video(path, frames, size=640):
    """A grey video whose brightness rises by 10 a frame."""
    with VideoWriter(path, 30.0) as writer:
        for number in range(frames):
            image = np.full((size, size, 3), 20 + 10 * number, np.uint8)
            writer.write(image)
    return path


def colour_at(image, spot):
    x, y = int(spot[0]), int(spot[1])
    return image[y, x].astype(int)


def close(first, second, tolerance=40):
    return np.abs(np.asarray(first) - np.asarray(second)).max() < tolerance


def test_the_reprojected_skeleton_has_the_persons_tones(walk, calibration):
    capture = replace(walk(people=2, frames=3), evidence=None)
    painter = ViewPainter(capture, calibration, 1)
    image = painter.draw(grey(), 2)
    pixels, _ = calibration.cameras[1].project(
        capture.points[:, 2].reshape(-1, 3).double()
    )
    for person, spots in enumerate(pixels.reshape(2, 17, 2)):
        tones = person_colours(person)
        joints = [capture.format.index(f"{side}_ankle") for side in ("left", "right")]
        assert close(colour_at(image, spots[joints[0]]), tones.left)
        assert close(colour_at(image, spots[joints[1]]), tones.right)
    assert close(image[5, 5], (GREY, GREY, GREY), 1)


def test_used_key_points_are_white_and_unused_ones_red(walk, calibration):
    capture = walk(frames=2, noise=0.0)
    motionless = torch.full_like(capture.points, torch.nan)
    painter = ViewPainter(replace(capture, points=motionless), calibration, 0)
    image = painter.draw(grey(), 1)
    assert capture.evidence is not None
    spots = capture.evidence.keypoints[0, 1, 0]
    wrist, ankle = (capture.format.index(f"left_{j}") for j in ("wrist", "ankle"))
    assert close(colour_at(image, spots[ankle]), (255, 255, 255))
    red, green, blue = colour_at(image, spots[wrist])
    assert red > 180 and green < 130 and blue < 130


def test_the_image_given_is_left_alone(walk, calibration):
    image = grey()
    ViewPainter(walk(frames=1), calibration, 0).draw(image, 0)
    assert (image == GREY).all()


def test_pictures_shrink_with_what_is_drawn(walk, calibration):
    capture = replace(walk(frames=1), evidence=None)
    image = ViewPainter(capture, calibration, 0, longest=320).draw(grey(), 0)
    assert image.shape == (320, 320, 3)
    ankle = capture.format.index("left_ankle")
    spot = project_motion(capture.points, calibration.cameras[0], (640, 640))[0, 0]
    assert close(colour_at(image, spot[ankle] / 2), person_colours(0).left)


def test_joints_behind_far_outside_or_unknown_are_not_projected(rig):
    camera = rig[0]
    behind = camera.centre - camera.forward_axis
    aside = camera.centre + camera.forward_axis + 20 * camera.rotation[0]
    nowhere = torch.full((3,), torch.nan)
    points = torch.stack((behind, aside, nowhere, torch.tensor([0.0, 0.0, 1.0])))
    pixels = project_motion(points[None, None], camera, (640, 640))[0, 0]
    assert np.isnan(pixels[:3]).all() and not np.isnan(pixels[3]).any()


def test_the_lens_bends_the_drawing(rig):
    lens = torch.tensor([-0.2, 0.05, 0.001, -0.001])
    camera = replace(rig[0], distortion=lens)
    points = torch.tensor([[0.3, 0.7, 1.4], [-0.5, -0.6, 0.3]])
    pixels = project_motion(points[None, None], camera, (640, 640))[0, 0]
    inside = points @ camera.rotation.T + camera.translation
    bent = distort(inside[:, :2] / inside[:, 2:], lens, "opencv")
    expected = bent * camera.intrinsics[0, 0] + camera.intrinsics[:2, 2]
    assert np.allclose(pixels, expected.numpy(), atol=1e-3)


@pytest.mark.parametrize(
    ("count", "shape", "sheet"),
    [(4, (90, 160), (180, 320)), (4, (160, 90), (160, 360)), (1, (50, 50), (50, 50))],
)
def test_the_sheet_comes_near_the_shape_of_a_screen(count, shape, sheet):
    pictures = [np.full((*shape, 3), n + 1, np.uint8) for n in range(count)]
    tiled = tile(pictures)
    assert tiled.shape == (*sheet, 3)
    for n in range(count):
        assert (tiled == n + 1).all(-1).sum() == shape[0] * shape[1]


def test_videos_are_written_for_each_camera_and_for_all(tmp_path, walk, calibration):
    capture = walk(people=2, frames=4)
    videos = [write_video(tmp_path / f"{name}.mp4", 4) for name in NAMES]
    paths = write_overlays(capture, calibration, videos, tmp_path / "out", longest=320)
    assert [path.name for path in paths] == [
        *(f"overlay_{name}.mp4" for name in NAMES),
        "overlay.mp4",
    ]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        path.name for path in paths
    }
    for path in paths[:-1]:
        info = probe(path)
        assert (info.frames, info.width, info.height) == (4, 320, 320)
        assert info.fps == pytest.approx(30)
    assert probe(paths[-1]).width == 640
    drawn, plain = next(read_frames(paths[0])), next(read_frames(videos[0]))
    assert (np.abs(drawn.astype(int) - int(plain[0, 0, 0])) > 60).any(-1).sum() > 200


def test_each_captured_frame_is_drawn_on_its_own_video_frame(
    tmp_path, walk, calibration
):
    capture = walk(frames=3)
    videos = [write_video(tmp_path / f"{name}.mp4", 8) for name in NAMES]
    frames = np.array([[0, 1, 2, 5], [2, 1, 4, 6], [4, 2, 6, 7]])
    paths = write_overlays(capture, calibration, videos, tmp_path, frames, longest=160)
    for view, path in enumerate(paths[:-1]):
        corners = [image[4, 4, 0] for image in read_frames(path)]
        assert corners == pytest.approx(20 + 10 * frames[:, view], abs=3)


def test_a_video_of_another_size_is_refused_and_nothing_is_left(
    tmp_path, walk, calibration
):
    videos = [write_video(tmp_path / f"{name}.mp4", 2) for name in NAMES[:3]]
    videos.append(write_video(tmp_path / "right.mp4", 2, size=320))
    with pytest.raises(InputError, match=r"'right' has 320 x 320 pixels.*640 x 640"):
        write_overlays(walk(frames=2), calibration, videos, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_shorter_video_shows_its_last_image_again(tmp_path, walk, calibration):
    videos = [write_video(tmp_path / f"{name}.mp4", 3) for name in NAMES]
    with pytest.warns(UserWarning, match="cannot be decoded"):
        paths = write_overlays(
            walk(frames=5), calibration, videos, tmp_path / "out", longest=64
        )
    assert probe(paths[0]).frames == 5


def test_a_video_that_ends_before_the_motion_begins_is_named(
    tmp_path, walk, calibration
):
    videos = [write_video(tmp_path / f"{name}.mp4", 2) for name in NAMES]
    late = np.full((2, 4), 7)
    with pytest.raises(InputError, match="ends before frame 7"):
        write_overlays(walk(frames=2), calibration, videos, tmp_path / "o", late)
