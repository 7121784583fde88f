"""Bone rotations from joint positions.

Every bone gets the rotation that takes its rest direction onto the measured one with
the least turning; upper arms and thighs are besides turned about themselves so that
elbows and knees bend about one fixed axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.common.rigid import skew
from human_capture.pose3d.outputs.export.hierarchy import Hierarchy

_STRAIGHT = math.sin(math.radians(15))  # below it, the plane of bending is noise


@dataclass(frozen=True)
class Node:
    """One joint of an animation file.

    Attributes:
        name: Of the joint, or ``to_<joint>`` for the extra node that aims one of
            several bones that start at the same joint.
        parent: Position of the parent node; −1 for the root.
        offset: From the parent, in its frame, in the points' unit.
        rotation: From this node's frame to the world, for every frame.
        tip: Offset of the end of a node without children, else None.
    """

    name: str
    parent: int
    offset: Float[Tensor, "3"]
    rotation: Float[Tensor, "frame 3 3"]
    tip: Float[Tensor, "3"] | None = None


def solve_rotations(
    points: Float[Tensor, "frame joint 3"],
    seen: Bool[Tensor, "frame joint"],
    hierarchy: Hierarchy,
) -> list[Node]:
    """Nodes with constant bone lengths that follow the points, parents first.

    Each bone has its median length and, in every frame, exactly the measured
    direction; positions differ from the points by what the lengths differ, summed
    along the chain.

    Args:
        points: Without gaps, y up.
        seen: Which of them were measured; only these count for the lengths.
        hierarchy: The tree that the joint axis follows.
    """
    solver = _Solver(points.double(), seen, hierarchy)
    solver.add_joint(0, -1, torch.zeros(3, dtype=torch.float64))
    return solver.nodes


def fill_gaps(points: Float[Tensor, "frame joint 3"]) -> Float[Tensor, "frame joint 3"]:
    """Points with gaps bridged by straight lines and both ends held.

    Args:
        points: NaN where unknown; every joint is known at least once.
    """
    filled = points.double().numpy().copy()
    frames = np.arange(len(filled))
    for joint in range(filled.shape[1]):
        track = filled[:, joint]
        known = ~np.isnan(track).any(1)
        for axis in range(3):
            track[:, axis] = np.interp(frames, frames[known], track[known, axis])
    return torch.from_numpy(filled).to(points)


@dataclass
class _Solver:
    points: Tensor
    seen: Tensor
    hierarchy: Hierarchy

    def __post_init__(self) -> None:
        self.nodes: list[Node] = []
        identity = torch.eye(3, dtype=torch.float64)
        self.identity = identity.expand(len(self.points), 3, 3)

    def add_joint(self, joint: int, parent: int, offset: Tensor) -> None:
        """Append the node of a joint and all below it."""
        name, children = self.hierarchy.joints[joint], self.hierarchy.children(joint)
        above = self.nodes[parent].rotation if parent >= 0 else self.identity
        here = len(self.nodes)
        if not children:
            tip = 0.2 * offset  # lets programs draw the last joint as a short bone
            self.nodes.append(Node(name, parent, offset, above, tip))
        elif len(children) == 1:
            rotation = self._aimed(joint, children[0], above)
            self.nodes.append(Node(name, parent, offset, rotation))
            self.add_joint(children[0], here, self._offset(children[0]))
        else:
            rotation = self._cluster(joint, children)
            self.nodes.append(Node(name, parent, offset, rotation))
            for child in children:
                self._add_aim(joint, child, here, rotation)

    def _add_aim(self, joint: int, child: int, parent: int, above: Tensor) -> None:
        aimed = self._aimed(joint, child, above)
        name = f"to_{self.hierarchy.joints[child]}"
        self.nodes.append(Node(name, parent, torch.zeros(3).double(), aimed))
        self.add_joint(child, len(self.nodes) - 1, self._offset(child))

    def _offset(self, child: int) -> Tensor:
        """Rest direction times the median length of the bone that ends in a joint."""
        ends = [self.hierarchy.parents[child], child]
        lengths = (self.points[:, ends[1]] - self.points[:, ends[0]]).norm(dim=-1)
        both = self.seen[:, ends].all(1)
        measured = lengths[both] if both.any() else lengths
        offset: Tensor = self.hierarchy.rest[child] * np.median(measured.numpy()).item()
        return offset

    def _direction(self, joint: int, child: int) -> Tensor:
        bone = self.points[:, child] - self.points[:, joint]
        return torch.nn.functional.normalize(bone, dim=-1)

    def _aimed(self, joint: int, child: int, above: Tensor) -> Tensor:
        """World rotation of the node whose bone runs from a joint to its child."""
        rest, goal = self.hierarchy.rest[child], self._direction(joint, child)
        local = (above.mT @ goal[..., None])[..., 0]
        rotation = above @ _least_turn(rest, local)
        axis, below = self.hierarchy.hinge(child), self.hierarchy.children(child)
        if axis is None or not below:
            return rotation
        hinge = torch.tensor(axis, dtype=torch.float64)
        normal = torch.linalg.cross(goal, self._direction(child, below[0]))
        angle = _hinge_angle(rotation, rest, hinge, normal)
        return rotation @ _turn_about(rest, angle)

    def _cluster(self, joint: int, children: list[int]) -> Tensor:
        """World rotation that best takes all rest directions onto the measured ones."""
        goals = torch.stack([self._direction(joint, child) for child in children], -1)
        u, _, vt = torch.linalg.svd(goals @ self.hierarchy.rest[children])
        signs = torch.ones(len(u), 3, dtype=torch.float64)
        signs[:, 2] = torch.linalg.det(u @ vt).sign()
        rotation: Tensor = u @ (signs[..., None] * vt)
        return rotation


def _least_turn(rest: Tensor, goal: Tensor) -> Tensor:
    """Smallest rotations that take one unit vector onto others."""
    rest = rest.expand_as(goal)
    cosine = (rest * goal).sum(-1)[..., None, None]
    cross = skew(torch.linalg.cross(rest, goal))
    turn = torch.eye(3).to(goal) + cross + cross @ cross / (1 + cosine).clamp_min(1e-9)
    least = rest.abs().argmin(-1, keepdim=True)
    helper = torch.zeros_like(goal).scatter_(-1, least, 1.0)
    normal = torch.nn.functional.normalize(torch.linalg.cross(rest, helper), dim=-1)
    half_turn = 2 * normal[..., :, None] * normal[..., None, :] - torch.eye(3).to(goal)
    return torch.where(cosine < -1 + 1e-7, half_turn, turn)


def _hinge_angle(
    rotation: Tensor, rest: Tensor, hinge: Tensor, normal: Tensor
) -> Tensor:
    """Turn about the bone, in radians, that takes the hinge onto the bending normal.

    Frames in which the limb is straight say nothing; they get what lies between their
    neighbours.
    """
    local = (rotation.mT @ normal[..., None])[..., 0]
    angle = torch.atan2(local @ torch.linalg.cross(rest, hinge), local @ hinge).numpy()
    bent = normal.norm(dim=-1).numpy() > _STRAIGHT
    if not bent.any():
        return torch.zeros(len(rotation), dtype=torch.float64)
    frames = np.arange(len(angle))
    steady = np.interp(frames, frames[bent], np.unwrap(angle[bent]))
    return torch.from_numpy(steady)


def _turn_about(axis: Tensor, angle: Tensor) -> Tensor:
    """Rotations about a unit axis (Rodrigues)."""
    generator = skew(axis)
    sine, cosine = angle.sin()[:, None, None], angle.cos()[:, None, None]
    square = generator @ generator
    return torch.eye(3).to(axis) + sine * generator + (1 - cosine) * square
