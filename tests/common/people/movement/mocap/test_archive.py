"""Archives of positions: Acclaim's bone ends, plain joints, and captures."""

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.keypoint_formats import COCO17, HUMAN36M
from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.phenotype import Phenotype
from human_capture.common.people.anatomy.skeleton import Skeleton
from human_capture.common.people.movement.actions.table import procedural_motion
from human_capture.common.people.movement.mocap import read_archive
from human_capture.common.people.movement.mocap.asf_amc import bone_positions
from human_capture.common.people.movement.mocap.asf_skeleton import read_asf
from human_capture.common.people.movement.mocap.named_motion import named_motion


def acclaim_points(acclaim, bones, frames=3):
    """Starts and ends of bones in random poses."""
    skeleton = read_asf(acclaim([]).parent / "07.asf")
    rng = np.random.default_rng(0)
    values = {
        b.name: rng.normal(0, 0.3, (frames, len(b.freedom))) for b in skeleton.bones
    }
    return bone_positions(skeleton, values)


def write(path, clips, names, parents, fps=60.0):
    about = {"joint_names": np.array(names), "parents": np.array(parents)}
    np.savez_compressed(path, **about, fps=np.array(fps), **clips)
    return path


@pytest.mark.parametrize("which", ["starts", "ends"])
def test_names_of_bones_may_stand_for_starts_or_ends(tmp_path, acclaim, bones, which):
    points = acclaim_points(acclaim, bones)
    names = ["root", *bones]
    parents = [-1, *(names.index(bone[0]) for bone in bones.values())]
    suffix = "_end" if which == "ends" else ""
    clip = np.stack([points[f"{name}{suffix}"] for name in names], 1).astype("f4")
    path = write(tmp_path / "a.npz", {"01_01": clip, "01_02": clip[:2]}, names, parents)
    first, second = read_archive(path)
    assert (len(first), len(second), first.fps) == (3, 2, 60.0)
    assert read_archive(path, fps=120.0)[0].fps == 120
    expected = named_motion({name: points[name] for name in names}, 60.0, "")
    assert set(first.positions) == set(expected.positions)
    for joint, track in expected.positions.items():
        np.testing.assert_allclose(first.positions[joint], track, atol=1e-6)
    np.testing.assert_allclose(
        first.positions["left_knee"], points["lfemur_end"], atol=1e-6
    )


@pytest.fixture(scope="module")
def walk():
    body = default_body()
    skeleton = Skeleton.of(body, body.shape(Phenotype.sample(0).tensor()))
    return procedural_motion(skeleton, "Walking", 0, 50)


def test_joints_of_motions_are_read_as_they_are(tmp_path, walk):
    names = list(walk.positions)
    clip = np.stack(list(walk.positions.values()), 1)
    path = write(
        tmp_path / "a.npz", {"walk": clip}, names, [-1] + [0] * (len(names) - 1)
    )
    (motion,) = read_archive(path)
    for joint in set(walk.positions) - {"pelvis"}:
        np.testing.assert_array_equal(motion.positions[joint], walk.positions[joint])
    np.testing.assert_allclose(
        motion.positions["pelvis"], walk.positions["pelvis"], atol=1e-9
    )


def capture(path, form, tracks, **changes):
    """The fields of a capture that readers need, as the npz export writes them."""
    fields = {"version": np.array(1), "fps": np.array(25.0), "points": tracks}
    fields |= {"format": np.array(form.name), "joints": np.array(form.joints)}
    np.savez_compressed(path, **(fields | changes))
    return path


def as_keypoints(walk, form):
    others = {"left_ear": "head", "right_ear": "head", "spine": "chest"}
    others |= {"thorax": "neck", "neck_nose": "head"}
    tracks = []
    for joint in form.joints:
        name = others.get(joint, joint.replace("_centre", ""))
        tracks.append(walk.positions.get(name, walk.positions["head"]))
    return np.stack(tracks, 1)


@pytest.mark.parametrize("form", [COCO17, HUMAN36M], ids=lambda form: form.name)
def test_captures_are_read_with_the_trunk_that_they_lack(tmp_path, walk, form):
    points = as_keypoints(walk, form)[None].astype("f4")
    (motion,) = read_archive(capture(tmp_path / "a.npz", form, points))
    assert motion.fps == 25
    exact = [*("left_knee", "right_wrist", "left_shoulder", "head")]
    exact += ["chest", "neck"] if form is HUMAN36M else []
    for joint in exact:
        np.testing.assert_allclose(
            motion.positions[joint], walk.positions[joint], atol=1e-6
        )
    at = motion.positions
    for joint, other in (("chest", "pelvis"), ("neck", "chest"), ("neck", "pelvis")):
        assert (at[joint][:, 2] > at[other][:, 2]).all()


def test_captures_part_where_somebody_is_unknown(tmp_path, walk):
    points = np.tile(as_keypoints(walk, COCO17), (2, 2, 1, 1)).astype("f4")
    points[0, 40, COCO17.index("left_knee")] = np.nan
    points[0, 60, COCO17.index("nose")] = np.nan
    points[1, 29:] = np.nan
    motions = read_archive(capture(tmp_path / "a.npz", COCO17, points))
    assert [len(motion) for motion in motions] == [40, 59]
    points[:] = np.nan
    with pytest.raises(InputError, match=r"nobody is known .* for 30 frames"):
        read_archive(capture(tmp_path / "a.npz", COCO17, points))


def test_joint_that_a_format_lacks_is_named(tmp_path):
    points = np.zeros((1, 40, 2, 3))
    path = tmp_path / "a.npz"
    for names, missing in ((["left_hip", "right_hip"], "chest"), ("ab", "pelvis")):
        np.savez(path, fps=25.0, joints=np.array(list(names)), points=points)
        message = f"person 1: the skeleton has no {missing}, .*left_wrist"
        with pytest.raises(InputError, match=message):
            read_archive(path)


def test_damage_is_told(tmp_path, walk):
    names = list(walk.positions)
    parents = [-1] + [0] * (len(names) - 1)
    clip = np.stack(list(walk.positions.values()), 1)
    path = tmp_path / "a.npz"
    broken = clip.copy()
    broken[4, 3] = np.nan
    cases = [
        ({"walk": clip[:, 1:]}, names, parents, r"walk has shape \(50, 17, 3\)"),
        ({"walk": clip[:0]}, names, parents, "walk holds no positions"),
        ({"walk": clip}, names, parents[1:], "joint_names and parents"),
        ({"walk": clip}, names, [5, *parents[1:]], "joint_names and parents"),
        ({"walk": broken}, names, parents, "walk: frame 5 of 50"),
        ({}, names, parents, "holds no clips"),
    ]
    for clips, called, above, message in cases:
        with pytest.raises(InputError, match=message):
            read_archive(write(path, clips, called, above))
    for fps in (0.0, np.nan, np.ones(3)):
        with pytest.raises(InputError, match="fps must be one positive number"):
            read_archive(write(path, {"walk": clip}, names, parents, fps))
    np.savez(path, something=clip)
    with pytest.raises(InputError, match="no motion archive; it needs joint_names"):
        read_archive(path)


def test_pickled_and_cut_off_archives_are_told(tmp_path, walk):
    path = tmp_path / "a.npz"
    np.savez(path, joint_names=np.array([{}], object), parents=0, fps=1.0)
    with pytest.raises(InputError, match="plain arrays"):
        read_archive(path)
    capture(path, COCO17, as_keypoints(walk, COCO17)[None])
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match="not a whole npz"):
        read_archive(path)
    path.write_bytes(b"")
    with pytest.raises(InputError, match="not a whole npz"):
        read_archive(path)
