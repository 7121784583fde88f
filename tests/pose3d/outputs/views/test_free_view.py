from dataclasses import replace

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.keypoints import FORMATS
from human_capture.common.video import probe
from human_capture.pose3d.outputs.palette import person_colours
from human_capture.pose3d.outputs.views.free_view import FreeView, write_free_view
from human_capture.pose3d.outputs.views.limbs import limbs_of
from human_capture.pose3d.outputs.views.orbit import Orbit

FRONT = Orbit(speed=0.0)


def coloured(pixel):
    """How far a pixel is from grey; floor and sky are nearly grey."""
    return float(np.ptp(np.asarray(pixel, float)))


def spot(view, capture, frame, *joints, person=0):
    """Pixel midway between joints."""
    indices = [capture.format.index(joint) for joint in joints]
    point = capture.points[person, frame, indices].double().mean(0)
    (pixel,), _ = view.cameras[frame].project(point[None])
    x, y = pixel.floor().int().tolist()
    return y, x


def like(pixel, tone):
    """Whether a shaded colour is a tone, by its hue and lightness."""
    pixel, tone = np.asarray(pixel, float), np.asarray(tone, float)
    return bool(np.abs(pixel / pixel.max() - tone / tone.max()).max() < 0.2)


def test_limbs_have_the_tones_of_their_side(walk):
    capture = walk(people=2, frames=2)
    view = FreeView(capture, FRONT, 640, 480)
    image = view.draw(0)
    for person in range(2):
        tones = person_colours(person)
        for side, tone in (("left", tones.left), ("right", tones.right)):
            ends = (f"{side}_knee", f"{side}_ankle")
            pixel = image[spot(view, capture, 0, *ends, person=person)]
            assert like(pixel, tone), (person, side)


def test_unknown_joints_are_left_out(walk):
    capture = walk(frames=2)
    points = capture.points.clone()
    points[:, 0, capture.format.index("left_ankle")] = torch.nan
    usual = FreeView(capture, FRONT, 320, 240)
    gone = FreeView(replace(capture, points=points), usual.cameras, 320, 240)
    place = spot(usual, capture, 0, "left_ankle")
    assert coloured(usual.draw(0)[place]) > 40 > coloured(gone.draw(0)[place])


def test_frames_without_anybody_show_the_floor(walk):
    capture = walk(frames=3)
    points = capture.points.clone()
    points[:, 1] = torch.nan
    view = FreeView(replace(capture, points=points), FRONT, 160, 120)
    assert max(coloured(p) for p in view.draw(1).reshape(-1, 3)) < 40
    assert max(coloured(p) for p in view.draw(2).reshape(-1, 3)) > 60


def test_one_given_camera_stays_where_it_is(walk, rig):
    capture = walk(frames=3)
    view = FreeView(capture, rig[1], 640, 640)
    for frame in (0, 2):
        point = capture.points[0, frame, [capture.format.index("left_hip")]]
        (pixel,), _ = rig[1].project(point)
        x, y = pixel.floor().int().tolist()
        assert coloured(view.draw(frame)[y, x]) > 40


def test_people_behind_the_camera_are_not_drawn(walk, rig):
    turned = rig[0].world_to_camera.clone()
    turned[[0, 2]] *= -1  # half a turn about the camera's own vertical axis
    view = FreeView(walk(frames=1), replace(rig[0], world_to_camera=turned), 160, 160)
    assert max(coloured(p) for p in view.draw(0).reshape(-1, 3)) < 40


@pytest.mark.parametrize("name", list(FORMATS))
def test_every_format_has_limbs_for_all_its_bones_outside_the_face(name):
    form = FORMATS[name]
    drawn = {(limb.start, limb.stop) for limb in limbs_of(form)}
    face = ("nose", "eye", "ear", "mouth")
    for (first, second), names in zip(form.bone_indices, form.bones, strict=True):
        if not any(part in joint for joint in names for part in face):
            assert ((first,), (second,)) in drawn


def test_a_video_has_every_frame(tmp_path, performed):
    capture = performed(frames=6)
    write_free_view(capture, tmp_path / "free.mp4", width=160, height=120)
    video = probe(tmp_path / "free.mp4")
    assert (video.frames, video.width, video.height) == (6, 160, 120)
    assert video.fps == pytest.approx(30.0, rel=0.01)


def test_nobody_is_said_and_nothing_is_left(tmp_path, walk):
    capture = walk(frames=2)
    nobody = replace(capture, points=torch.full_like(capture.points, torch.nan))
    with pytest.raises(InputError, match="nobody was seen"):
        write_free_view(nobody, tmp_path / "free.mp4")
    assert not list(tmp_path.iterdir())
