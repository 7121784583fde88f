"""VideoPose3D's Human3.6M: joints of both orders, and refusal of anything odd."""

import os
import pickle

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap import read_videopose3d

# the 32 joints of Human3.6M of which VideoPose3D keeps 17
KEPT = [0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27]


def human(frames=4, seed=0):
    """32 joints of somebody who stands and sways, facing -y."""
    at = np.zeros((32, 3))
    at[:, 2] = 0.95
    for side, first in ((-1, 1), (1, 6)):
        at[first : first + 5] = [
            *([0.13, 0, 0.95], [0.13, 0, 0.5], [0.13, 0.02, 0.07]),
            *([0.13, -0.12, 0.02], [0.13, -0.2, 0.02]),
        ]
        at[first : first + 5, 0] *= side
    at[[11, 12, 13, 14, 15], 2] = [0.95, 1.18, 1.44, 1.55, 1.66]
    for side, first in ((1, 16), (-1, 24)):
        at[first : first + 8] = [0.15, 0, 1.4]
        at[first + 2 : first + 8] = [0.18, 0, 1.1]
        at[first + 3 : first + 8] = [0.2, -0.1, 0.86]
        at[first : first + 8, 0] *= side
    noise = np.random.default_rng(seed).normal(0, 0.01, (frames, 32, 3))
    return at + noise


def write(path, content):
    np.savez_compressed(path, positions_3d=content)
    return path


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_motions_are_read_in_order(tmp_path, dtype):
    content = {
        "S1": {"Walking": human(4).astype(dtype), "Sitting 1": human(5).astype(dtype)},
        "S11": {"Eating": human(6).astype(dtype)},
    }
    motions = read_videopose3d(write(tmp_path / "data_3d_h36m.npz", content))
    assert [len(motion) for motion in motions] == [4, 5, 6]
    assert {motion.fps for motion in motions} == {50.0}
    walking = content["S1"]["Walking"]
    places = {"left_ankle": 8, "right_toe": 4, "left_elbow": 18, "right_wrist": 27}
    for joint, place in (places | {"neck": 13, "head": 14, "chest": 12}).items():
        np.testing.assert_array_equal(
            motions[0].positions[joint], walking[:, place].astype(float)
        )


def test_17_joints_are_the_same_joints(tmp_path):
    full = human()
    (wide,) = read_videopose3d(write(tmp_path / "a.npz", {"S1": {"A": full}}))
    (slim,) = read_videopose3d(write(tmp_path / "b.npz", {"S1": {"A": full[:, KEPT]}}))
    assert set(wide.positions) - set(slim.positions) == {"left_toe", "right_toe"}
    for joint, track in slim.positions.items():
        np.testing.assert_array_equal(track, wide.positions[joint])


class Malicious:
    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"touch {self.trace}",)


@pytest.mark.parametrize("deep", [False, True])
def test_code_in_the_file_is_named_and_not_run(tmp_path, deep):
    trace = tmp_path / "trace"
    evil = Malicious(trace)
    content = {"S1": {"Walking": human(), "Sitting": evil}} if deep else evil
    array = np.empty((), object)
    array[()] = content
    path = write(tmp_path / "a.npz", array)
    with pytest.raises(InputError, match=rf"holds {os.name}\.system, which is not"):
        read_videopose3d(path)
    assert not trace.exists()
    np.load(path, allow_pickle=True)["positions_3d"]  # what would have happened
    assert trace.exists()


def with_gap():
    joints = human()
    joints[2, 8] = np.nan
    return joints


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"S1": {"Walking": human()[:, :16]}}, r"S1 Walking: must be .*\(4, 16, 3\)"),
        ({"S1": {"Walking": human()[0]}}, "must be positions of shape"),
        ({"S1": {"Walking": [1, 2]}}, "must be positions of shape"),
        ({"S1": {"Walking": human()[:0]}}, "must be positions of shape"),
        ({"S1": {"Walking": with_gap()}}, "S1 Walking: frame 3 of 4"),
        ({"S1": [human()]}, "dict of dicts"),
        ([1], "has no positions_3d|not a whole npz|pickled"),
        ({}, "holds no motion"),
    ],
)
def test_other_content_is_told(tmp_path, content, message):
    with pytest.raises(InputError, match=message):
        read_videopose3d(write(tmp_path / "a.npz", content))


def test_files_that_are_not_whole_are_told(tmp_path):
    path = write(tmp_path / "a.npz", {"S1": {"Walking": human()}})
    whole = path.read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 10):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=r"a\.npz: "):
            read_videopose3d(path)
    np.savez(path, positions_2d=np.zeros(2))
    with pytest.raises(InputError, match="has no positions_3d"):
        read_videopose3d(path)
    path.write_bytes(pickle.dumps({"S1": {}}))
    with pytest.raises(InputError, match="not a whole npz"):
        read_videopose3d(path)
    with pytest.raises(InputError, match="not a whole npz"):
        read_videopose3d(tmp_path / "nowhere.npz")
