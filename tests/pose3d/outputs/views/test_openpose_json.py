import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from human_capture.common.keypoints import BODY25, COCO17
from human_capture.pose3d.outputs.views.openpose_json import write_openpose_json
from human_capture.pose3d.outputs.views.openpose_styles import COCO18
from human_capture.pose3d.outputs.views.orbit import Orbit, frame_cameras
from human_capture.pose3d.outputs.views.projection import project_people
from human_capture.pose3d.recordings.keypoint_files import read_keypoints

SIZE = 400
STYLES = {"body25": (BODY25, BODY25), "coco18": (COCO18, COCO17)}


@pytest.mark.parametrize("style", list(STYLES))
@pytest.mark.parametrize("people", [1, 2])
def test_the_projects_own_reader_gives_the_projections_back(
    tmp_path, walk, style, people
):
    capture = walk(people=people, frames=5)
    write_openpose_json(tmp_path, capture, Orbit(), style, SIZE, SIZE)
    written, read = STYLES[style]
    cameras = frame_cameras(Orbit(), capture, SIZE, SIZE)
    expected = project_people(capture, cameras, written)
    found = read_keypoints(tmp_path)
    assert found.format == read and found.keypoints.shape[:2] == (5, people)
    for joint in read.joints:
        if joint not in written.joints:
            continue
        valid = expected.valid[..., written.index(joint)].numpy().T
        pixels = expected.pixels[..., written.index(joint), :].numpy().swapaxes(0, 1)
        here = found.keypoints[:, :, read.index(joint)]
        np.testing.assert_allclose(here[valid], pixels[valid], atol=1e-3)
        assert np.isnan(here[~valid]).all()
        sure = found.confidence[:, :, read.index(joint)]
        np.testing.assert_allclose(sure, 0.9 * valid, atol=1e-4)


def test_what_is_missing_is_zero_and_nobody_is_nobody(tmp_path, walk):
    capture = walk(people=2, frames=3)
    points = capture.points.clone()
    points[1, 1] = torch.nan
    points[0, :, capture.format.index("left_wrist")] = torch.nan
    paths = write_openpose_json(
        tmp_path, replace(capture, points=points), Orbit(), width=SIZE, height=SIZE
    )
    assert [p.name for p in paths] == [
        f"motion_{n:012d}_keypoints.json" for n in range(3)
    ]
    contents = [json.loads(path.read_text()) for path in paths]
    assert [len(content["people"]) for content in contents] == [2, 1, 2]
    values = np.reshape(contents[0]["people"][0]["pose_keypoints_2d"], (25, 3))
    assert (values[BODY25.index("left_wrist")] == 0).all()
    assert (values[BODY25.index("left_big_toe")] == 0).all()
    assert values[BODY25.index("neck")].all()


def test_joints_outside_the_image_are_not_found(tmp_path, walk, rig):
    capture = walk(frames=1)
    half = rig[0].crop(torch.tensor([0.0, 0.0, 640.0, 300.0]))
    write_openpose_json(tmp_path, capture, half, width=640, height=300)
    found = read_keypoints(tmp_path).keypoints[0, 0]
    seen = found[np.isfinite(found).all(-1)]
    assert 5 < len(seen) < 20
    assert (seen >= 0).all() and (seen <= [640, 300]).all()
