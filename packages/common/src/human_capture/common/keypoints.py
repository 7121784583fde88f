"""Key points in one format or another: conversion and comparison.

The formats themselves are in `keypoint_formats`. Joints that two formats share carry
the same name, and joints that are plain means of others (a pelvis between the hips)
are derived; whatever else a target format asks for cannot be made up, and the error
says which joints those are.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.keypoint_formats import (
    BLAZEPOSE33,
    BODY25,
    COCO17,
    COCO19,
    FORMATS,
    HALPE26,
    HAND21,
    HUMAN36M,
    KeypointFormat,
)

__all__ = [
    "BLAZEPOSE33",
    "BODY25",
    "COCO17",
    "COCO19",
    "FORMATS",
    "HALPE26",
    "HAND21",
    "HUMAN36M",
    "TRUNK",
    "KeypointFormat",
    "convert",
    "keypoint_format",
    "select",
    "shared_joints",
]

TRUNK = ("left_hip", "right_hip", "left_shoulder", "right_shoulder")
"""Joints that almost every format of bodies has, as seen from outside."""

_DERIVED = {  # joint: the joints whose mean it is
    "pelvis": ("left_hip_centre", "right_hip_centre"),
    "mid_hip": ("left_hip", "right_hip"),
    "neck": ("left_shoulder", "right_shoulder"),
}


def keypoint_format(name: str) -> KeypointFormat:
    """The format of that name; raises InputError that lists the known ones."""
    if name not in FORMATS:
        known = ", ".join(FORMATS)
        raise InputError(f"Unknown key-point format {name!r}; known are {known}.")
    return FORMATS[name]


def convert(
    points: Float[Tensor, "*batch joint dim"],
    source: KeypointFormat,
    target: KeypointFormat,
    valid: Bool[Tensor, "*batch joint"] | None = None,
) -> tuple[Float[Tensor, "*batch target dim"], Bool[Tensor, "*batch target"]]:
    """Key points in another format, and which of them are valid.

    A derived joint is valid when all the joints it is the mean of are.

    Args:
        points: Key points in the source format, in 2D or 3D.
        source: Their format.
        target: The wanted format.
        valid: Which points count; all when absent.

    Raises:
        InputError: The target has joints that the source neither has nor can derive.
    """
    if points.shape[-2] != len(source):
        raise InputError(
            f"Format {source.name!r} has {len(source)} joints, but the data has "
            f"{points.shape[-2]}."
        )
    if valid is None:
        valid = torch.ones(points.shape[:-1], dtype=torch.bool, device=points.device)
    origins = [_origin(joint, source) for joint in target.joints]
    missing = [j for j, o in zip(target.joints, origins, strict=True) if not o]
    if missing:
        raise InputError(
            f"Cannot convert {source.name!r} to {target.name!r}: no source for "
            f"{', '.join(missing)}."
        )
    converted = [points[..., list(origin), :].mean(-2) for origin in origins]
    present = [valid[..., list(origin)].all(-1) for origin in origins]
    return torch.stack(converted, -2), torch.stack(present, -1)


def _origin(joint: str, source: KeypointFormat) -> tuple[int, ...]:
    """Positions in the source whose mean is the joint; empty when there are none."""
    if joint in source.joints:
        return (source.index(joint),)
    parts = _DERIVED.get(joint, ())
    if parts and all(part in source.joints for part in parts):
        return tuple(source.index(part) for part in parts)
    return ()


def shared_joints(first: KeypointFormat, second: KeypointFormat) -> tuple[str, ...]:
    """Joints that both formats have or can derive, for comparing across formats."""
    names = dict.fromkeys((*first.joints, *second.joints))
    return tuple(n for n in names if _origin(n, first) and _origin(n, second))


def select(
    points: Float[Tensor, "*batch joint dim"],
    source: KeypointFormat,
    joints: tuple[str, ...],
) -> Float[Tensor, "*batch selected dim"]:
    """The named joints of ``points``, derived as means where needed.

    Args:
        points: Key points in the source format.
        source: Their format.
        joints: Names, as from :func:`shared_joints`.
    """
    wanted = KeypointFormat("selection", joints, (), joints[:1])
    return convert(points, source, wanted)[0]
