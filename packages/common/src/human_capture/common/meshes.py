"""Triangle meshes: from signed distance fields, and to files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import mcubes
import numpy as np
import torch
import trimesh
from jaxtyping import Float, Int
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.common.files import atomic_path

SUFFIXES = (".glb", ".obj", ".ply")
Distance = Callable[[Float[Tensor, "point 3"]], Float[Tensor, " point"]]
Progress = Callable[[Iterable[int], int], Iterable[int]]
"""Passes on what it is given; told how many there are."""


@dataclass(frozen=True)
class Mesh:
    """Triangles.

    Attributes:
        vertices: Their positions.
        faces: Three vertices each, counter-clockwise as seen from outside.
        colours: Of the vertices, in [0, 1]; None where nothing is known.
    """

    vertices: Float[np.ndarray, "vertex 3"]
    faces: Int[np.ndarray, "face 3"]
    colours: Float[np.ndarray, "vertex 3"] | None = None

    def transform(self, matrix: Float[np.ndarray, "4 4"]) -> Mesh:
        """The mesh moved by a similarity that does not mirror."""
        moved = self.vertices @ matrix[:3, :3].T + matrix[:3, 3]
        return replace(self, vertices=moved)


@dataclass(frozen=True)
class Extraction:
    """How the surface of a field is found.

    Attributes:
        resolution: Cells along each axis.
        extent: The grid is the cube from minus this to this.
        block: Cells along each axis of the blocks that are looked at or passed by;
            even, divides the resolution.
        steepest: Greatest length of the field's gradient that is allowed for. A block
            is passed by if its middle is farther from the surface than that times half
            its diagonal.
        chunk: Points evaluated at once.
    """

    resolution: int = 512
    extent: float = 1.01
    block: int = 8
    steepest: float = 1.25
    chunk: int = 8192

    @torch.no_grad()
    def __call__(self, distance: Distance, progress: Progress | None = None) -> Mesh:
        """The surface where the distance is zero.

        The mesh is that of marching cubes on the whole grid, as long as the gradient is
        nowhere longer than ``steepest``; only blocks that the surface may cross are
        evaluated.

        Args:
            distance: Signed distances of points, negative inside.
            progress: Shows how far it is.

        Raises:
            InputError: The field has no surface in the grid.
        """
        if self.resolution % self.block or self.block % 2:
            raise ValueError(
                f"{self.block} is odd or does not divide {self.resolution} cells."
            )
        crossed = self.crossed_blocks(distance)
        at_once = max(4 * self.chunk // (self.block + 1) ** 3, 1)
        starts: Iterable[int] = range(0, len(crossed), at_once)
        if progress is not None:
            starts = progress(starts, len(range(0, len(crossed), at_once)))
        vertices, faces, known = [], [], 0
        for start in starts:
            corners = self.block * crossed[start : start + at_once]
            values = self._values(distance, corners).double().numpy()
            for corner, block in zip(corners.numpy(), values, strict=True):
                if block.min() > 0 or block.max() <= 0:
                    continue
                some, triangles = mcubes.marching_cubes(block, 0.0)
                vertices.append(some + corner)
                faces.append(triangles.astype(np.int64) + known)
                known += len(some)
        if not vertices:
            raise InputError(
                "The field has no surface within the unit sphere; it has not learned "
                "one, or the object lies elsewhere."
            )
        joined = _weld(np.concatenate(vertices), np.concatenate(faces), self.resolution)
        placed = joined[0] * self._cell - self.extent
        return _outwards(Mesh(placed, joined[1]), distance, self._cell)

    @torch.no_grad()
    def crossed_blocks(self, distance: Distance) -> Int[Tensor, "block 3"]:
        """Which blocks the surface may cross.

        Args:
            distance: Signed distances of points.
        """
        count = self.resolution // self.block
        blocks = _lattice(count)
        middles = self._place(self.block * (blocks + 0.5))
        away = _in_chunks(distance, middles, self.chunk).abs()
        diagonal = 3**0.5 * self.block * self._cell
        return blocks[away <= self.steepest * diagonal / 2]

    def _values(
        self, distance: Distance, corners: Int[Tensor, "block 3"]
    ) -> Float[Tensor, "block side side side"]:
        """Distances at the grid's points in blocks, as far as the surface needs them.

        Parts of 2³ cells that it cannot cross have their middle's value everywhere,
        whose sign is right.
        """
        size, half = self.block + 1, self.block // 2
        own = _lattice(size)
        parts = self._place(corners[:, None] + 2 * _lattice(half) + 1.0)
        middles = _in_chunks(distance, parts.flatten(0, 1), self.chunk)
        middles = middles.view(-1, half, half, half)
        near = middles.abs() <= self.steepest * 3**0.5 * self._cell
        # a corner belongs to the parts before and after it
        after = torch.arange(size).div(2, rounding_mode="floor").clamp_max(half - 1)
        before = (torch.arange(size) - 1).clamp_min(0).div(2, rounding_mode="floor")
        needed = near
        for axis in (1, 2, 3):
            needed = needed.index_select(axis, before) | needed.index_select(
                axis, after
            )
        values = middles
        for axis in (1, 2, 3):
            values = values.index_select(axis, after)
        wanted = needed.flatten(1)
        points = self._place((corners[:, None] + own)[wanted])
        values = values.flatten(1)
        values[wanted] = _in_chunks(distance, points, self.chunk)
        return values.view(-1, size, size, size)

    @property
    def _cell(self) -> float:
        return 2 * self.extent / self.resolution

    def _place(self, cells: Tensor) -> Float[Tensor, "*point 3"]:
        return cells.float() * self._cell - self.extent


def _lattice(side: int) -> Int[Tensor, "point 3"]:
    """All triples of whole numbers below ``side``."""
    axes = [torch.arange(side)] * 3
    return torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


def _in_chunks(
    distance: Distance, points: Float[Tensor, "point 3"], chunk: int
) -> Float[Tensor, " point"]:
    return torch.cat([distance(part) for part in torch.split(points, chunk)])


def _weld(
    vertices: np.ndarray, faces: np.ndarray, cells: int
) -> tuple[np.ndarray, np.ndarray]:
    """Join the vertices that neighbouring blocks both have.

    A vertex of marching cubes lies on an edge of the grid, which names it.
    """
    low = np.floor(vertices)
    between = vertices != low
    axis = np.where(between.any(1), between.argmax(1), 3)
    x, y, z = low.astype(np.int64).T
    edge = ((x * (cells + 1) + y) * (cells + 1) + z) * 4 + axis
    _, first, name = np.unique(edge, return_index=True, return_inverse=True)
    faces = name[faces]
    proper = np.ones(len(faces), bool)
    for one, two in itertools.combinations(range(3), 2):
        proper &= faces[:, one] != faces[:, two]
    return vertices[first], faces[proper]


@torch.no_grad()
def _outwards(mesh: Mesh, distance: Distance, step: float) -> Mesh:
    """Faces turned so that the distance grows in the direction of their normals."""
    some = mesh.faces[:: max(len(mesh.faces) // 1000, 1)]
    a, b, c = (mesh.vertices[some[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True).clip(1e-12)
    middle = (a + b + c) / 3
    ahead, behind = (
        distance(torch.from_numpy(middle + side * step * normal).float())
        for side in (0.5, -0.5)
    )
    if bool((ahead - behind).median() >= 0):
        return mesh
    return replace(mesh, faces=mesh.faces[:, ::-1].copy())


def write_mesh(mesh: Mesh, path: str | Path) -> None:
    """Write a mesh as GLB, OBJ or PLY, by its suffix, with colours if it has some.

    Args:
        mesh: In metres.
        path: The file.

    Raises:
        InputError: The suffix is none of these.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{str(path)!r}: meshes are written as {', '.join(SUFFIXES)} files."
        )
    colours = None
    if mesh.colours is not None:
        bytes_ = np.rint(255 * mesh.colours.clip(0, 1)).astype(np.uint8)
        colours = np.column_stack((bytes_, np.full(len(bytes_), 255, np.uint8)))
    written = trimesh.Trimesh(
        mesh.vertices, mesh.faces, vertex_colors=colours, process=False
    )
    with atomic_path(path) as temporary:
        written.export(temporary)


def read_mesh(path: str | Path) -> Mesh:
    """A mesh from a GLB, OBJ or PLY file.

    Args:
        path: The file.

    Raises:
        InputError: It is no such file, or holds no triangles.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"{str(path)!r} is none of {', '.join(SUFFIXES)}.")
    try:
        read = trimesh.load_mesh(path, process=False)
        vertices, faces = np.asarray(read.vertices), np.asarray(read.faces)
        colours = getattr(read.visual, "vertex_colors", None)
    except Exception as error:  # whatever the reader makes of a broken file
        raise InputError(f"{str(path)!r} cannot be read as a mesh: {error}") from error
    if not len(faces):
        raise InputError(f"{str(path)!r} holds no triangles.")
    seen = None
    if colours is not None and len(colours) == len(vertices):
        seen = np.asarray(colours)[:, :3] / 255.0
    return Mesh(vertices.astype(float), faces.astype(np.int64), seen)
