# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""BVH animation files, whatever made them.

The format says neither its unit nor which axis points up; both follow from the
skeleton, or are given. Programs disagree whether position channels hold the whole
offset from the parent or what is added to the resting one. For a root they are its
place; for any other joint they are added only where they would otherwise shrink the
bone to less than half.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from human_capture.common.calibration.fields import read_text
from human_capture.common.errors import InputError
from human_capture.common.people.movement.mocap.bvh_text import (
    BvhNode,
    BvhText,
    parse_bvh,
)
from human_capture.common.people.movement.mocap.euler import euler_rotations
from human_capture.common.people.movement.mocap.joint_names import match_joints
from human_capture.common.people.movement.mocap.named_motion import named_motion
from human_capture.common.people.movement.mocap.world_axes import (
    METRES,
    Unit,
    Up,
    detect_unit,
    detect_up,
    z_up,
)
from human_capture.common.people.movement.motion import Motion
from human_capture.common.people.movement.orientations import apply

_Points = dict[str, np.ndarray]


def read_bvh(
    path: str | Path,
    fps: float | None = None,
    unit: Unit | None = None,
    up: Up | None = None,
) -> Motion:
    """The motion in a BVH file.

    Args:
        path: The file.
        fps: Frames a second; what the file says when absent.
        unit: Of lengths; that in which the legs have a human length when absent.
        up: The axis that points up; seen from how the skeleton stands when absent.

    Raises:
        InputError: The file is cut off or wrong, or its skeleton lacks a joint.
    """
    path = Path(path)
    content = parse_bvh(read_text(path), str(path))
    points = _named(content.nodes, node_positions(content.nodes, content.rows))
    if unit is None or up is None:
        leg, hanging = _legs(points, str(path))
        unit = unit or detect_unit(_length(leg), str(path))
        still = np.zeros((1, content.rows.shape[1]))
        rest = _named(content.nodes, node_positions(content.nodes, still, rest=True))
        up = up or detect_up(_legs(rest, str(path))[1][0], hanging, str(path))
    metres = {name: METRES[unit] * z_up(x, up) for name, x in points.items()}
    return named_motion(
        metres, _frame_rate(content, path) if fps is None else fps, path
    )


def node_positions(
    nodes: Sequence[BvhNode],
    rows: Float[np.ndarray, "frame channel"],
    rest: bool = False,
) -> Float[np.ndarray, "frame node 3"]:
    """Where the nodes are, by forward kinematics over all frames at once.

    Args:
        nodes: Parents first.
        rows: The values of their channels, angles in degrees.
        rest: Leave out position channels.
    """
    rotations: list[np.ndarray] = []
    positions: list[np.ndarray] = []
    first = 0
    for node in nodes:
        values = rows[:, first : first + len(node.channels)]
        first += len(node.channels)
        rotation = _rotation(node, values)
        offset = np.tile(node.offset, (len(rows), 1))
        place = offset if rest else _moved(node, offset, values)
        if node.parent >= 0:
            above = rotations[node.parent]
            place = positions[node.parent] + apply(above, place)
            rotation = above @ rotation
        rotations.append(rotation)
        positions.append(place)
    return np.stack(positions, 1)


def _rotation(
    node: BvhNode, values: Float[np.ndarray, "frame channel"]
) -> Float[np.ndarray, "frame 3 3"]:
    turns = [n for n, name in enumerate(node.channels) if name.endswith("rotation")]
    order = "".join(node.channels[n][0] for n in turns)
    return euler_rotations(np.radians(values[:, turns]), order)


def _moved(
    node: BvhNode,
    offset: Float[np.ndarray, "frame 3"],
    values: Float[np.ndarray, "frame channel"],
) -> Float[np.ndarray, "frame 3"]:
    """Where a node is, seen from its parent."""
    moves = [n for n, name in enumerate(node.channels) if name.endswith("position")]
    if not moves:
        return offset
    axes = ["XYZ".index(node.channels[n][0]) for n in moves]
    placed, added = offset.copy(), offset.copy()
    placed[:, axes] = values[:, moves]
    added[:, axes] += values[:, moves]
    length = float(np.median(np.linalg.norm(placed, axis=-1)))
    shrunk = length < 0.5 * float(np.linalg.norm(node.offset))
    return added if node.parent >= 0 and shrunk else placed


def _named(
    nodes: Sequence[BvhNode], positions: Float[np.ndarray, "frame node 3"]
) -> _Points:
    """Positions by name; of nodes that share one, the first counts."""
    points: _Points = {}
    for number, node in enumerate(nodes):
        points.setdefault(node.name, positions[:, number])
    return points


def _legs(points: _Points, source: str) -> tuple[np.ndarray, np.ndarray]:
    """The left leg as hip, knee and ankle; the way from the hips to the ankles."""
    found = match_joints(points)
    names = [f"{s}_{j}" for s in ("left", "right") for j in ("hip", "knee", "ankle")]
    missing = [name for name in names if name not in found]
    if missing:
        raise InputError(
            f"{source}: the skeleton has no {', '.join(missing)}; its joints are "
            f"{', '.join(points)}."
        )
    joints = np.stack([points[found[name]] for name in names], 1)
    hanging = (joints[:, 2] + joints[:, 5] - joints[:, 0] - joints[:, 3]) / 2
    return joints[:, :3], hanging


def _length(leg: Float[np.ndarray, "frame 3 3"]) -> float:
    return float(np.median(np.linalg.norm(np.diff(leg, axis=1), axis=-1).sum(-1)))


def _frame_rate(content: BvhText, path: Path) -> float:
    """Frames a second; a whole number where rounding may have hidden one."""
    if not 1e-4 < content.seconds < 10:
        raise InputError(
            f"{path}: a frame time of {content.seconds:g} seconds cannot be; give the "
            "frames a second."
        )
    rate = 1 / content.seconds
    return float(round(rate)) if abs(rate - round(rate)) < 5e-4 * rate else rate
