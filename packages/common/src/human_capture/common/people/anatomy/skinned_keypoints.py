"""Key points of many poses of one person, without the mesh.

A key point is a weighted mean of skinned vertices and bone heads, and skinning is
linear in the vertices. So the vertices that a key point rests on can be summed up, bone
by bone, once for each person; a pose then costs a few thousand operations instead of a
mesh.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.people.anatomy.body import Body, Posed
from human_capture.common.people.anatomy.body_keypoints import body_keypoints


@dataclass(frozen=True)
class KeypointWeights:
    """What the key points of a format are means of.

    Attributes:
        vertices: Numbers of the vertices that any key point rests on.
        vertex_weights: Of those vertices.
        bone_weights: Of the heads of all bones.
    """

    vertices: Tensor
    vertex_weights: Float[Tensor, "joint used"]
    bone_weights: Float[Tensor, "joint bone"]


@lru_cache(maxsize=8)
def keypoint_weights(body: Body, format_name: str) -> KeypointWeights:
    """The weights behind :func:`body_keypoints`, which is linear, by differentiation.

    Args:
        body: The model.
        format_name: As in :func:`body_keypoints`.
    """
    with torch.enable_grad():
        vertices = torch.zeros(1, len(body.template), 3, requires_grad=True)
        bones = torch.zeros(1, len(body.bone_names), 3, requires_grad=True)
        points = body_keypoints(body, Posed(vertices, bones), format_name)[0, :, 0]
        rows = [
            torch.autograd.grad(
                point, (vertices, bones), retain_graph=True, allow_unused=True
            )
            for point in points
        ]
    vertex_rows, bone_rows = (
        torch.stack(
            [torch.zeros_like(whole) if row[k] is None else row[k] for row in rows]
        )[:, 0, :, 0]
        for k, whole in enumerate((vertices.detach(), bones.detach()))
    )
    used = vertex_rows.any(0).nonzero()[:, 0]
    return KeypointWeights(used, vertex_rows[:, used], bone_rows)


class SkinnedKeypoints:
    """The key points of one person in any pose.

    Args:
        body: The model.
        coefficients: Of the person, as :meth:`Body.shape` gives them.
        format_name: As in :func:`body_keypoints`.
    """

    @torch.no_grad()
    def __init__(
        self, body: Body, coefficients: Float[Tensor, "1 coefficient"], format_name: str
    ) -> None:
        weights = keypoint_weights(body, format_name)
        vertices, self._joints = body.rest(coefficients)
        used = vertices[0, weights.vertices]
        carried = body.bone_weights[:, weights.vertices].mT
        self._body, self._bones = body, weights.bone_weights
        # sums of the vertices, and of their weights, that each bone carries
        parts = (carried[..., None] * used[:, None]).flatten(1)
        sums = weights.vertex_weights @ parts
        self._sums = sums.reshape(len(sums), -1, 3)
        self._shares = weights.vertex_weights @ carried

    @torch.no_grad()
    def __call__(
        self,
        rotations: Float[Tensor, "frame bone 3 3"],
        root: Float[Tensor, "frame 3"],
    ) -> Float[Tensor, "frame joint 3"]:
        """World positions, in metres.

        Args:
            rotations: Of every bone, in the world, away from rest.
            root: World position of the root bone.
        """
        heads, shifts = self._body.articulate(self._joints, rotations, root)
        turned = torch.einsum("fbxy,jby->fjx", rotations, self._sums)
        moved = torch.einsum("jb,fbx->fjx", self._shares, shifts)
        return turned + moved + torch.einsum("jb,fbx->fjx", self._bones, heads)
