"""Where the joints of people are in the images of virtual cameras."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.keypoints import KeypointFormat, convert, shared_joints
from human_capture.pose3d.capture import Capture

_STAND_INS = {
    "left_hip_centre": "left_hip",
    "right_hip_centre": "right_hip",
    "pelvis": "mid_hip",
}
"""Joints inside the body that are drawn for want of those on its surface."""

_FARTHEST = 2.0  # half images from the middle; beyond, lens formulas may fold back
_NEAREST = 0.05  # metres
_TURNED_AWAY = -0.5  # cosine below which a point of the head is behind the head
_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")


@dataclass(frozen=True)
class Projection:
    """Joints of one format in images.

    Attributes:
        pixels: Pixel centres at +0.5; meaningless where not valid.
        valid: Which joints are known, before the camera and not behind their own head.
        confidence: Of the 3D joints, in [0, 1]; 0 where not valid.
    """

    pixels: Float[Tensor, "person frame joint 2"]
    valid: Bool[Tensor, "person frame joint"]
    confidence: Float[Tensor, "person frame joint"]


def project_people(
    capture: Capture, cameras: Cameras, form: KeypointFormat
) -> Projection:
    """The joints of a format in the images of cameras, as far as the motion has them.

    Points of the face are left out where the head hides them: nobody sees a nose from
    behind, and image generators would put a face there.

    Args:
        capture: The motion, in any format.
        cameras: One a frame.
        form: The wanted joints.

    Raises:
        InputError: The motion has none of the joints.
    """
    points, confidence = joints_of(capture, form)
    points = points.to(cameras.intrinsics)
    valid = ~points.isnan().any(-1) & ~_behind_head(points, cameras, form)
    flat = points.nan_to_num().movedim(0, 1).flatten(1, 2)
    pixels, depth = cameras.project(flat)
    near = depth > _NEAREST
    if cameras.distortion is not None:
        middle = cameras.intrinsics[:, None, :2, 2]
        ideal, _ = cameras.ideal().project(flat)
        near &= ((ideal - middle).abs() <= _FARTHEST * middle).all(-1)
    people = (len(cameras.intrinsics), len(points), len(form))
    valid &= near.reshape(people).movedim(1, 0)
    pixels = pixels.reshape(*people, 2).movedim(1, 0)
    return Projection(pixels, valid, confidence.masked_fill(~valid, 0.0))


def joints_of(
    capture: Capture, form: KeypointFormat
) -> tuple[Float[Tensor, "person frame joint 3"], Float[Tensor, "person frame joint"]]:
    """World positions of the joints of a format, and their confidence.

    Joints that the motion neither has nor can derive are NaN. Where it has the centres
    of the hips, which lie some 3 cm from their surface, these stand in.

    Args:
        capture: The motion, in any format.
        form: The wanted joints.

    Raises:
        InputError: The motion has none of them.
    """
    source = _surface_named(capture.format)
    found = [j for j in shared_joints(source, form) if j in form.joints]
    if not found:
        raise InputError(
            f"A motion of format {capture.format.name!r} has no joint of {form.name!r}."
        )
    part = KeypointFormat("part", tuple(found), (), (found[0],))
    known = ~capture.points.isnan().any(-1)
    points, valid = convert(capture.points, source, part, known)
    sure, _ = convert(capture.confidence[..., None], source, part)
    places = [form.index(joint) for joint in found]
    shape = (*points.shape[:2], len(form))
    placed = points.new_full((*shape, 3), torch.nan)
    placed[:, :, places] = points.masked_fill(~valid[..., None], torch.nan)
    confidence = sure.new_zeros(shape)
    confidence[:, :, places] = sure[..., 0].nan_to_num().clamp(0, 1) * valid
    return placed, confidence


def _surface_named(form: KeypointFormat) -> KeypointFormat:
    """The format with stand-ins under the names of what they stand in for."""
    names = tuple(
        name if (name := _STAND_INS.get(joint, joint)) not in form.joints else joint
        for joint in form.joints
    )
    return KeypointFormat(form.name, names, (), form.root)


def _behind_head(
    points: Float[Tensor, "person frame joint 3"],
    cameras: Cameras,
    form: KeypointFormat,
) -> Bool[Tensor, "person frame joint"]:
    """Points of the face on the far side of the head; none where ears are unknown.

    The head counts as a ball about the middle of the ears.
    """
    hidden = torch.zeros(points.shape[:-1], dtype=torch.bool)
    if not {*_FACE} <= {*form.joints}:
        return hidden
    ears = [form.index("left_ear"), form.index("right_ear")]
    centre = points[:, :, ears].mean(2, keepdim=True)
    face = [form.index(joint) for joint in _FACE]
    outward = torch.nn.functional.normalize(points[:, :, face] - centre, dim=-1)
    towards = torch.nn.functional.normalize(
        cameras.centre[None, :, None] - centre, dim=-1
    )
    hidden[:, :, face] = (outward * towards).sum(-1) < _TURNED_AWAY  # not where NaN
    return hidden
