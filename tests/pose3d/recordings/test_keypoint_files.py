import json

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.keypoints import BLAZEPOSE33, BODY25, COCO17, HALPE26
from human_capture.pose3d.recordings.keypoint_files import (
    first_frame_number,
    read_keypoints,
)


def person(joints, offset=0.0):
    """Joint j at (10 j + offset, 20 j + offset), confidence 0.5."""
    numbers = np.arange(1, joints + 1)
    return np.stack(
        [10 * numbers + offset, 20 * numbers + offset, 0 * numbers + 0.5], -1
    )


def write_openpose(
    folder, frames, key="pose_keypoints_2d", name="cam_{:012d}_keypoints"
):
    folder.mkdir(exist_ok=True)
    for number, people in frames.items():
        entries = [{"person_id": [-1], key: p.ravel().tolist()} for p in people]
        content = {"version": 1.3, "people": entries}
        path = folder / f"cam_{number:012d}_keypoints.json"
        path.write_text(json.dumps(content))
    return folder


@pytest.mark.parametrize(
    ("joints", "format"), [(25, BODY25), (26, HALPE26), (17, COCO17), (33, BLAZEPOSE33)]
)
def test_openpose_folders_are_read_frame_by_frame(tmp_path, joints, format):
    frames = {0: [person(joints), person(joints, 5)], 1: [], 3: [person(joints, 7)]}
    found = read_keypoints(write_openpose(tmp_path / "a", frames))
    assert found.format == format
    assert found.keypoints.shape == (4, 2, joints, 2)
    assert found.keypoints[0, 1] == pytest.approx(person(joints, 5.5)[:, :2])
    assert found.keypoints[3, 0] == pytest.approx(person(joints, 7.5)[:, :2])
    assert np.isnan(found.keypoints[[1, 2]]).all() and found.empty_frames == 2


def test_openpose_missing_joints_at_zero_are_not_seen(tmp_path):
    missing = person(25)
    missing[4] = 0
    found = read_keypoints(write_openpose(tmp_path / "a", {0: [missing]}))
    assert np.isnan(found.keypoints[0, 0, 4]).all()
    assert found.confidence[0, 0, 4] == 0 and found.confidence[0, 0, 5] == 0.5


def test_openpose_18_joints_become_coco17(tmp_path):
    order = (
        "nose neck right_shoulder right_elbow right_wrist left_shoulder left_elbow "
        "left_wrist right_hip right_knee right_ankle left_hip left_knee left_ankle "
        "right_eye left_eye right_ear left_ear"
    ).split()
    raw = person(18)
    folder = write_openpose(tmp_path / "a", {0: [raw]}, key="pose_keypoints")
    found = read_keypoints(folder)
    assert found.format == COCO17
    for j, joint in enumerate(COCO17.joints):
        expected = raw[order.index(joint), :2] + 0.5
        assert found.keypoints[0, 0, j] == pytest.approx(expected)


def test_frames_count_from_the_given_first_number(tmp_path):
    folder = write_openpose(tmp_path / "a", {100: [person(25)], 101: []})
    assert first_frame_number(folder) == 100
    assert len(read_keypoints(folder, first_frame=100)) == 2


def test_coco_results_are_grouped_by_image(tmp_path):
    content = [
        {"image_id": 2, "category_id": 1, "keypoints": p.ravel().tolist(), "score": 1}
        for p in (person(17), person(17, 3))
    ]
    content.append({"image_id": "0.jpg", "keypoints": person(17).ravel().tolist()})
    (tmp_path / "a.json").write_text(json.dumps(content))
    found = read_keypoints(tmp_path / "a.json")
    assert found.format == COCO17
    assert (found.confidence > 0).any(-1).sum(-1).tolist() == [1, 0, 2]
    assert found.keypoints[2, 1] == pytest.approx(person(17, 3.5)[:, :2])


def test_coco_annotations_follow_the_order_of_file_names(tmp_path):
    hidden = person(17)
    hidden[:, 2] = [0, 1, 2] + [2] * 14
    content = {
        "images": [{"id": 7, "file_name": "b10.png"}, {"id": 9, "file_name": "b9.png"}],
        "annotations": [{"image_id": 7, "keypoints": hidden.ravel().tolist()}],
    }
    (tmp_path / "a.json").write_text(json.dumps(content))
    found = read_keypoints(tmp_path / "a.json")
    assert len(found) == 2 and found.confidence[0].sum() == 0
    assert found.confidence[1, 0, :3].tolist() == [0, 0.5, 1]


