"""How far two captures of the same frames are apart.

Formats place the pelvis differently: between the hips' rotation centres (Human3.6M), or
between the hips as seen from outside (COCO and most detectors), a few centimetres in
front of them. Only the same point of the body can align two captures.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize as unit

from human_capture.common.keypoints import TRUNK, select, shared_joints
from human_capture.pose3d.capture import Capture

PELVIS_UP, PELVIS_FORWARD = 0.011, -0.033
"""From the middle of COCO's hips to that of their rotation centres, over the length of
the trunk; means over synthetic people in motion."""


def root_aligned_distance_mm(
    first: Capture, second: Capture
) -> Float[Tensor, "person frame joint"]:
    """Distance between two captures of the same frames, both with the root at zero.

    Compared are the joints that both formats have; NaN where either is unknown. Where
    only one has the pelvis as a joint, that of the other is put where it lies between
    the hips.

    Args:
        first: A capture.
        second: Of the same people and frames, perhaps in another format.
    """
    joints = shared_joints(first.format, second.format)
    same = first.format.root == second.format.root
    ours, theirs = (
        select(capture.points, capture.format, joints) - _root(capture, as_is=same)
        for capture in (first, second)
    )
    distance: Tensor = torch.linalg.vector_norm(ours - theirs, dim=-1)
    return 1000 * distance


def _root(capture: Capture, as_is: bool) -> Float[Tensor, "person frame 1 3"]:
    known = set(TRUNK) <= set(capture.format.joints)
    if as_is or not known:
        return capture.format.root_of(capture.points)
    return pelvis(select(capture.points, capture.format, TRUNK))[..., None, :]


def pelvis(trunk: Float[Tensor, "*batch 4 3"]) -> Float[Tensor, "*batch 3"]:
    """The middle of the hips' rotation centres.

    Args:
        trunk: The joints ``TRUNK``, hips and shoulders as seen from outside.
    """
    left, right, *shoulders = trunk.unbind(-2)
    hips = (left + right) / 2
    spine = (shoulders[0] + shoulders[1]) / 2 - hips
    forward = unit(torch.linalg.cross(left - right, spine), dim=-1)
    length = torch.linalg.vector_norm(spine, dim=-1, keepdim=True)
    moved: Tensor = hips + PELVIS_UP * spine + PELVIS_FORWARD * length * forward
    return moved
