"""Retargeting: the body takes the directions of a motion, whoever it came from."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.hands import HANDS, finger_rotations
from human_capture.common.people.anatomy.phenotype import Phenotype
from human_capture.common.people.anatomy.skeleton import SIDES, Skeleton
from human_capture.common.people.movement.actions.table import procedural_motion
from human_capture.common.people.movement.motion import MOTION_JOINTS, Motion
from human_capture.common.people.movement.orientations import apply, turn
from human_capture.common.people.movement.retargeting import retarget

LIMBS = {
    "upperarm01": ("shoulder", "elbow", "lowerarm01"),
    "lowerarm01": ("elbow", "wrist", "wrist"),
    "upperleg01": ("hip", "knee", "lowerleg01"),
    "lowerleg01": ("knee", "ankle", "foot"),
}


@pytest.fixture(scope="module")
def body():
    return default_body()


def person(body, seed):
    coefficients = body.shape(Phenotype.sample(seed).tensor())
    return coefficients, Skeleton.of(body, coefficients)


def bare(motion):
    """What a recording gives: positions and nothing else."""
    return Motion(motion.positions, motion.fps)


def joints_of(body, coefficients, pose):
    with torch.no_grad():
        vertices, joints = body.rest(coefficients)
        return body.skin(vertices, joints, pose.rotations, pose.root).joints.numpy()


@pytest.mark.parametrize("action", ["Walking", "Kicking", "Reaching", "Crouching"])
@pytest.mark.parametrize("complete", [True, False])
def test_limbs_of_another_person_point_the_same_way(body, action, complete):
    _, source = person(body, 1)
    coefficients, target = person(body, 2)
    motion = procedural_motion(source, action, 4, 12, 6.0)
    motion = motion if complete else bare(motion)
    joints = joints_of(body, coefficients, retarget(motion, body, target))
    for side in SIDES:
        for bone, (start, end, tip) in LIMBS.items():
            wanted = motion.positions[f"{side}_{end}"]
            wanted = wanted - motion.positions[f"{side}_{start}"]
            ends = [body.bone(f"{name}.{side[0].upper()}") for name in (bone, tip)]
            got = joints[:, ends[1]] - joints[:, ends[0]]
            lengths = np.linalg.norm(wanted, axis=-1) * np.linalg.norm(got, axis=-1)
            assert ((wanted * got).sum(-1) / lengths > 0.999).all(), (side, bone)


def test_rotations_are_rotations(body):
    _, skeleton = person(body, 3)
    rotations = retarget(
        procedural_motion(skeleton, "Mixing", 0, 20), body, skeleton
    ).rotations
    product = rotations @ rotations.mT
    assert torch.allclose(product, torch.eye(3).expand_as(product), atol=1e-5)
    assert torch.allclose(torch.linalg.det(rotations), torch.ones(20, 104), atol=1e-5)


def test_rest_gives_rest(body):
    _, skeleton = person(body, 5)
    names = {
        "hip": "upperleg01", "knee": "lowerleg01", "ankle": "foot", "toe": "toe2-1",
        "shoulder": "upperarm01", "elbow": "lowerarm01", "wrist": "wrist",
    }  # fmt: skip
    positions = {
        f"{side}_{joint}": skeleton.bone(side, bone)[None]
        for side in SIDES
        for joint, bone in names.items()
    }
    trunk = {"chest": "spine03", "neck": "neck01", "head": "head"}
    positions |= {j: skeleton.joints[bone][None] for j, bone in trunk.items()}
    positions["pelvis"] = skeleton.hips[None]
    pose = retarget(Motion(positions, 25.0), body, skeleton)
    spine = [body.bone(bone) for bone in ("root", "spine03", "head", "upperarm02.L")]
    spine += [body.bone(bone) for bone in ("lowerarm01.R", "upperleg02.L", "wrist.L")]
    still = torch.eye(3).expand(len(spine), 3, 3)
    assert torch.allclose(pose.rotations[0, spine], still, atol=1e-4)
    np.testing.assert_allclose(pose.root[0], skeleton.joints["root"], atol=1e-6)


def test_turning_the_motion_turns_every_bone(body):
    _, skeleton = person(body, 6)
    motion = bare(procedural_motion(skeleton, "Leaning", 2, 8, 4.0))
    spin = turn(yaw=2.0)
    turned = {name: apply(spin, x) for name, x in motion.positions.items()}
    first = retarget(motion, body, skeleton)
    second = retarget(replace(motion, positions=turned), body, skeleton)
    expected = torch.from_numpy(spin).float() @ first.rotations
    assert torch.allclose(second.rotations, expected, atol=1e-4)


def test_root_is_scaled_to_the_length_of_the_legs(body):
    _, skeleton = person(body, 7)
    motion = procedural_motion(skeleton, "Waiting", 1, 5)
    doubled = {name: 2 * x for name, x in motion.positions.items()}
    first = retarget(motion, body, skeleton)
    second = retarget(replace(motion, positions=doubled), body, skeleton)
    assert torch.allclose(first.root, second.root, atol=1e-5)
    assert torch.allclose(first.rotations, second.rotations, atol=1e-5)


def test_head_joint_of_another_rig_does_not_tip_the_head(body):
    _, skeleton = person(body, 8)
    motion = bare(procedural_motion(skeleton, "Waiting", 1, 50))
    chest = retarget(motion, body, skeleton).rotations[:, body.bone("spine01")]
    forward = (chest @ torch.tensor([0.0, -1.0, 0.0])).numpy()
    moved = dict(motion.positions)
    moved["head"] = moved["neck"] + 0.15 * forward + [0, 0, 0.05]
    head = body.bone("head")
    pose = retarget(replace(motion, positions=moved), body, skeleton)
    between = chest.mT @ pose.rotations[:, head]
    angle = ((between.diagonal(dim1=-2, dim2=-1).sum(-1) - 1) / 2).clamp(-1, 1).acos()
    assert angle.median() < 0.1


def test_feet_point_where_the_toes_are(body):
    coefficients, skeleton = person(body, 9)
    motion = bare(procedural_motion(skeleton, "Walking", 3, 30, 15.0))
    joints = joints_of(body, coefficients, retarget(motion, body, skeleton))
    for side in SIDES:
        toe, foot = (body.bone(f"{b}.{side[0].upper()}") for b in ("toe2-1", "foot"))
        got = joints[:, toe] - joints[:, foot]
        wanted = motion.positions[f"{side}_toe"] - motion.positions[f"{side}_ankle"]
        lengths = np.linalg.norm(wanted, axis=-1) * np.linalg.norm(got, axis=-1)
        assert ((wanted * got).sum(-1) / lengths > 0.97).all()


@pytest.mark.parametrize("side", SIDES)
def test_fists_bring_fingertips_to_the_palm(body, side):
    coefficients, skeleton = person(body, 10)
    motion = procedural_motion(skeleton, "Waiting", 0, 1)
    first = 0 if side == "left" else 5
    middle = body.fingertips[first + 2]

    def reach(hand):
        fingers = finger_rotations(skeleton, 0, (hand,))
        pose = retarget(motion, body, skeleton, fingers)
        posed = body.pose(coefficients, pose.rotations, pose.root)
        wrist = posed.joints[0, body.bone(f"wrist.{side[0].upper()}")]
        return float((posed.vertices[0, middle] - wrist).norm())

    assert reach("fist") < 0.75 * reach("open")
    assert reach("fist") < reach("relaxed") < reach("open")


def test_hands_depend_on_the_seed_alone(body):
    _, skeleton = person(body, 11)
    first, again = (finger_rotations(skeleton, 4) for _ in range(2))
    assert all(np.array_equal(first[bone], again[bone]) for bone in first)
    assert len(first) == 30
    assert set(HANDS) >= {"relaxed", "fist", "open", "pointing"}


def test_missing_joints_are_named():
    with pytest.raises(InputError, match="left_elbow"):
        Motion({"pelvis": np.zeros((1, 3))}, 25.0)
    every = {name: np.zeros((1, 3)) for name in (*MOTION_JOINTS, "tail")}
    with pytest.raises(InputError, match="tail"):
        Motion(every, 25.0)