def landmarks(offset=0.0):
    return [
        {"x": (j + 1) / 100 + offset, "y": (j + 1) / 50, "z": 0.1, "visibility": 0.7}
        for j in range(33)
    ]


@pytest.mark.parametrize(
    "entry",
    [
        {"landmarks": [landmarks()]},
        {"poseLandmarks": landmarks(), "poseWorldLandmarks": landmarks()},
        {"pose_landmarks": {"landmark": landmarks()}},
        {"pose_landmarks": [{"landmark": landmarks()}]},
        landmarks(),
    ],
)
def test_mediapipe_fractions_span_the_image_without_half_pixels(tmp_path, entry):
    content = [{"landmarks": []}, entry]
    (tmp_path / "a.json").write_text(json.dumps(content))
    found = read_keypoints(tmp_path / "a.json", (1000, 500))
    assert found.format == BLAZEPOSE33 and len(found) == 2
    numbers = np.arange(1, 34) * 10.0
    expected = np.stack([numbers, numbers], -1)
    assert found.keypoints[1, 0] == pytest.approx(expected, abs=1e-3)
    assert found.confidence[1, 0] == pytest.approx(0.7)
    assert found.empty_frames == 1


def test_mediapipe_with_several_people_and_pixels(tmp_path):
    pixels = [{"x": 300 + j, "y": 200 + j, "score": 0.9} for j in range(33)]
    content = {"frames": [{"keypoints": [pixels, pixels]}]}
    (tmp_path / "a.json").write_text(json.dumps(content))
    found = read_keypoints(tmp_path / "a.json")
    assert found.keypoints.shape == (1, 2, 33, 2)
    assert found.keypoints[0, 1, 4].tolist() == [304, 204]


def test_mediapipe_fractions_without_a_size_are_refused(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([{"landmarks": [landmarks()]}]))
    with pytest.raises(InputError, match="--videos"):
        read_keypoints(tmp_path / "a.json")


def test_numbers_that_are_none_are_skipped_and_counted(tmp_path):
    broken = person(25).ravel().tolist()
    broken[3], broken[7] = float("nan"), None
    folder = tmp_path / "a"
    folder.mkdir()
    content = {"people": [{"pose_keypoints_2d": broken}]}
    (folder / "0.json").write_text(json.dumps(content))
    with pytest.warns(UserWarning, match="2 key points in a are not numbers"):
        found = read_keypoints(folder)
    assert found.confidence[0, 0, :4].tolist() == [0.5, 0, 0, 0.5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("{}", "layout"),
        ('[{"image_id": 0}]', "Entry 0"),
        ('[{"image_id": 0, "keypoints": [1, 2]}]', "2 numbers"),
        ('[{"image_id": 0, "keypoints": ["a", 1, 1]}]', "not numbers"),
        ('[{"image_id": 0, "keypoints": [1, 1, 1]}]', "1 joints; known are"),
        ('[{"image_id": "x", "keypoints": [1, 1, 1]}]', "no frame number"),
        ('[{"landmarks": [[{"x": 1}]]}]', "landmark in frame 0"),
        ('[{"landmarks": []}]', "no landmarks"),
    ],
)
def test_broken_files_end_in_one_sentence(tmp_path, text, message):
    (tmp_path / "cam1.json").write_text(text)
    with pytest.raises(InputError, match=message):
        read_keypoints(tmp_path / "cam1.json")


def test_broken_openpose_folders_end_in_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no key-point JSON"):
        read_keypoints(tmp_path)
    (tmp_path / "1.json").write_text('{"people": [{"face": []}]}')
    with pytest.raises(InputError, match="Person 0"):
        read_keypoints(tmp_path)
    (tmp_path / "1.json").write_text("[1]")
    with pytest.raises(InputError, match="not an OpenPose file"):
        read_keypoints(tmp_path)
    with pytest.raises(InputError, match="no key-point file"):
        read_keypoints(tmp_path / "none.json")


def test_people_with_different_numbers_of_joints_are_refused(tmp_path):
    folder = write_openpose(tmp_path / "a", {0: [person(25), person(17)]})
    with pytest.raises(InputError, match="17, 25"):
        read_keypoints(folder)
