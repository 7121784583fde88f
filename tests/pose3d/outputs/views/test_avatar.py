from dataclasses import replace

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.people.anatomy.skinned_keypoints import SkinnedKeypoints
from human_capture.common.video import probe, read_frames
from human_capture.pose3d.outputs.views.acted_joints import ActedJoints
from human_capture.pose3d.outputs.views.avatar import Avatar, write_avatar
from human_capture.pose3d.outputs.views.grounding import clearance
from human_capture.pose3d.outputs.views.orbit import Orbit


def acted(capture, seed, person=0, steadiness=0.0):
    return Avatar.of(capture, person, seed, steadiness)


def repeated(avatar, capture):
    """The avatar's key points in the format of the motion."""
    body = avatar.body
    points = SkinnedKeypoints(body.body, body.coefficients, capture.format.name)
    return points(avatar.pose.rotations, avatar.pose.root)


def errors(avatar, capture, *joints):
    chosen = [capture.format.index(joint) for joint in joints or capture.format.joints]
    apart = repeated(avatar, capture) - capture.points[0]
    return apart[:, chosen].norm(dim=-1)


def lowest(avatar, frames):
    skin = int(avatar.body.body.faces["body"].max()) + 1
    return np.array([avatar.vertices(frame)[:skin, 2].min() for frame in frames])


@pytest.mark.parametrize("action", ["Walking", "Kicking", "Dancing", "FloorSitting"])
def test_the_same_body_repeats_its_key_points(performed, action):
    capture = performed(action)
    assert errors(acted(capture, 7), capture).mean() < 0.025


def test_other_bodies_stay_near_the_captured_one(performed):
    capture = performed()
    for seed in (1, 2, 3):
        assert errors(acted(capture, seed), capture).mean() < 0.035


def test_joints_inside_the_body_are_taken_as_they_are(performed):
    capture = performed("Leaning", form="human36m")
    legs = [f"{s}_{j}" for s in ("left", "right") for j in ("knee", "ankle")]
    hips = ("pelvis", "left_hip_centre", "right_hip_centre")
    assert errors(acted(capture, 7), capture, *hips, *legs).max() < 0.015


@pytest.mark.parametrize("form", ["blazepose33", "body25", "coco17", "human36m"])
def test_soles_stay_on_the_floor(performed, form):
    capture = performed(form=form)
    for seed in (7, 11):
        heights = lowest(acted(capture, seed), range(0, 45, 4))
        assert np.abs(heights).max() < 0.015, heights


def test_somebody_who_jumps_leaves_the_floor_as_much(performed):
    capture = performed("Jumping", person=5, frames=90)
    joints = ActedJoints.of(capture, 0, 0.0)
    wanted = clearance(joints)
    top = int(wanted.argmax())
    assert wanted[top] > 0.1  # or this test says nothing
    (height,) = lowest(acted(capture, 11), [top])
    assert height == pytest.approx(wanted[top], abs=0.05)


def test_feet_without_key_points_are_flat(performed):
    capture = performed("Waiting", form="coco17")
    avatar = acted(capture, 7)
    up = avatar.pose.rotations[:, avatar.body.body.bone("foot.L"), 2, 2]
    assert (up > 0.97).all()


def test_the_head_turns_with_the_face(performed):
    capture = performed("Waiting")
    ears, nose = (
        [capture.format.index(joint) for joint in joints]
        for joints in (("left_ear", "right_ear"), ("nose",))
    )

    def gaze(points):
        ahead = points[:, nose].mean(1) - points[:, ears].mean(1)
        return torch.nn.functional.normalize(ahead, dim=-1)

    cosine = (gaze(repeated(acted(capture, 7), capture)) * gaze(capture.points[0])).sum(
        -1
    )
    assert cosine.min() > 0.99


def test_children_act_in_place(performed):
    """A motion too small for any adult is made larger about its own middle."""
    capture = performed()
    away = torch.tensor([30.0, -20.0, 0.0])
    small = replace(capture, points=0.5 * capture.points + away)
    apart = repeated(acted(small, 3), capture).mean((0, 1)) - small.points[0].mean(
        (0, 1)
    )
    assert apart[:2].norm() < 0.1


def test_gaps_are_bridged_and_shown_as_nobody(performed):
    capture = performed()
    points = capture.points.clone()
    points[:, 10:20] = torch.nan
    points[:, 30:35, capture.format.index("left_knee")] = torch.nan
    avatar = acted(replace(capture, points=points), 7)
    absent = np.flatnonzero(~avatar.present)
    assert absent.tolist() == list(range(10, 20))
    assert avatar.pose.rotations.isfinite().all() and avatar.pose.root.isfinite().all()
    assert errors(avatar, capture)[:8].mean() < 0.025


def test_jitter_is_smoothed(performed):
    capture = performed("Waiting")
    noise = torch.randn(
        capture.points.shape, generator=torch.Generator().manual_seed(0)
    )
    shaken = replace(capture, points=capture.points + 0.01 * noise)

    def jerk(points):
        return (points[2:] - 2 * points[1:-1] + points[:-2]).norm(dim=-1).mean()

    calm = repeated(Avatar.of(shaken, 0, 7), capture)
    assert jerk(calm) < 0.35 * jerk(shaken.points[0])


def test_what_an_avatar_needs_is_named(performed):
    capture = performed()
    points = capture.points.clone()
    points[:, :, capture.format.index("left_wrist")] = torch.nan
    with pytest.raises(InputError, match="does not have: left_wrist"):
        Avatar.of(replace(capture, points=points), 0, 7)


def test_the_seed_chooses_who_it_is(performed):
    capture = performed(frames=5)
    first, again, other = (acted(capture, seed) for seed in (4, 4, 5))
    assert np.array_equal(first.vertices(2), again.vertices(2))
    assert np.array_equal(first.look.materials, again.look.materials)
    assert not np.array_equal(first.vertices(2), other.vertices(2))


def test_the_video_shows_the_avatar_where_the_person_was(tmp_path, performed):
    capture = performed(frames=3)
    points = capture.points.clone()
    points[:, 1] = torch.nan
    gap = replace(capture, points=points)
    path = tmp_path / "avatar.mp4"
    write_avatar(gap, path, Orbit(speed=0.0), 11, 160, 120, supersampling=1)
    assert probe(path).frames == 3
    frames = list(read_frames(path))
    middle = [image[40:80, 70:90].astype(float) for image in frames]
    floor = middle[1]
    assert floor.min() > 180
    assert all((floor - shown).max() > 80 for shown in (middle[0], middle[2]))
