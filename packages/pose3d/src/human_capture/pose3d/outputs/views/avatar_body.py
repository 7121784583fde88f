"""A synthetic person of the size of a captured one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.keypoints import KeypointFormat
from human_capture.common.people.anatomy.body import Body, Posed, default_body
from human_capture.common.people.anatomy.body_keypoints import body_keypoints
from human_capture.common.people.anatomy.phenotype import Phenotype, sample_face
from human_capture.common.people.anatomy.skeleton import Skeleton
from human_capture.common.people.anatomy.skinned_keypoints import SkinnedKeypoints
from human_capture.common.people.movement.retargeting import Pose
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.views.acted_joints import ACTED, Joints, leg_length
from human_capture.pose3d.outputs.views.projection import joints_of

_HALVINGS = 9  # of the range of heights, down to a millimetre


@dataclass(frozen=True)
class AvatarBody:
    """Somebody's body, and where a key-point format sees its joints.

    Attributes:
        body: The model.
        coefficients: Of the person.
        skeleton: The bones at rest.
        gender: 0 male to 1 female.
        format: Key-point format of the captured motion.
        keypoints: The acted joints at rest, in one frame, as that format defines them:
            on the surface, or inside.
    """

    body: Body
    coefficients: Float[Tensor, "1 coefficient"]
    skeleton: Skeleton
    gender: float
    format: KeypointFormat
    keypoints: Joints

    @classmethod
    @torch.no_grad()
    def fitting(cls, seed: int, leg: float, form: KeypointFormat) -> AvatarBody:
        """The person that a seed stands for, made as tall as the legs ask for.

        Beyond the range of adults the tallest or the smallest body is taken.

        Args:
            seed: Same seed and leg, same person.
            leg: Length from hip to ankle that the key points have, in metres.
            form: Their format.
        """
        body, who = default_body(), Phenotype.sample(seed)
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            who = replace(who, height=(low + high) / 2)
            coefficients = _coefficients(body, who, seed)
            keypoints = _keypoints_at_rest(body, coefficients, form)
            if leg_length(keypoints) < leg:
                low = who.height
            else:
                high = who.height
        skeleton = Skeleton.of(body, coefficients)
        return cls(body, coefficients, skeleton, who.gender, form, keypoints)

    def posed(self, pose: Pose) -> Joints:
        """The acted joints in every frame of a motion."""
        points = SkinnedKeypoints(self.body, self.coefficients, self.format.name)
        return _acted(points(pose.rotations, pose.root), self.format)


def _coefficients(
    body: Body, who: Phenotype, seed: int
) -> Float[Tensor, "1 coefficient"]:
    return body.shape(who.tensor(), sample_face(body.face_shape_names, seed))


def _keypoints_at_rest(
    body: Body, coefficients: Float[Tensor, "1 coefficient"], form: KeypointFormat
) -> Joints:
    points = body_keypoints(body, Posed(*body.rest(coefficients)), form.name)
    return _acted(points, form)


def _acted(points: Float[Tensor, "frame joint 3"], form: KeypointFormat) -> Joints:
    sure = torch.ones(1, *points.shape[:-1])
    placed, _ = joints_of(Capture(form, 1.0, points[None], sure, sure > 1), ACTED)
    found = placed[0].double().numpy()
    return {joint: found[:, index] for index, joint in enumerate(ACTED.joints)}
