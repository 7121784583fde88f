from dataclasses import replace

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.keypoints import BODY25, HAND21
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.views.openpose_styles import COCO18
from human_capture.pose3d.outputs.views.orbit import Orbit, frame_cameras
from human_capture.pose3d.outputs.views.projection import joints_of, project_people


def from_front(capture, azimuth=0.0):
    """One camera for each frame, at an angle from where the face looks."""
    nose = at(capture, "nose")
    ears = (at(capture, "left_ear") + at(capture, "right_ear")) / 2
    x, y, _ = (nose - ears)[0]
    orbit = Orbit(float(torch.atan2(y, x).rad2deg()) + azimuth, speed=0.0)
    return frame_cameras(orbit, capture, 512, 512)


def at(capture, joint, frame=0):
    return capture.points[:, frame, capture.format.index(joint)]


def test_pixels_are_those_of_the_camera_of_each_frame(performed):
    capture = performed(frames=20)
    cameras = frame_cameras(Orbit(), capture, 512, 512)
    people = project_people(capture, cameras, COCO18)
    for frame in (0, 7, 19):
        for joint in ("left_knee", "right_wrist"):
            point = at(capture, joint, frame).to(cameras.intrinsics)
            expected, _ = cameras[frame].project(point)
            found = people.pixels[:, frame, COCO18.index(joint)]
            torch.testing.assert_close(found, expected)


def test_neck_and_mid_hip_are_between_shoulders_and_hips(performed):
    capture = performed()
    points, confidence = joints_of(capture, BODY25)
    neck = (at(capture, "left_shoulder") + at(capture, "right_shoulder")) / 2
    torch.testing.assert_close(points[:, 0, BODY25.index("neck")], neck)
    assert torch.allclose(confidence[:, 0, BODY25.index("mid_hip")], torch.tensor(0.9))


def test_what_the_motion_lacks_is_left_out(performed):
    points, confidence = joints_of(performed(), BODY25)
    for joint in BODY25.joints:
        lacking = joint.endswith("small_toe")
        index = BODY25.index(joint)
        assert bool(points[..., index, :].isnan().all()) == lacking
        assert bool((confidence[..., index] == 0).all()) == lacking


def test_hip_centres_stand_in_for_hips(performed):
    capture = performed(form="human36m")
    points, _ = joints_of(capture, BODY25)
    for wanted, source in (("left_hip", "left_hip_centre"), ("mid_hip", "pelvis")):
        found = points[:, 0, BODY25.index(wanted)]
        torch.testing.assert_close(found, at(capture, source))


def test_a_derived_joint_needs_all_its_parts(performed):
    capture = performed()
    points = capture.points.clone()
    points[:, :, capture.format.index("left_hip")] = torch.nan
    capture = replace(capture, points=points)
    people = project_people(capture, from_front(capture), BODY25)
    assert not people.valid[..., BODY25.index("mid_hip")].any()
    assert people.valid[..., BODY25.index("right_hip")].all()
    assert (people.confidence[~people.valid] == 0).all()


@pytest.mark.parametrize(
    ("azimuth", "hidden"),
    [
        (0.0, set()),
        (180.0, {"nose", "left_eye", "right_eye"}),
        (90.0, {"right_ear"}),
        (-90.0, {"left_ear"}),
    ],
)
def test_the_head_hides_what_is_behind_it(performed, azimuth, hidden):
    capture = performed(action="Waiting")
    people = project_people(capture, from_front(capture, azimuth), COCO18)
    face = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
    seen = {joint for joint in face if people.valid[0, 0, COCO18.index(joint)]}
    assert not seen & hidden
    assert seen == {*face} - hidden


def test_nothing_behind_the_camera_is_seen(performed):
    capture = performed()
    cameras = from_front(capture)
    turned = cameras.world_to_camera.clone()
    turned[:, [0, 2]] *= -1
    away = replace(cameras, world_to_camera=turned)
    assert not project_people(capture, away, COCO18).valid.any()


def test_the_lens_bends_but_does_not_fold_points_back(performed):
    capture = performed(frames=1)
    straight = from_front(capture)
    lens = torch.tensor([[-0.3, 0.0, 0.0, 0.0]]).double()
    bent = replace(straight, distortion=lens)
    plain, curved = (project_people(capture, c, COCO18) for c in (straight, bent))
    assert (plain.pixels - curved.pixels).norm(dim=-1).max() > 2
    aside = capture.points + 30 * straight.rotation[0, 0].float()
    far = project_people(replace(capture, points=aside), bent, COCO18)
    assert not far.valid.any()


def test_a_motion_without_any_of_the_joints_is_named():
    points = torch.zeros(1, 1, 21, 3)
    sure = torch.ones(1, 1, 21)
    hand = Capture(HAND21, 30.0, points, sure, sure > 1)
    with pytest.raises(InputError, match="'hand21' has no joint of 'body25'"):
        joints_of(hand, BODY25)
