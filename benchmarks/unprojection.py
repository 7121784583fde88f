"""Features of all views into one volume, forwards and backwards."""

from __future__ import annotations

from collections.abc import Callable

import torch
from measuring import Machine, Row, compared, peak_memory_mb
from torch import Tensor
from torch.nn.functional import grid_sample

from human_capture.common.cameras import Cameras
from human_capture.common.fusion import fuse
from human_capture.common.rigs import ring
from human_capture.common.volumes import cube_grid

BATCH, VIEWS, CHANNELS, CELLS, POINTS = 2, 4, 32, 96, 64


def _scene() -> tuple[Tensor, Cameras, Tensor]:
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(BATCH, VIEWS, CHANNELS, CELLS, CELLS, generator=generator)
    rig = ring(VIEWS, width=CELLS)
    cameras = rig[None].map(lambda tensor: tensor.expand(BATCH, *tensor.shape[1:]))
    centre = torch.tensor([[0.0, 0.0, 1.0]]).expand(BATCH, 3)
    return maps, cameras, cube_grid(centre, 2.5, POINTS)


def _literal(maps: Tensor, cameras: Cameras, grid: Tensor) -> Tensor:
    """View by view, with the authors' sampling; softmax over the views."""
    volumes = []
    for sample in range(BATCH):
        views = torch.zeros(VIEWS, CHANNELS, POINTS, POINTS, POINTS)
        points = grid[sample].reshape(-1, 3)
        points = torch.cat((points, torch.ones_like(points[:, :1])), 1)
        for view in range(VIEWS):
            image = points @ cameras.projection[sample, view].T
            behind = image[:, 2] <= 0
            depth = torch.where(image[:, 2] == 0, 1.0, image[:, 2])
            unit = 2 * (image[:, :2] / depth[:, None] / CELLS - 0.5)
            seen = grid_sample(
                maps[sample, view][None], unit[None, :, None], align_corners=True
            )
            seen = seen.reshape(CHANNELS, -1)
            seen[:, behind] = 0
            views[view] = seen.reshape(CHANNELS, POINTS, POINTS, POINTS)
        shares = torch.softmax(views.reshape(VIEWS, -1), dim=0).reshape(views.shape)
        volumes.append((views * shares).sum(0))
    return torch.stack(volumes)


def _ours(maps: Tensor, cameras: Cameras, grid: Tensor) -> Tensor:
    return fuse(maps, cameras, grid, "softmax", official=True)


def _work(method: Callable[[Tensor, Cameras, Tensor], Tensor]) -> Callable[[], object]:
    maps, cameras, grid = _scene()
    gradient = torch.randn(BATCH, CHANNELS, POINTS, POINTS, POINTS)

    def work() -> None:
        leaf = maps.clone().requires_grad_()
        method(leaf, cameras, grid).backward(gradient)

    return work


def prepare_literal() -> Callable[[], object]:
    """The literal work, for the measurement of memory."""
    return _work(_literal)


def prepare_ours() -> Callable[[], object]:
    """Our work, for the measurement of memory; compiled before it is measured."""
    work = _work(_ours)
    maps, cameras, grid = _scene()
    small = maps.requires_grad_(), cameras, grid[:, :4, :4, :4]
    _ours(*small).sum().backward()
    return work


def rows(machine: Machine) -> list[Row]:
    """One row."""
    scene = _scene()
    gap = (_literal(*scene) - _ours(*scene)).abs().max().item()
    fast, slow = compared(_work(_ours), _work(_literal), 5)
    memory = [peak_memory_mb(prepare) for prepare in (prepare_ours, prepare_literal)]
    voxels = BATCH * POINTS**3
    samples = voxels * VIEWS * CHANNELS
    share = fast.cpu / slow.cpu
    note = (
        f"{share:.0%} of the processor time (goal 40 %), peak memory "
        f"{memory[0]:.0f} MB against {memory[1]:.0f} MB, largest difference {gap:.0e}"
    )
    bytes_ = 4.0 * voxels * (2 * CHANNELS + 4 * VIEWS * 2)
    return [
        Row(
            f"unprojection {BATCH}×{VIEWS}×{CHANNELS}, {CELLS}²→{POINTS}³, softmax, "
            "forward and backward",
            fast,
            slow,
            "a grid_sample a view in loops",
            2.5,
            note,
            machine.limit(fast, bytes_, samples * 40.0)
            + ": samples come from the cache, exponentials and bilinear sums bind",
        )
    ]
