import math
from dataclasses import replace

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.common.keypoints import FORMATS
from human_capture.common.rigid import so3_exp
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.export import write_bvh
from human_capture.pose3d.outputs.export.axes import with_up
from human_capture.pose3d.outputs.export.hierarchy import (
    hierarchy_of,
    with_middle_joints,
)


def turn(axis, degrees):
    vector = torch.zeros(3, dtype=torch.float64)
    vector["XYZ".index(axis)] = math.radians(degrees)
    return so3_exp(vector)


def parse(path):
    """Joints as (name, parent, offset, channels), frame time and rows of numbers."""
    words = path.read_text().split()
    joints, stack, position = [], [], 0
    while words[position] != "MOTION":
        word = words[position]
        if word in ("ROOT", "JOINT"):
            parent = stack[-1] if stack else None
            joints.append({"name": words[position + 1], "parent": parent})
            stack.append(len(joints) - 1)
            position += 3
        elif word == "End":
            stack.append(None)
            position += 3
        elif word == "OFFSET":
            if stack[-1] is not None:
                offset = [float(w) for w in words[position + 1 : position + 4]]
                joints[stack[-1]]["offset"] = torch.tensor(offset).double()
            position += 4
        elif word == "CHANNELS":
            count = int(words[position + 1])
            channels = words[position + 2 : position + 2 + count]
            joints[stack[-1]]["channels"] = channels
            position += 2 + count
        else:
            assert word in ("HIERARCHY", "}")
            if word == "}":
                stack.pop()
            position += 1
    frames, time = int(words[position + 2]), float(words[position + 5])
    numbers = torch.tensor([float(w) for w in words[position + 6 :]]).double()
    return joints, time, numbers.reshape(frames, -1)


def forward_kinematics(path):
    """World position of every joint, in the file's units, and its local rotation."""
    joints, _, rows = parse(path)
    positions = {joint["name"]: [] for joint in joints}
    locals_ = {joint["name"]: [] for joint in joints}
    for row in rows:
        numbers, world = iter(row.tolist()), []
        for joint in joints:
            rotation, move = torch.eye(3).double(), joint["offset"].clone()
            for channel in joint["channels"]:
                value = next(numbers)
                if channel.endswith("position"):
                    move["XYZ".index(channel[0])] += value
                else:
                    rotation = rotation @ turn(channel[0], value)
            locals_[joint["name"]].append(rotation)
            if joint["parent"] is None:
                world.append((rotation, move))
            else:
                above, origin = world[joint["parent"]]
                world.append((above @ rotation, origin + above @ move))
            positions[joint["name"]].append(world[-1][1])
        assert next(numbers, None) is None
    stacked = {name: torch.stack(track) for name, track in positions.items()}
    return stacked, {name: torch.stack(track) for name, track in locals_.items()}


def rigid_bones(form, frames, seed=0):
    """Random motion in which every bone of the format keeps its length."""
    generator = torch.Generator().manual_seed(seed)
    names, _, _ = with_middle_joints(torch.zeros(1, len(form), 3), form)
    tree = hierarchy_of(names)
    points = {tree.joints[0]: torch.randn(frames, 3, generator=generator)}
    for number, joint in enumerate(tree.joints[1:], start=1):
        above = tree.joints[tree.parents[number]]
        parent = points[above]
        if joint.startswith("right_") and above not in form.joints:
            # the format's middle joints are means of two, which mirror each other
            points[joint] = 2 * parent - points[joint.replace("right_", "left_")]
            continue
        direction = torch.randn(frames, 3, generator=generator)
        direction = direction / direction.norm(dim=-1, keepdim=True)
        length = 0.1 + 0.4 * torch.rand(1, generator=generator)
        points[joint] = parent + length * direction
    stacked = torch.stack([points[joint] for joint in form.joints], 1)[None]
    known = torch.ones(stacked.shape[:-1], dtype=torch.bool)
    return Capture(form, 30.0, stacked, known.float(), ~known)


