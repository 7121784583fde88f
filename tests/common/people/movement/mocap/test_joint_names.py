"""Names of many skeletons mean the same joints."""

import pytest

from human_capture.common.people.movement.mocap.joint_names import (
    match_joints,
    spine_names,
)

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


def test_spines_are_told_from_necks_and_limbs():
    names = "Hips Spine Spine1 UpperChest Neck Head LeftArm thorax lowerback L5 lfemur"
    assert spine_names(names.split()) == [
        *("Spine", "Spine1", "UpperChest", "thorax", "lowerback", "L5")
    ]
    assert spine_names(["thorax", "spine"]) == ["spine"]  # Human3.6M's neck is a thorax
