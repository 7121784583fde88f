"""Somebody who performs an action, as a recording would have it."""

from functools import lru_cache

import pytest
import torch

from human_capture.common.keypoints import keypoint_format
from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.phenotype import Phenotype, sample_face
from human_capture.common.people.anatomy.skeleton import Skeleton
from human_capture.common.people.anatomy.skinned_keypoints import SkinnedKeypoints
from human_capture.common.people.movement.actions.table import procedural_motion
from human_capture.common.people.movement.retargeting import retarget
from human_capture.pose3d.capture import Capture


@lru_cache
def _performed(action, person, form, frames):
    body = default_body()
    face = sample_face(body.face_shape_names, person)
    coefficients = body.shape(Phenotype.sample(person).tensor(), face)
    skeleton = Skeleton.of(body, coefficients)
    motion = procedural_motion(skeleton, action, 1, frames, 30.0)
    pose = retarget(motion, body, skeleton)
    points = SkinnedKeypoints(body, coefficients, form)(pose.rotations, pose.root)[None]
    known = torch.ones(points.shape[:-1], dtype=torch.bool)
    return Capture(keypoint_format(form), 30.0, points, 0.9 * known, ~known)


@pytest.fixture(scope="session")
def performed():
    """A function that makes captures of synthetic people, without any noise."""

    def make(action="Walking", person=7, form="blazepose33", frames=45):
        return _performed(action, person, form, frames)

    return make