@pytest.mark.parametrize("form", FORMATS.values(), ids=lambda form: form.name)
def test_forward_kinematics_gives_back_motion_with_constant_bones(tmp_path, form):
    capture = rigid_bones(form, frames=6)
    write_bvh(tmp_path / "m.bvh", capture)
    positions, _ = forward_kinematics(tmp_path / "m.bvh")
    expected = with_up(capture.points[0], "y").double() * 100
    for number, joint in enumerate(form.joints):
        assert torch.allclose(positions[joint], expected[:, number], atol=2e-3), joint


def test_bones_that_change_length_keep_direction_and_get_the_median(tmp_path, walk):
    capture = walk(frames=20)
    noise = torch.randn(
        capture.points.shape, generator=torch.Generator().manual_seed(1)
    )
    noisy = replace(capture, points=capture.points + 0.01 * noise)
    write_bvh(tmp_path / "n.bvh", noisy)
    positions, _ = forward_kinematics(tmp_path / "n.bvh")
    index = capture.format.index
    points = with_up(noisy.points[0], "y").double() * 100
    shin = positions["left_ankle"] - positions["left_knee"]
    measured = points[:, index("left_ankle")] - points[:, index("left_knee")]
    lengths = measured.norm(dim=-1)
    assert torch.allclose(
        shin.norm(dim=-1).std(), torch.tensor(0.0).double(), atol=1e-3
    )
    middle = lengths.sort().values[9:11].mean()
    assert shin.norm(dim=-1).mean().item() == pytest.approx(middle.item(), abs=1e-3)
    cosine = torch.cosine_similarity(shin, measured)
    assert (cosine > 1 - 1e-7).all()


def test_a_bent_elbow_and_knee_turn_about_one_axis(tmp_path, walk):
    write_bvh(tmp_path / "w.bvh", walk(frames=30))
    _, rotations = forward_kinematics(tmp_path / "w.bvh")
    for joint, axis in {
        "left_knee": (1, 0, 0),
        "right_knee": (1, 0, 0),
        "left_elbow": (0, -1, 0),
        "right_elbow": (0, 1, 0),
    }.items():
        hinge = torch.tensor(axis).double()
        moved = rotations[joint] @ hinge
        bend = torch.arccos((rotations[joint].diagonal(dim1=1, dim2=2).sum(1) - 1) / 2)
        bent = bend > math.radians(15.5)
        assert bent.sum() > 10
        assert torch.allclose(moved[bent], hinge.expand(int(bent.sum()), 3), atol=1e-4)
        skew = rotations[joint] - rotations[joint].mT
        axial = torch.stack((skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0]), -1)
        assert ((axial @ hinge)[bent] > 0).all(), "bends the wrong way"


def test_angles_do_not_jump_between_frames(tmp_path, walk):
    write_bvh(tmp_path / "s.bvh", walk(frames=90))
    _, time, rows = parse(tmp_path / "s.bvh")
    assert time == pytest.approx(1 / 30, abs=1e-8)
    assert rows[:, 3:].diff(dim=0).abs().max() < 25


def test_gaps_are_bridged_and_joints_never_seen_left_out(tmp_path, walk):
    capture = walk(frames=9)
    points, index = capture.points.clone(), capture.format.index
    points[0, :, index("left_wrist")] = torch.nan
    points[0, :, index("right_elbow")] = torch.nan  # and with it what hangs on it
    points[0, 3:5, index("left_knee")] = torch.nan
    points[0, 0, index("nose")] = torch.nan
    write_bvh(tmp_path / "g.bvh", replace(capture, points=points))
    assert "nan" not in (tmp_path / "g.bvh").read_text().lower()
    positions, _ = forward_kinematics(tmp_path / "g.bvh")
    assert {"left_wrist", "right_elbow", "right_wrist"}.isdisjoint(positions)
    knee = with_up(capture.points[0, 4, index("left_knee")], "y").double() * 100
    assert (positions["left_knee"][4] - knee).norm() < 3


def test_a_person_without_hips_is_one_clear_sentence(tmp_path, walk):
    capture = walk(frames=3)
    points = capture.points.clone()
    points[0, :, capture.format.index("left_hip")] = torch.nan
    with pytest.raises(InputError, match="person 1: A skeleton needs a pelvis"):
        write_bvh(tmp_path / "h.bvh", replace(capture, points=points))
    assert list(tmp_path.iterdir()) == []
