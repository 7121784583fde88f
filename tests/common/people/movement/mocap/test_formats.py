"""The right reader for each file and folder."""

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap import (
    read_amc,
    read_archive,
    read_bvh,
    read_mocap,
    read_panoptic_poses,
    read_videopose3d,
)


@pytest.fixture
def folder(tmp_path, person, acclaim, bones):
    """One file of each format."""
    (tmp_path / "walk.BVH").write_text(person.text(person.rows(3)))
    still = {name: [0.0] * len(b[4].split()) for name, b in bones.items() if b[4]}
    acclaim([{"root": [0, 18, 0, 0, 0, 0], **still}] * 4)
    rng = np.random.default_rng(0)
    poses = rng.normal(0, 0.01, (5, 32, 3))
    poses[:, [12, 13]] += np.array([[0, 0, 0.2], [0, 0, 0.5]])
    np.savez(tmp_path / "h36m.npz", positions_3d={"S1": {"Walking": poses}})
    motion = read_bvh(tmp_path / "walk.BVH")
    names, tracks = zip(*motion.positions.items(), strict=True)
    about = {"joint_names": np.array(names), "fps": np.array(50.0)}
    about["parents"] = np.array([-1] + [0] * (len(names) - 1))
    clip = np.concatenate([np.stack(tracks, 1)] * 2)
    np.savez(tmp_path / "clips.npz", **about, clip=clip)
    (tmp_path / "sequence").mkdir()
    joints = np.stack([motion.positions["pelvis"][0]] * 19)
    joints[[0, 3, 9]] += [0, 0, 0.5]
    x, y, z = 100 * joints.T
    rows = np.stack([x, -z, y, np.ones(19)], -1).ravel().tolist()
    for frame in range(30):
        path = tmp_path / "sequence" / f"body3DScene_{frame:08d}.json"
        path.write_text(f'{{"bodies": [{{"id": 1, "joints19": {rows}}}]}}')
    (tmp_path / "notes.txt").write_text("walks")
    return tmp_path


def same(motions, expected):
    assert len(motions) == len(expected)
    for motion, other in zip(motions, expected, strict=True):
        assert motion.fps == other.fps
        assert set(motion.positions) == set(other.positions)
        for joint, track in motion.positions.items():
            np.testing.assert_array_equal(track, other.positions[joint])


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("walk.BVH", lambda path: [read_bvh(path)]),
        ("07_01.amc", lambda path: [read_amc(path)]),
        ("h36m.npz", read_videopose3d),
        ("clips.npz", read_archive),
        ("sequence", read_panoptic_poses),
    ],
)
def test_each_format_is_recognised(folder, name, read):
    same(read_mocap(folder / name), read(folder / name))
    same(read_mocap(str(folder / name)), read(folder / name))
    assert {motion.fps for motion in read_mocap(folder / name, fps=12.5)} == {12.5}


def test_folder_gives_all_that_lies_below(folder):
    lengths = [len(motion) for motion in read_mocap(folder)]
    assert lengths == [4, 6, 5, 3, 30]


def test_what_is_not_known_is_told_with_what_is(folder, tmp_path):
    with pytest.raises(InputError, match=r"notes\.txt: is not of a known .*BVH.*amc"):
        read_mocap(folder / "notes.txt")
    with pytest.raises(InputError, match=r"07\.asf: is not .*\.amc beside its \.asf"):
        read_mocap(folder / "07.asf")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no motion capture; known are BVH"):
        read_mocap(tmp_path / "empty")
    with pytest.raises(InputError, match="there is no such file"):
        read_mocap(tmp_path / "nowhere.bvh")
    for fps in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="positive number"):
            read_mocap(folder / "walk.BVH", fps=fps)
