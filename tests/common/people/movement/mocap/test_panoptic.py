"""CMU Panoptic: axes and units, and where a motion begins and ends."""

import json

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap import read_panoptic_poses

# x and height in centimetres, in the order of the 19 joints
JOINTS = [
    *([0, 150], [0, 160], [0, 95], [18, 148], [20, 118], [21, 92], [10, 95]),
    *([10, 52], [10, 9], [-18, 148], [-20, 118], [-21, 92], [-10, 95], [-10, 52]),
    *([-10, 9], [3, 164], [7, 162], [-3, 164], [-7, 162]),
]
LEFT_EAR, LEFT_KNEE, LEFT_EYE = 16, 7, 15


def body(number=0, at=(0.0, 0.0), unseen=()):
    rows = [[x + at[0], -height, at[1], 0.4] for x, height in JOINTS]
    for joint in unseen:
        rows[joint] = [0, 0, 0, -1]
    return {"id": number, "joints19": [float(v) for row in rows for v in row]}


def write(folder, frames):
    folder.mkdir(parents=True, exist_ok=True)
    for frame, bodies in frames.items():
        scene = {"version": 0.7, "univTime": 1.0, "fpsType": "hd_29_97"}
        path = folder / f"body3DScene_{frame:08d}.json"
        path.write_text(json.dumps(scene | {"bodies": bodies}))
    return folder


def test_centimetres_with_y_down_become_metres_with_z_up(tmp_path):
    walk = {100 + f: [body(at=(f, 2 * f))] for f in range(40)}
    (motion,) = read_panoptic_poses(write(tmp_path, walk))
    assert (len(motion), motion.fps) == (40, 29.97)
    at = {joint: track[10] for joint, track in motion.positions.items()}
    np.testing.assert_allclose(at["left_wrist"], [0.31, 0.2, 0.92])
    np.testing.assert_allclose(at["right_ankle"], [0.0, 0.2, 0.09], atol=1e-12)
    np.testing.assert_allclose(at["pelvis"], [0.1, 0.2, 0.95])
    np.testing.assert_allclose(at["neck"], [0.1, 0.2, 1.5])
    np.testing.assert_allclose(at["chest"], [0.1, 0.2, 0.95 + 0.35 * 0.55])
    np.testing.assert_allclose(at["head"], [0.1, 0.2, 1.62])
    assert "left_toe" not in at


def test_folder_of_the_sequence_will_do(tmp_path):
    write(tmp_path / "hdPose3d_stage1_coco19", {f: [body()] for f in range(30)})
    assert len(read_panoptic_poses(tmp_path)) == 1


def test_people_are_told_apart_by_id(tmp_path):
    frames = {f: [body(3, (0, 0)), body(1, (100, 0))] for f in range(30)}
    for f in range(30, 35):
        frames[f] = [body(1, (100, 0))]
    motions = read_panoptic_poses(write(tmp_path, frames))
    assert [len(m) for m in motions] == [35, 30]
    assert [m.positions["pelvis"][0, 0] for m in motions] == pytest.approx([1, 0])


@pytest.mark.parametrize("gap", ["no file", "nobody", "no knee", "somebody else"])
def test_a_gap_parts_motions_and_short_ones_are_dropped(tmp_path, gap):
    frames = {f: [body()] for f in range(31 + 1 + 35 + 1 + 29)}
    for f in (31, 67):
        if gap == "no file":
            del frames[f]
        elif gap == "nobody":
            frames[f] = []
        elif gap == "no knee":
            frames[f] = [body(unseen=[LEFT_KNEE])]
    if gap == "somebody else":  # who takes over the id two metres away
        for f in range(31, 67):
            frames[f] = [body(at=(200, 0))]
    lengths = [len(m) for m in read_panoptic_poses(write(tmp_path, frames))]
    assert lengths == [31, 35]


def test_joints_that_are_not_needed_may_be_unseen(tmp_path):
    frames = {f: [body(unseen=[LEFT_EYE])] for f in range(30)}
    (motion,) = read_panoptic_poses(write(tmp_path / "a", frames))
    assert "head" in motion.positions
    frames[7] = [body(unseen=[LEFT_EAR])]
    (motion,) = read_panoptic_poses(write(tmp_path / "b", frames))
    assert "head" not in motion.positions
    assert len(motion) == 30


def test_folder_without_poses_is_told(tmp_path):
    with pytest.raises(InputError, match="holds no body3DScene"):
        read_panoptic_poses(tmp_path)
    with pytest.raises(InputError, match="holds no body3DScene"):
        read_panoptic_poses(tmp_path / "nowhere")


def test_nobody_for_long_enough_is_told(tmp_path):
    with pytest.raises(InputError, match=r"nobody is seen .* for 30 frames"):
        read_panoptic_poses(write(tmp_path, {f: [body()] for f in range(29)}))


@pytest.mark.parametrize(
    ("bodies", "message"),
    [
        ("{", "is not valid JSON, or cut off"),
        ('{"version": 0.7}', "'bodies' is missing"),
        ('{"bodies": 3}', "must be a list"),
        ('{"bodies": [3]}', "must hold objects"),
        ('{"bodies": [{"id": 0}]}', "'joints19' is missing"),
        ('{"bodies": [{"id": 0, "joints19": [1, 2]}]}', "must be 76 numbers"),
        (f'{{"bodies": [{{"joints19": {[1] * 76}}}]}}', "'id' is missing"),
    ],
)
def test_damaged_file_is_named(tmp_path, bodies, message):
    write(tmp_path, {f: [body()] for f in range(30)})
    (tmp_path / "body3DScene_00000004.json").write_text(bodies)
    with pytest.raises(InputError, match=rf"body3DScene_00000004\.json: .*{message}"):
        read_panoptic_poses(tmp_path)
