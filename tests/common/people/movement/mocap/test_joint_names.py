"""Names of many skeletons mean the same joints."""

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap.joint_names import (
    find_chest,
    match_joints,
    named_motion,
)
from human_capture.common.people.movement.motion import MOTION_JOINTS, REQUIRED_JOINTS

# joints in this order
JOINTS = [
    *("left_hip", "left_knee", "left_ankle", "left_toe"),
    *("left_shoulder", "left_elbow", "left_wrist", "neck", "head"),
]
SKELETONS = {
    "mixamo": "LeftUpLeg LeftLeg LeftFoot LeftToeBase LeftArm LeftForeArm LeftHand "
    "Neck Head",
    "acclaim": "lfemur ltibia lfoot ltoes lhumerus lradius lhand lowerneck head",
    "biovision": "LeftHip LeftKnee LeftAnkle LeftAnkle_end LeftShoulder LeftElbow "
    "LeftWrist Neck Head",
    "rigify": "thigh.L shin.L foot.L toe.L upper_arm.L forearm.L hand.L spine.004 "
    "spine.006",
    "biped": "Bip01_L_Thigh Bip01_L_Calf Bip01_L_Foot Bip01_L_Toe0 Bip01_L_UpperArm "
    "Bip01_L_Forearm Bip01_L_Hand Bip01_Neck Bip01_Head",
    "unreal": "thigh_l calf_l foot_l ball_l upperarm_l lowerarm_l hand_l neck_01 head",
    "smpl": "L_Hip L_Knee L_Ankle L_Foot L_Shoulder L_Elbow L_Wrist Neck Head",
    "daz": "lThigh lShin lFoot lToe lShldr lForeArm lHand neck head",
    "makehuman": "upperleg01.L lowerleg01.L foot.L toe2-1.L upperarm01.L lowerarm01.L "
    "wrist.L neck01 head",
    "motion": " ".join(JOINTS),
    "human36m": "left_hip_centre left_knee left_ankle - left_shoulder left_elbow "
    "left_wrist thorax neck_nose",
}
# nodes that are beside them and mean something else
OTHERS = {
    "mixamo": "Hips LeftShoulder LeftHandThumb1 LeftToe_End HeadTop_End LeftEye",
    "acclaim": "root lhipjoint lclavicle lwrist lthumb thorax upperneck",
    "biovision": "Hips LeftCollar LeftWrist_end",
    "rigify": "spine shoulder.L thumb.01.L spine.005",
    "biped": "Bip01 Bip01_Pelvis Bip01_L_Clavicle Bip01_L_Finger0",
    "unreal": "root pelvis clavicle_l upperarm_twist_01_l",
    "smpl": "Pelvis L_Collar L_Hand",
    "daz": "hip lCollar",
    "makehuman": "root pelvis.L clavicle.L shoulder01.L neck02 upperleg02.L",
    "motion": "pelvis chest",
    "human36m": "pelvis to_left_hip_centre to_thorax head_top",
}
PREFIXES = ["", "mixamorig:", "mixamorig", "Character1_", "someone:"]


def skeleton(kind):
    left = dict(zip(JOINTS, SKELETONS[kind].split(), strict=True))
    left = {joint: name for joint, name in left.items() if name != "-"}
    right = {}
    for joint, name in left.items():
        if joint.startswith("left"):
            other = name.replace("Left", "Right").replace("left", "right")
            other = other.replace("_L_", "_R_").replace(".L", ".R")
            if other == name and name.endswith("_l"):
                other = f"{name[:-2]}_r"
            if other == name:
                other = name.replace("L_", "R_") if "L_" in name else f"r{name[1:]}"
            right[joint.replace("left", "right")] = other
    return left | right


@pytest.mark.parametrize("kind", SKELETONS)
@pytest.mark.parametrize("shuffled", [False, True])
def test_skeletons_are_understood(kind, shuffled):
    wanted = skeleton(kind)
    names = [*OTHERS[kind].split(), *wanted.values()]
    names = names[::-1] if shuffled else names
    assert match_joints(names) == wanted


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("case", [str.upper, str.lower, str])
def test_prefix_and_case_do_not_matter(prefix, case):
    wanted = {joint: case(prefix + name) for joint, name in skeleton("mixamo").items()}
    others = [case(prefix + name) for name in OTHERS["mixamo"].split()]
    assert match_joints([*others, *wanted.values()]) == wanted


def upright(heights, left=()):
    """Points on a vertical line by name."""
    points = {name: np.array([[0.0, 0.0, z]] * 2) for name, z in heights.items()}
    for name, z in left:
        points[name] = np.array([[0.1, 0.0, z]] * 2)
        points[name.replace("Left", "Right")] = np.array([[-0.1, 0.0, z]] * 2)
    return points


LIMBS = [
    *(("LeftUpLeg", 0.9), ("LeftLeg", 0.5), ("LeftFoot", 0.1)),
    *(("LeftArm", 1.4), ("LeftForeArm", 1.1), ("LeftHand", 0.9)),
]


@pytest.mark.parametrize(
    ("spine", "chest"),
    [
        ({"Spine": 1.0, "Spine1": 1.1, "Spine2": 1.25}, "Spine1"),
        ({"Spine": 1.05, "Spine1": 1.3}, "Spine"),
        ({"LowerBack": 0.95, "Spine": 1.1, "Spine1": 1.25}, "Spine"),
        ({"Chest": 1.05, "Chest2": 1.2}, "Chest"),
        ({"spine_01": 1.0, "spine_02": 1.12, "spine_03": 1.3}, "spine_02"),
        ({"Spine": 0.9}, None),
    ],
)
def test_chest_is_the_node_at_the_lowest_ribs(spine, chest):
    points = upright({"Hips": 1.0, "Neck": 1.5, **spine}, LIMBS)
    assert find_chest(points) == chest


def test_pelvis_lies_between_the_hips_wherever_the_root_is():
    points = upright({"Hips": 1.0, "Spine": 1.1, "Neck": 1.5}, LIMBS)
    motion = named_motion(points, 25.0, "a.bvh")
    np.testing.assert_allclose(motion.positions["pelvis"], [[0, 0, 0.9]] * 2)
    assert set(motion.positions) == REQUIRED_JOINTS
    assert list(motion.positions) == [j for j in MOTION_JOINTS if j in REQUIRED_JOINTS]


@pytest.mark.parametrize("name", ["LeftForeArm", "Spine", "Neck", "RightUpLeg"])
def test_missing_joint_is_named(name):
    joint = {"LeftForeArm": "left_elbow", "Spine": "chest", "Neck": "neck"}
    points = upright({"Hips": 1.0, "Spine": 1.1, "Neck": 1.5}, LIMBS)
    del points[name]
    with pytest.raises(InputError, match=rf"no .*{joint.get(name, 'right_hip')}"):
        named_motion(points, 25.0, "a.bvh")


def test_frame_without_numbers_is_named():
    points = upright({"Hips": 1.0, "Spine": 1.1, "Neck": 1.5}, LIMBS)
    points["LeftHand"][1, 2] = np.nan
    with pytest.raises(InputError, match="frame 2 of 2"):
        named_motion(points, 25.0, "a.bvh")
