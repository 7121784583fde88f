"""BVH: forward kinematics, units, axes, and files that are damaged."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from human_capture.common.errors import InputError
from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.phenotype import Phenotype
from human_capture.common.people.anatomy.skeleton import SIDES, Skeleton
from human_capture.common.people.movement.mocap import read_bvh
from human_capture.common.people.movement.mocap.bvh import node_positions
from human_capture.common.people.movement.mocap.bvh_text import parse_bvh
from human_capture.common.people.movement.retargeting import retarget


def reference(nodes, row, rest=False):
    """One frame, node by node, with rotations from scipy."""
    numbers, world = iter(row), []
    for node in nodes:
        move, turn = node.offset.copy(), Rotation.identity()
        for channel in node.channels:
            value = next(numbers)
            if channel.endswith("position"):
                move["XYZ".index(channel[0])] = value
            else:
                turn = turn * Rotation.from_euler(channel[0], value, degrees=True)
        if node.parent >= 0:
            above, place = world[node.parent]
            move, turn = place + above.apply(move), above * turn
        world.append((turn, move))
    return np.stack([place for _, place in world])


@pytest.mark.parametrize("order", ["ZXY", "XYZ", "YZX", "ZYX"])
def test_kinematics_match_reference_in_any_channel_order(person, order):
    person.order = order
    rows = np.random.default_rng(0).uniform(-180, 180, (4, 3 + 3 * 21))
    content = parse_bvh(person.text(rows), "a.bvh")
    expected = np.stack([reference(content.nodes, row) for row in rows])
    np.testing.assert_allclose(
        node_positions(content.nodes, content.rows), expected, atol=1e-6
    )


def test_known_angles_give_known_positions(person, tmp_path):
    # the left arm falls to the side, the left elbow then bends forwards
    rows = person.rows(1, LeftArm=(-90, 0, 0), LeftForeArm=(0, 0, -90))
    (tmp_path / "a.bvh").write_text(person.text(rows))
    at = {n: x[0] for n, x in read_bvh(tmp_path / "a.bvh").positions.items()}
    # facing -y, left is +x, in metres
    np.testing.assert_allclose(at["pelvis"], [0, 0, 0.95], atol=1e-9)
    np.testing.assert_allclose(at["left_hip"], [0.1, 0, 0.95], atol=1e-9)
    np.testing.assert_allclose(at["left_ankle"], [0.1, 0, 0.11], atol=1e-9)
    np.testing.assert_allclose(at["left_toe"], [0.1, -0.13, 0.05], atol=1e-9)
    np.testing.assert_allclose(at["left_shoulder"], [0.18, 0, 1.46], atol=1e-9)
    np.testing.assert_allclose(at["left_elbow"], [0.18, 0, 1.18], atol=1e-9)
    np.testing.assert_allclose(at["left_wrist"], [0.18, -0.25, 1.18], atol=1e-9)
    np.testing.assert_allclose(at["right_wrist"], [-0.71, 0, 1.46], atol=1e-9)
    np.testing.assert_allclose(at["neck"], [0, 0, 1.5], atol=1e-9)
    np.testing.assert_allclose(at["head"], [0, -0.02, 1.6], atol=1e-9)
    np.testing.assert_allclose(at["chest"], [0, 0, 1.12], atol=1e-9)


def motion_of(person, path, **overrides):
    rng = np.random.default_rng(1)
    angles = {name: rng.uniform(-25, 25, (5, 3)) for name in person.names()}
    bent = rng.uniform(20, 80, (4, 5, 1))
    hinges = {"LeftLeg": (0, 1, 0), "RightLeg": (0, 1, 0)}
    hinges |= {"LeftForeArm": (0, 0, -1), "RightForeArm": (0, 0, 1)}
    angles |= {n: x * axis for (n, axis), x in zip(hinges.items(), bent, strict=True)}
    rows = person.rows(5, **angles)
    path.write_text(person.text(rows))
    return read_bvh(path, **overrides)


@pytest.mark.parametrize(
    ("unit", "scale"),
    [("m", 1), ("cm", 100), ("mm", 1000), ("inch", 1 / 0.0254), ("cmu", 0.45 / 0.0254)],
)
def test_unit_is_seen_from_the_legs_or_given(person, tmp_path, unit, scale):
    expected = motion_of(person, tmp_path / "a.bvh")
    person.scale = scale
    for overrides in ({}, {"unit": unit}):
        motion = motion_of(person, tmp_path / "b.bvh", **overrides)
        for joint, track in expected.positions.items():
            np.testing.assert_allclose(motion.positions[joint], track, atol=1e-6)


def test_legs_of_no_human_ask_for_the_unit(person, tmp_path):
    person.scale = 3e5
    with pytest.raises(InputError, match=r"leg of length .* give the unit"):
        motion_of(person, tmp_path / "a.bvh")
    assert len(motion_of(person, tmp_path / "a.bvh", unit="mm")) == 5


def test_up_axis_is_seen_from_the_rest_pose(person, tmp_path):
    (tmp_path / "y.bvh").write_text(person.text(person.rows(2)))
    person.up = "z"
    (tmp_path / "z.bvh").write_text(person.text(person.rows(2)))
    first, second = (read_bvh(tmp_path / name) for name in ("y.bvh", "z.bvh"))
    for joint, track in first.positions.items():
        np.testing.assert_allclose(second.positions[joint], track, atol=1e-9)


def test_up_axis_is_seen_from_the_motion_when_nobody_stands_in_the_rest_pose(
    person, tmp_path
):
    # at rest the body lies along x; the root's rotation makes it stand
    text = person.text(person.rows(3, Hips=(90, 0, 0)))
    for node in person.names():
        x, y, z = person.offset(node)
        old, new = (
            " ".join(f"{v:.8g}" for v in values) for values in ((x, y, z), (y, -x, z))
        )
        text = text.replace(
            f"{node}\n{{\nOFFSET {old}\n", f"{node}\n{{\nOFFSET {new}\n"
        )
    (tmp_path / "a.bvh").write_text(text)
    at = read_bvh(tmp_path / "a.bvh").positions
    np.testing.assert_allclose(at["left_ankle"][0], [0.1, 0, 0.11], atol=1e-9)
    np.testing.assert_allclose(at["left_wrist"][0], [0.71, 0, 1.46], atol=1e-9)


@pytest.mark.parametrize("added", [False, True])
def test_position_channels_of_a_joint_hold_all_of_its_offset_or_what_is_added(
    person, added
):
    text = person.text(person.rows(2))
    spelled = "CHANNELS 3 Zrotation Xrotation Yrotation"
    where = text.index(spelled, text.index("JOINT LeftForeArm"))
    wider = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    head, _, _ = (text[:where] + wider + text[where + len(spelled) :]).partition(
        "MOTION"
    )
    column = 3 + 3 * person.names().index("LeftForeArm")
    moved = np.array([0, 1, 0]) if added else np.array([28, 1, 0])
    rows = np.insert(person.rows(2), [column] * 3, moved, axis=1)
    body = "\n".join(" ".join(map(str, row)) for row in rows)
    content = parse_bvh(f"{head}MOTION\nFrames: 2\nFrame Time: 0.1\n{body}", "a.bvh")
    positions = node_positions(content.nodes, content.rows)
    names = [node.name for node in content.nodes]
    forearm = positions[:, names.index("LeftForeArm")]
    shoulder = positions[:, names.index("LeftArm")]
    np.testing.assert_allclose(forearm - shoulder, [[28, 1, 0]] * 2, atol=1e-9)


@pytest.mark.parametrize(
    ("seconds", "fps"), [(0.0333333, 30), (0.008333, 120), (0.0333667, 29.97)]
)
def test_frame_rate_survives_rounding_and_can_be_given(person, tmp_path, seconds, fps):
    person.seconds = seconds
    (tmp_path / "a.bvh").write_text(person.text(person.rows(2)))
    assert read_bvh(tmp_path / "a.bvh").fps == pytest.approx(fps, abs=1e-4)
    assert read_bvh(tmp_path / "a.bvh", fps=60.0).fps == 60


def test_ends_of_chains_stand_for_toes_and_head(person, tmp_path):
    """Without toe and head nodes; these are the ends of foot and neck instead."""
    text = person.text(person.rows(2))
    for name in ("LeftToeBase", "RightToeBase", "Head"):
        end = " ".join(f"{v:.8g}" for v in person.offset(name))
        node = "\n".join(person.hierarchy(name))
        text = text.replace(node, f"End Site\n{{\nOFFSET {end}\n}}")
    head, _, _ = text.partition("MOTION")
    rows = ["0 100 0" + " 0" * 3 * 18] * 2
    body = ["MOTION", "Frames: 2", "Frame Time: 0.1", *rows]
    (tmp_path / "a.bvh").write_text(head + "\n".join(body))
    at = read_bvh(tmp_path / "a.bvh").positions
    np.testing.assert_allclose(at["left_toe"][0], [0.1, -0.13, 0.05], atol=1e-9)
    np.testing.assert_allclose(at["head"][0], [0, -0.02, 1.6], atol=1e-9)


def test_motion_drives_a_body_of_other_proportions(person, tmp_path):
    motion = motion_of(person, tmp_path / "a.bvh")
    body = default_body()
    coefficients = body.shape(Phenotype.sample(3).tensor())
    pose = retarget(motion, body, Skeleton.of(body, coefficients))
    with torch.no_grad():
        vertices, joints = body.rest(coefficients)
        posed = body.skin(vertices, joints, pose.rotations, pose.root).joints.numpy()
    chains = {"hip": "upperleg01", "knee": "lowerleg01", "ankle": "foot"}
    chains |= {"shoulder": "upperarm01", "elbow": "lowerarm01", "wrist": "wrist"}
    for side in SIDES:
        for start, end in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow")):
            wanted = motion.positions[f"{side}_{end}"]
            wanted = wanted - motion.positions[f"{side}_{start}"]
            first, last = (
                posed[:, body.bone(f"{chains[joint]}.{side[0].upper()}")]
                for joint in (start, end)
            )
            cosine = ((last - first) * wanted).sum(-1)
            cosine /= np.linalg.norm(last - first, axis=-1)
            assert (cosine / np.linalg.norm(wanted, axis=-1) > 0.999).all(), end
