import pytest
import torch

from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.body_keypoints import body_keypoints
from human_capture.common.people.anatomy.phenotype import Phenotype, sample_face
from human_capture.common.people.anatomy.skeleton import Skeleton
from human_capture.common.people.anatomy.skinned_keypoints import SkinnedKeypoints
from human_capture.common.people.movement.actions.table import procedural_motion
from human_capture.common.people.movement.retargeting import retarget


@pytest.mark.parametrize("format", ["blazepose33", "human36m", "body25", "face68"])
def test_they_are_the_key_points_of_the_mesh(format):
    body = default_body()
    face = sample_face(body.face_shape_names, 3)
    coefficients = body.shape(Phenotype.sample(3).tensor(), face)
    skeleton = Skeleton.of(body, coefficients)
    motion = procedural_motion(skeleton, "Dancing", 5, frames=4)
    pose = retarget(motion, body, skeleton)
    posed = body.pose(coefficients, pose.rotations, pose.root)
    points = SkinnedKeypoints(body, coefficients, format)(pose.rotations, pose.root)
    torch.testing.assert_close(
        points, body_keypoints(body, posed, format), atol=5e-5, rtol=0
    )
