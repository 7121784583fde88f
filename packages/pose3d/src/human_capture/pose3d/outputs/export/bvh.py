"""BVH animation files: one person a file, centimetres, y up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.files import atomic_path
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.export.axes import with_up
from human_capture.pose3d.outputs.export.bone_rotations import (
    Node,
    fill_gaps,
    solve_rotations,
)
from human_capture.pose3d.outputs.export.hierarchy import (
    NoRootError,
    hierarchy_of,
    with_middle_joints,
)

_CENTIMETRES = 100.0  # what most animation programs take a BVH unit for


def write_bvh(path: str | Path, capture: Capture, person: int = 0) -> None:
    """Write one person's motion as a skeleton with constant bone lengths.

    The rest pose is a T-pose that faces +z. Each bone has its median length and
    points exactly where it was measured to point. Where several bones start at one
    joint, a node of length zero named ``to_<joint>`` aims each. BVH cannot say that a
    joint is unknown: gaps are bridged by straight lines, and joints that are never
    seen are left out.

    Args:
        path: File to write.
        capture: The motion.
        person: Counted from 0.

    Raises:
        NoRootError: Neither a pelvis nor both hips are ever seen.
    """
    points = with_up(capture.points[person], "y") * _CENTIMETRES
    names, points, seen = with_middle_joints(points, capture.format)
    ever = [n for n in range(len(names)) if bool(seen[:, n].any())]
    try:
        hierarchy = hierarchy_of(tuple(names[n] for n in ever))
    except NoRootError as error:
        raise NoRootError(f"No BVH for person {person + 1}: {error}") from error
    columns = [names.index(joint) for joint in hierarchy.joints]
    points = fill_gaps(points[:, columns])
    nodes = solve_rotations(points, seen[:, columns], hierarchy)
    with atomic_path(path) as temporary:
        lines = [*_hierarchy(nodes), *_motion(nodes, points[:, 0], capture.fps)]
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def euler_zxy(
    rotations: Float[Tensor, "frame 3 3"],
) -> Float[np.ndarray, "frame 3"]:
    """Angles z, x, y in degrees with R = Rz Rx Ry, without jumps from frame to frame.

    Args:
        rotations: From the node's frame to its parent's.
    """
    m = rotations
    z = torch.atan2(-m[:, 0, 1], m[:, 1, 1])
    x = torch.asin(m[:, 2, 1].clamp(-1, 1))
    y = torch.atan2(-m[:, 2, 0], m[:, 2, 2])
    angles = torch.stack((z, x, y), -1).numpy()
    steady: np.ndarray = np.unwrap(np.degrees(angles), axis=0, period=360)
    return steady


def _hierarchy(nodes: list[Node]) -> list[str]:
    return ["HIERARCHY", *_joint(nodes, 0, 0)]


def _joint(nodes: list[Node], number: int, depth: int) -> list[str]:
    """The block of a node and of all below it."""
    node, indent = nodes[number], "\t" * depth
    moves = "6 Xposition Yposition Zposition" if node.parent < 0 else "3"
    inside = [
        f"OFFSET {_numbers(node.offset)}",
        f"CHANNELS {moves} Zrotation Xrotation Yrotation",
    ]
    if node.tip is not None:
        inside += ["End Site", "{", f"\tOFFSET {_numbers(node.tip)}", "}"]
    below = [n for n, other in enumerate(nodes) if other.parent == number]
    return [
        f"{indent}{'ROOT' if node.parent < 0 else 'JOINT'} {node.name}",
        f"{indent}{{",
        *(f"{indent}\t{line}" for line in inside),
        *(line for child in below for line in _joint(nodes, child, depth + 1)),
        f"{indent}}}",
    ]


def _motion(nodes: list[Node], root: Tensor, fps: float) -> list[str]:
    """The numbers, in the order in which :func:`_hierarchy` names the nodes."""
    columns = [root.numpy()]  # nodes are listed parents first, depth first
    for node in nodes:
        local = node.rotation
        if node.parent >= 0:
            local = nodes[node.parent].rotation.mT @ local
        columns.append(euler_zxy(local))
    rows = np.concatenate(columns, axis=1)
    return [
        "MOTION",
        f"Frames: {len(rows)}",
        f"Frame Time: {1 / fps:.8f}",
        *(" ".join(f"{value:.5f}" for value in row) for row in rows.tolist()),
    ]


def _numbers(vector: Tensor) -> str:
    return " ".join(f"{value:.6f}" for value in vector.tolist())
