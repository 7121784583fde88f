"""What is exported can be read as motion capture, and is the same motion."""

import numpy as np
import pytest
import torch

from human_capture.common.keypoints import COCO17, HUMAN36M
from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.phenotype import Phenotype
from human_capture.common.people.anatomy.skeleton import SIDES, Skeleton
from human_capture.common.people.movement.actions.table import procedural_motion
from human_capture.common.people.movement.mocap import read_bvh, read_mocap
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.export.bvh import write_bvh
from human_capture.pose3d.outputs.export.npz_file import write_npz

BONES = [
    *(("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist")),
]


def motion(action):
    body = default_body()
    skeleton = Skeleton.of(body, body.shape(Phenotype.sample(2).tensor()))
    return procedural_motion(skeleton, action, 1, 40, 25.0)


def capture(given, form):
    others = {"spine": "chest", "thorax": "neck", "neck_nose": "head"}
    others |= {joint: "head" for joint in ("nose", "left_eye", "right_eye")}
    others |= {joint: "head" for joint in ("left_ear", "right_ear", "head_top")}
    names = [others.get(j, j.replace("_centre", "")) for j in form.joints]
    points = np.stack([given.positions[name] for name in names], 1)[None]
    if "head_top" in form.joints:
        points[..., form.index("head_top"), 2] += 0.15
    known = torch.ones(points.shape[:-1], dtype=torch.bool)
    return Capture(form, given.fps, torch.from_numpy(points), known.float(), ~known)


@pytest.mark.parametrize("action", ["Walking", "Crouching"])
@pytest.mark.parametrize("form", [HUMAN36M, COCO17], ids=lambda form: form.name)
def test_npz_gives_back_every_joint(tmp_path, action, form):
    given = motion(action)
    write_npz(tmp_path / "motion.npz", capture(given, form))
    (got,) = read_mocap(tmp_path / "motion.npz")
    assert (len(got), got.fps) == (40, 25.0)
    exact = set(got.positions) - {"pelvis", "chest", "neck"}
    exact |= {"chest", "neck"} if form is HUMAN36M else set()
    for joint in exact:
        np.testing.assert_allclose(
            got.positions[joint], given.positions[joint], atol=1e-6
        )


@pytest.mark.parametrize("action", ["Walking", "Crouching"])
def test_bvh_gives_back_every_joint(tmp_path, action):
    given = motion(action)
    write_bvh(tmp_path / "a.bvh", capture(given, HUMAN36M))
    got = read_bvh(tmp_path / "a.bvh")
    assert (len(got), got.fps) == (40, 25.0)
    for joint, track in got.positions.items():
        # a trunk bends, a bone of a BVH file keeps its length
        away = np.linalg.norm(track - given.positions[joint], axis=-1)
        assert away.max() < 0.03, joint
    for side in SIDES:
        for start, end in BONES:
            bone, expected = (
                m.positions[f"{side}_{end}"] - m.positions[f"{side}_{start}"]
                for m in (got, given)
            )
            np.testing.assert_allclose(bone, expected, atol=1e-5)
