"""The text of a BVH file: a tree of nodes with channels, and rows of numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from human_capture.common.errors import InputError

_CHANNEL = re.compile(r"([XYZ])(position|rotation)", re.IGNORECASE)


@dataclass(frozen=True)
class BvhNode:
    """One joint, or the end of a chain.

    Attributes:
        name: The end of a chain is ``<name of the last joint>_end``.
        parent: Position of the parent node; −1 for a root.
        offset: From the parent at rest, in the file's unit.
        channels: ``Xposition`` and the like, in the order of the numbers.
    """

    name: str
    parent: int
    offset: Float[np.ndarray, "3"]
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class BvhText:
    """What a BVH file says.

    Attributes:
        nodes: Parents first, in the order of their numbers.
        seconds: From one frame to the next.
        rows: The values of all channels, angles in degrees.
    """

    nodes: tuple[BvhNode, ...]
    seconds: float
    rows: Float[np.ndarray, "frame channel"]


def parse_bvh(text: str, source: str) -> BvhText:
    """The content of a BVH file.

    Args:
        text: All of it.
        source: Its name, for messages.

    Raises:
        InputError: It is cut off or wrong somewhere.
    """
    hierarchy, *motion = re.split(r"^\s*MOTION\b", text, maxsplit=1, flags=re.MULTILINE)
    if not hierarchy.lstrip("\ufeff \t\r\n").startswith("HIERARCHY"):
        raise InputError(f"{source}: is not a BVH file; it must begin with HIERARCHY.")
    if not motion:
        raise InputError(f"{source}: is cut off; a BVH file has a part MOTION.")
    nodes = _nodes(hierarchy, source)
    head = re.match(r"\s*Frames\s*:\s*(\d+)\s+Frame\s+Time\s*:\s*(\S+)", motion[0])
    if head is None:
        raise InputError(
            f"{source}: is cut off; after MOTION come 'Frames:' and 'Frame Time:'."
        )
    seconds = _numbers([head[2]], 1, "Frame Time", source)[0]
    channels = sum(len(node.channels) for node in nodes)
    rows = _rows(motion[0][head.end() :], int(head[1]), channels, source)
    return BvhText(nodes, float(seconds), rows)


def _nodes(hierarchy: str, source: str) -> tuple[BvhNode, ...]:
    nodes: list[BvhNode] = []
    open_nodes: list[int] = []
    for line in re.sub(r"([{}])", r"\n\1\n", hierarchy).splitlines()[1:]:
        word, *rest = line.split() or [""]
        if word in ("ROOT", "JOINT", "End"):
            parent = open_nodes[-1] if open_nodes else -1
            name = f"{nodes[parent].name}_end" if word == "End" else " ".join(rest)
            nodes.append(BvhNode(name, parent, np.zeros(3)))
        elif word == "{" and nodes:
            open_nodes.append(len(nodes) - 1)
        elif word == "}" and open_nodes:
            open_nodes.pop()
        elif word == "OFFSET" and open_nodes:
            node = nodes[open_nodes[-1]]
            offset = _numbers(rest, 3, f"the offset of {node.name!r}", source)
            nodes[open_nodes[-1]] = replace(node, offset=offset)
        elif word == "CHANNELS" and open_nodes:
            node = nodes[open_nodes[-1]]
            channels = _channels(rest, node.name, source)
            nodes[open_nodes[-1]] = replace(node, channels=channels)
        elif word:
            raise InputError(f"{source}: {line.strip()!r} has no place in a BVH file.")
    if open_nodes or not nodes:
        raise InputError(f"{source}: is cut off within its hierarchy.")
    return tuple(nodes)


def _channels(words: list[str], name: str, source: str) -> tuple[str, ...]:
    count, *channels = words or [""]
    if count != str(len(channels)) or not all(map(_CHANNEL.fullmatch, channels)):
        raise InputError(
            f"{source}: {name!r} must name as many channels as it announces, like "
            f"'3 Zrotation Xrotation Yrotation', not {' '.join(words)!r}."
        )
    return tuple(channel[0].upper() + channel[1:].lower() for channel in channels)


def _rows(
    text: str, frames: int, channels: int, source: str
) -> Float[np.ndarray, "frame channel"]:
    first = len(text.lstrip().partition("\n")[0].split())
    words = text.split()
    if frames < 1 or channels < 1:
        raise InputError(f"{source}: has no motion; it holds the rest pose alone.")
    if words and first != channels and len(words) % channels:
        raise InputError(
            f"{source}: a row has {first} numbers, but the skeleton has {channels} "
            "channels."
        )
    if len(words) != frames * channels:
        raise InputError(
            f"{source}: is cut off or damaged; {frames} frames of {channels} numbers "
            f"are announced, but there are {len(words)} numbers."
        )
    rows = _numbers(words, len(words), "the motion", source).reshape(frames, channels)
    known = np.isfinite(rows).all(1)
    if not known.all():
        raise InputError(
            f"{source}: frame {int(np.argmin(known)) + 1} of {frames} holds a value "
            "that is not a number; cut such frames out."
        )
    return rows


def _numbers(
    words: list[str], count: int, what: str, source: str
) -> Float[np.ndarray, " number"]:
    try:
        numbers = np.array(words, dtype=np.float64)
    except ValueError:
        numbers = np.empty(0)
    if len(numbers) != count:
        raise InputError(f"{source}: {what} must be {count} numbers.")
    return numbers
