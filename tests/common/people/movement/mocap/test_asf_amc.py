"""Acclaim: kinematics against a plain version, units, and where the skeleton is."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap import read_amc
from human_capture.common.people.movement.mocap.asf_amc import bone_positions, find_asf
from human_capture.common.people.movement.mocap.asf_skeleton import read_asf

METRE = 0.45 / 0.0254  # in units of the file


def frame(bones, **given):
    """A frame in which everything is at rest but what is given."""
    still = {name: [0.0] * len(bone[4].split()) for name, bone in bones.items()}
    still = {name: values for name, values in still.items() if values}
    return {"root": [0, METRE, 0, 0, 0, 0], **still, **given}


def reference(bones, values):
    """Where bones end in one frame, with rotations from scipy, in the file's unit."""
    root = values["root"]
    ends = {"root": np.array(root[:3])}
    turns = {"root": Rotation.from_euler("xyz", root[3:], degrees=True)}
    for name, (parent, direction, length, axis, dof) in bones.items():
        own = Rotation.from_euler("xyz", axis, degrees=True)
        turn = Rotation.identity()
        if dof:
            letters = "".join(word[1] for word in dof.split())
            turn = Rotation.from_euler(letters, np.ravel(values[name]), degrees=True)
        turns[name] = turns[parent] * own * turn * own.inv()
        ends[name] = ends[parent] + turns[name].apply(np.multiply(direction, length))
    return ends


def test_kinematics_match_reference(acclaim, bones):
    rng = np.random.default_rng(0)
    degrees = [
        frame(
            bones,
            root=[*rng.normal(size=3), *rng.uniform(-180, 180, 3)],
            **{
                n: rng.uniform(-90, 90, len(b[4].split()))
                for n, b in bones.items()
                if b[4]
            },
        )
        for _ in range(3)
    ]
    path = acclaim([{n: list(v) for n, v in values.items()} for values in degrees])
    skeleton = read_asf(path.parent / "07.asf")
    radians = {
        bone.name: np.array([np.radians(f.get(bone.name, [])) for f in degrees])
        for bone in skeleton.bones
    }
    radians["root"][:, :3] = np.array([f["root"][:3] for f in degrees]) / METRE
    points = bone_positions(skeleton, radians)
    motion = read_amc(path)
    for number, values in enumerate(degrees):
        ends = reference(bones, values)
        for name in bones:
            found = METRE * points[f"{name}_end"][number]
            np.testing.assert_allclose(found, ends[name], atol=1e-9)
        x, y, z = ends["lfemur"] / METRE
        np.testing.assert_allclose(motion.positions["left_knee"][number], [x, -z, y])


def test_known_angles_give_known_positions_in_metres(acclaim, bones):
    # the thigh is lifted to the front, the shank hangs
    path = acclaim([frame(bones, lfemur=[-90, 0, 0], ltibia=[90])])
    motion = read_amc(path)
    assert motion.fps == 120
    at = {name: x[0] * METRE for name, x in motion.positions.items()}
    np.testing.assert_allclose(at["pelvis"], [0, 0, METRE], atol=1e-9)
    np.testing.assert_allclose(at["left_hip"], [1.8, 0, METRE], atol=1e-9)
    # about the axis of the femur, which is turned by 20 degrees about z
    sine, cosine = np.sin(np.radians(20)), np.cos(np.radians(20))
    knee = at["left_hip"] - 7.2 * np.array([sine * cosine, cosine, sine * sine])
    np.testing.assert_allclose(at["left_knee"], knee, atol=1e-9)
    np.testing.assert_allclose(at["left_ankle"], knee - [0, 0, 7.2], atol=1e-9)
    np.testing.assert_allclose(at["right_ankle"], [-1.8, 0, METRE - 14.4], atol=1e-9)
    np.testing.assert_allclose(at["right_toe"], [-1.8, -2.3, METRE - 14.4], atol=1e-9)
    np.testing.assert_allclose(at["neck"], [0, 0, METRE + 6], atol=1e-9)
    np.testing.assert_allclose(at["left_wrist"], [3.5 + 9.7, 0, METRE + 6], atol=1e-9)


@pytest.mark.parametrize("name", ["07_01.asf", "07.ASF", "somebody.asf"])
def test_skeleton_is_found_beside_the_motion(acclaim, bones, name):
    stem, dot, suffix = name.partition(".")
    path = acclaim([frame(bones)], stem, suffix=dot + suffix)
    assert find_asf(path).name == name
    assert len(read_amc(path)) == 1


def test_skeleton_of_the_same_person_is_preferred(acclaim, bones):
    acclaim([frame(bones)], "08")
    path = acclaim([frame(bones)], "07")
    assert find_asf(path).name == "07.asf"


def test_missing_skeleton_is_told(acclaim, bones, tmp_path):
    path = acclaim([frame(bones)])
    (tmp_path / "07.asf").unlink()
    with pytest.raises(InputError, match=r"needs its skeleton; put 07\.asf beside it"):
        read_amc(path)
    with pytest.raises(InputError, match=r"elsewhere\.asf: cannot be read"):
        read_amc(path, tmp_path / "elsewhere.asf")


def test_motion_of_another_skeleton_is_told(acclaim, bones):
    with pytest.raises(InputError, match="skeleton has no tail"):
        read_amc(acclaim([frame(bones, tail=[1.0])]))
    with pytest.raises(InputError, match="frame 2 of 2 has 2 numbers for 'ltibia'"):
        read_amc(acclaim([frame(bones), frame(bones, ltibia=[1, 2])]))


def test_numbers_that_are_none_are_told(acclaim, bones):
    with pytest.raises(InputError, match="frame 2 holds a value for 'lfemur'"):
        read_amc(acclaim([frame(bones), frame(bones, lfemur=[0, "nan", 0])]))


def test_cut_off_files_are_told(acclaim, bones):
    path = acclaim([frame(bones), frame(bones)])
    text = path.read_text()
    path.write_text(text[: text.rindex("rhumerus")])
    with pytest.raises(InputError, match="frame 2 of 2 has 0 numbers for 'rhumerus'"):
        read_amc(path)
    path.write_text("#!OML:ASF\n:FULLY-SPECIFIED\n")
    with pytest.raises(InputError, match="cut off; it has no frames"):
        read_amc(path)
    path.write_text(text)
    skeleton = path.parent / "07.asf"
    whole = skeleton.read_text()
    skeleton.write_text(whole[: whole.index(":hierarchy")])
    with pytest.raises(InputError, match=r"not a whole ASF file; it has no :hierarchy"):
        read_amc(path)
    skeleton.write_text(whole.replace("direction 0 -1 0", "direction 0 -1", 1))
    with pytest.raises(InputError, match="direction of 'lfemur' must be 3 numbers"):
        read_amc(path)


def test_hierarchy_that_is_no_tree_is_told(acclaim, bones):
    path = acclaim([frame(bones)])
    skeleton = path.parent / "07.asf"
    skeleton.write_text(skeleton.read_text().replace("rwrist rhand", "rwrist rradius"))
    with pytest.raises(InputError, match="one parent"):
        read_amc(path)
