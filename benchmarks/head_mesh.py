"""The mesh of a head from its field: blocks near the surface against the whole grid."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import mcubes
import numpy as np
import torch
from jaxtyping import Float
from measuring import Machine, Row, Run, compared, peak_memory_mb
from torch import Tensor

from human_capture.common.meshes import Extraction, Mesh
from human_capture.multineus.priors import load_prior

COMPARED, LARGE = 192, 512


class CountedHead:
    """Distances of the mean head of the shipped prior, and how many were asked for."""

    def __init__(self) -> None:
        self.head = load_prior().newcomer().of(torch.tensor([0]))
        self.count = 0

    def __call__(self, points: Float[Tensor, "point 3"]) -> Float[Tensor, " point"]:
        """Signed distances."""
        self.count += len(points)
        return self.head.distance(points[None])[0]


def near_surface(resolution: int) -> Callable[[], Mesh]:
    """Ours."""
    return partial(Extraction(resolution), CountedHead())


def whole_grid(resolution: int) -> Callable[[], Mesh]:
    """Every corner of the grid, then marching cubes."""
    head, extraction = CountedHead(), Extraction(resolution)

    @torch.no_grad()
    def work() -> Mesh:
        axis = torch.linspace(-1, 1, resolution + 1) * extraction.extent
        rest = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1).flatten(0, 1)
        values = np.empty((resolution + 1,) * 3)
        for number, x in enumerate(axis):
            points = torch.cat((x.expand(len(rest), 1), rest), 1)
            parts = torch.split(points, extraction.chunk)
            found = torch.cat([head(part) for part in parts])
            values[number] = found.view(resolution + 1, resolution + 1).numpy()
        vertices, faces = mcubes.marching_cubes(values, 0.0)
        scaled = extraction.extent * (2 * vertices / resolution - 1)
        return Mesh(scaled, faces.astype(np.int64))

    return work


def rows(machine: Machine) -> list[Row]:
    """Side by side in a grid that can be evaluated whole; shares in a large one."""
    found: dict[str, Mesh] = {}

    def keep(name: str, run: Callable[[], Mesh]) -> Run:
        def work() -> None:
            found[name] = run()

        return work

    ours, dense = near_surface(COMPARED), whole_grid(COMPARED)
    fast, slow = compared(keep("ours", ours), keep("dense", dense), 1)
    apart = _difference(found["ours"], found["dense"])
    small, large = (_peak(run, COMPARED) for run in (near_surface, whole_grid))
    counted = CountedHead()
    mesh = Extraction(LARGE)(counted)
    share = counted.count / (LARGE + 1) ** 3
    peak = _peak(near_surface, LARGE)
    layers = counted.head.sdf_weights
    work = 2.0 * sum(layer.weight[0].numel() for layer in layers)
    visits = CountedHead()
    Extraction(COMPARED)(visits)
    return [
        Row(
            f"mesh of a head, {COMPARED}³ cells",
            fast,
            slow,
            "every corner of the grid",
            note=(
                f"{small:.0f} and {large:.0f} MB at the peak; vertices differ by "
                f"{apart:.1e} at most; at {LARGE}³ {share:.1%} of the grid is "
                f"evaluated, {len(mesh.vertices):,} vertices, {peak:.0f} MB"
            ),
            limit=machine.limit(fast, 0, work * visits.count),
        )
    ]


def _peak(run: Callable[[int], Run], resolution: int) -> float:
    return peak_memory_mb(partial(run, resolution))


def _difference(one: Mesh, other: Mesh) -> float:
    """Greatest difference of two meshes' vertices in any order; infinite if others."""
    if len(one.faces) != len(other.faces):
        return float("inf")
    return max(
        float(np.abs(np.sort(a, axis=0) - np.sort(b, axis=0)).max())
        for a, b in zip(
            np.unique(one.vertices.round(9), axis=0).T,
            np.unique(other.vertices.round(9), axis=0).T,
            strict=True,
        )
    )
