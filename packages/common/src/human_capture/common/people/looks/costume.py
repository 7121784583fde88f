# ruff: noqa: ANN001, ANN201, ANN202  (compiled functions infer their types)
"""What a person wears as geometry: layers that follow the body, things on the head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, no_type_check

import numpy as np
from jaxtyping import Float, Float32, Int16, Int32

from human_capture.common.people.drawing.kernel import kernel
from human_capture.common.people.looks.surface import Surface


@dataclass(frozen=True)
class Layer:
    """Triangles over the body's vertices, moved outwards and cut to shape.

    Args:
        faces: Vertex indices into the body mesh.
        material: Index into the person's materials.
        offset: How far each body vertex moves along its normal, in metres.
        cut: The layer ends where the interpolated value is negative.
        flat: Metres along the surface, for patterns.
        tint: Factor on the material's colour at each body vertex.
    """

    faces: Int32[np.ndarray, "face 3"]
    material: int
    offset: Float[np.ndarray, " vertex"] | None = None
    cut: Float[np.ndarray, " vertex"] | None = None
    flat: Float[np.ndarray, "vertex 2"] | None = None
    tint: Float[np.ndarray, "vertex 3"] | None = None


@dataclass(frozen=True)
class Attachment:
    """A rigid thing that sits on the head, in canonical coordinates.

    Args:
        vertices: Metres.
        faces: Outside counter-clockwise.
        material: Index into the person's materials.
    """

    vertices: Float[np.ndarray, "vertex 3"]
    faces: Int32[np.ndarray, "face 3"]
    material: int


class Costume(NamedTuple):
    """All layers of a person, ready to follow posed body vertices."""

    source: Int32[np.ndarray, " vertex"]  # body vertex, -1 for things on the head
    places: Float32[np.ndarray, "vertex 3"]
    offset: Float32[np.ndarray, " vertex"]
    cut: Float32[np.ndarray, " vertex"]
    flat: Float32[np.ndarray, "vertex 2"]
    tint: Float32[np.ndarray, "vertex 3"]
    faces: Int32[np.ndarray, "face 3"]
    material: Int16[np.ndarray, " face"]
    moved: int  # first vertex that an offset moves
    moved_face: int  # first triangle of those


def assemble(
    surface: Surface, layers: Sequence[Layer], attachments: Sequence[Attachment]
) -> Costume:
    """The layers as one mesh; layers without offset must come first.

    Args:
        surface: The body mesh.
        layers: In any order but for those without offset, which lead.
        attachments: On the head.
    """
    parts: list[tuple[np.ndarray, ...]] = []
    start, moved, moved_face, triangles = 0, -1, -1, 0
    for layer in layers:
        flags = np.zeros(len(surface.canonical), bool)
        flags[layer.faces] = True
        used = np.nonzero(flags)[0]
        local = (np.cumsum(flags) - 1)[layer.faces]
        if layer.offset is not None and moved < 0:
            moved, moved_face = start, triangles
        count = len(used)
        parts.append(
            (
                used,
                surface.canonical[used],
                np.zeros(count) if layer.offset is None else layer.offset[used],
                np.ones(count) if layer.cut is None else layer.cut[used],
                np.zeros((count, 2)) if layer.flat is None else layer.flat[used],
                np.ones((count, 3)) if layer.tint is None else layer.tint[used],
                local + start,
                np.full(len(layer.faces), layer.material),
            )
        )
        start += count
        triangles += len(layer.faces)
    for thing in attachments:
        count = len(thing.vertices)
        parts.append(
            (
                np.full(count, -1),
                thing.vertices,
                np.zeros(count),
                np.ones(count),
                thing.vertices[:, [0, 2]],
                np.ones((count, 3)),
                thing.faces + start,
                np.full(len(thing.faces), thing.material),
            )
        )
        start += count
    types = (np.int32, *5 * (np.float32,), np.int32, np.int16)
    columns = zip(*parts, strict=True)
    source, places, offset, cut, flat, tint, faces, material = (
        np.concatenate(column).astype(dtype)
        for column, dtype in zip(columns, types, strict=True)
    )
    return Costume(
        source,
        places,
        offset,
        cut,
        flat,
        tint,
        faces,
        material,
        moved=start if moved < 0 else moved,
        moved_face=triangles if moved_face < 0 else moved_face,
    )


def follow(
    costume: Costume, body: Float32[np.ndarray, "vertex 3"], surface: Surface
) -> tuple[Float32[np.ndarray, "point 3"], Float32[np.ndarray, "point 3"]]:
    """World positions and unit normals of a costume's points on a posed body.

    Args:
        costume: What is worn.
        body: Posed vertices of the body mesh, in the world.
        surface: The body mesh.
    """
    positions = np.empty((len(costume.source), 3), np.float32)
    normals = np.zeros_like(positions)
    rigid = costume.source < 0
    if rigid.any():
        positions[rigid] = _on_head(costume.places[rigid], body, surface)
    _follow(
        costume.source,
        costume.offset,
        costume.faces,
        costume.moved,
        costume.moved_face,
        body,
        positions,
        normals,
    )
    return positions, normals


def _on_head(
    places: np.ndarray, body: np.ndarray, surface: Surface
) -> Float[np.ndarray, "vertex 3"]:
    """Canonical points carried by the similarity that fits the skull best.

    Umeyama, PAMI 1991, equations 39 to 42.
    """
    skull = np.nonzero(surface.head & (surface.canonical[:, 2] > 0.70))[0][::7]
    rest, posed = surface.canonical[skull].astype(float), body[skull].astype(float)
    rest_mean, posed_mean = rest.mean(0), posed.mean(0)
    u, stretch, v = np.linalg.svd((posed - posed_mean).T @ (rest - rest_mean))
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ v))])
    rotation = (u * sign) @ v
    scale = (stretch * sign).sum() / ((rest - rest_mean) ** 2).sum()
    return np.asarray(scale * (places - rest_mean) @ rotation.T + posed_mean)


@kernel
@no_type_check
def _follow(source, offset, faces, moved, moved_face, body, positions, normals):
    for i in range(source.shape[0]):
        k = source[i]
        if k >= 0:
            for axis in range(3):
                positions[i, axis] = body[k, axis]
    add_normals(positions, faces, 0, normals)
    unit(normals, 0)
    for i in range(moved, source.shape[0]):
        for axis in range(3):
            positions[i, axis] += normals[i, axis] * offset[i]
            normals[i, axis] = 0.0
    add_normals(positions, faces, moved_face, normals)
    unit(normals, moved)


@kernel
@no_type_check
def add_normals(positions, faces, first, normals):
    """Add each triangle's normal, as long as its area, to its corners."""
    for f in range(first, faces.shape[0]):
        i, j, k = faces[f, 0], faces[f, 1], faces[f, 2]
        p, q, r = positions[i], positions[j], positions[k]
        ax, ay, az = q[0] - p[0], q[1] - p[1], q[2] - p[2]
        bx, by, bz = r[0] - p[0], r[1] - p[1], r[2] - p[2]
        x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        for n in (i, j, k):
            normals[n, 0] += x
            normals[n, 1] += y
            normals[n, 2] += z


@kernel
@no_type_check
def unit(normals, first):
    """Scale vectors to length one, in place."""
    for i in range(first, normals.shape[0]):
        n = normals[i]
        length = math.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]) + 1e-20
        n[0] /= length
        n[1] /= length
        n[2] /= length
