"""Voxel volumes around people: from views to a volume, and from a volume to points.

Feature maps follow the pixel convention of the repository: the centre of the first
cell lies at 0.5, so a map of width W spans [0, W], and cameras are those of the map
(``cameras.resize(map_width / image_width)``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import grid_sample

from human_capture.common.cameras import Cameras

Aggregation = Literal["sum", "total", "confidence", "softmax", "max"]


def cube_grid(
    centre: Float[Tensor, "batch 3"],
    side: float,
    points: int,
    angle: Float[Tensor, " batch"] | None = None,
) -> Float[Tensor, "batch x y z 3"]:
    """World positions of a cubic grid that includes its end planes.

    Args:
        centre: Of the cube, in metres.
        side: Length of an edge, in metres.
        points: Along each edge.
        angle: Turn about the vertical through the centre, in radians.
    """
    axis = torch.linspace(-side / 2, side / 2, points).to(centre)
    grid = torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1)
    grid = grid.expand(len(centre), *grid.shape)
    if angle is not None:
        cos, sin = angle.cos()[:, None, None, None], angle.sin()[:, None, None, None]
        x, y, z = grid.unbind(-1)
        grid = torch.stack((cos * x - sin * y, sin * x + cos * y, z), -1)
    return grid + centre[:, None, None, None]


def unproject(
    maps: Float[Tensor, "batch view channel row column"],
    cameras: Cameras,
    grid: Float[Tensor, "batch x y z 3"],
    official: bool = False,
) -> tuple[Float[Tensor, "batch view channel x y z"], Bool[Tensor, "batch view x y z"]]:
    """What every view shows at the projection of every voxel, and whether it sees it.

    Args:
        maps: Feature maps.
        cameras: Of the maps, batch axes (batch, view).
        grid: World positions, in metres.
        official: Sample as the authors of learnable triangulation did, which drifts
            by up to one cell across the map; only for weights trained that way.
            Voxels outside a view then count as seen zeros, as they did.
    """
    batch, views, channels, rows, columns = maps.shape
    positions, visible = map_positions(cameras, grid, maps.shape[-2:], official)
    cells = positions.new_tensor([columns - 1, rows - 1]).clamp_min(1)
    # one wide sampling plane for all views: faster backwards than a cube
    plane = (2 * positions / cells - 1).reshape(
        batch * views, grid.shape[1] * grid.shape[2], -1, 2
    )
    sampled = grid_sample(
        maps.flatten(0, 1).to(plane),  # half precision cannot name positions
        plane,
        padding_mode="zeros" if official else "border",
        align_corners=True,
    )
    sampled = sampled.reshape(batch, views, channels, *grid.shape[1:4])
    return sampled, visible.reshape(batch, views, *grid.shape[1:4])


def map_positions(
    cameras: Cameras,
    grid: Float[Tensor, "batch x y z 3"],
    size: Sequence[int],
    official: bool = False,
) -> tuple[Float[Tensor, "batch view voxel 2"], Bool[Tensor, "batch view voxel"]]:
    """Where every voxel lies in every map, and whether the view sees it.

    Positions count cells from the centre of the first one, as sampling needs them.

    Args:
        cameras: Of the maps, batch axes (batch, view).
        grid: World positions, in metres.
        size: Rows and columns of the maps.
        official: As in :func:`unproject`.
    """
    points = grid.flatten(1, 3)[:, None].expand(-1, cameras.shape[1], -1, -1)
    pixels, depth = cameras.project(points.to(cameras.intrinsics))
    extent = pixels.new_tensor([size[1], size[0]])
    pixels = torch.where((depth > 0)[..., None], pixels.nan_to_num(), -extent)
    if official:
        # they divide x by the height and y by the width, and stretch the first and
        # last cell's centres to the borders
        return pixels / extent.flip(0) * (extent - 1), torch.ones_like(depth > 0)
    visible = ((pixels >= 0) & (pixels <= extent)).all(-1)
    return pixels - 0.5, visible


def aggregate(
    volumes: Float[Tensor, "batch view channel x y z"],
    visible: Bool[Tensor, "batch view x y z"],
    how: Aggregation,
    confidences: Float[Tensor, "batch view channel"] | None = None,
    official: bool = False,
) -> Float[Tensor, "batch channel x y z"]:
    """One volume from all views (Iskakov et al., ICCV 2019, eqs. 8-11).

    Views that do not see a voxel have no say in it; a voxel that nobody sees is zero.

    Args:
        volumes: Of each view, as :func:`unproject` gives them.
        visible: Which voxels each view sees.
        how: ``sum`` (divided by the number of views that see the voxel, so that any
            number of views gives the same range), ``total`` (undivided),
            ``confidence`` (weighted mean), ``softmax`` (weights are the softmax of the
            values over the views) or ``max``.
        confidences: Weights of ``confidence``, ≥ 0.
        official: Leave ``sum`` undivided, as the authors' weights expect.
    """
    seen = visible[:, :, None]
    lowest = torch.finfo(volumes.dtype).min  # not infinite: nobody may see a voxel
    if how == "softmax":
        shares = volumes.masked_fill(~seen, lowest).softmax(1)
        return (shares * volumes * seen).sum(1)
    if how == "max":
        largest = volumes.masked_fill(~seen, lowest).amax(1)
        return torch.where(seen.any(1), largest, 0.0)
    if how == "confidence":
        if confidences is None:
            raise ValueError("Aggregation by confidence needs confidences.")
        weights = confidences[..., None, None, None] * seen
        total = weights.sum(1).clamp_min(1e-6)
        return (volumes * weights).sum(1) / total
    total_volume = (volumes * seen).sum(1)
    if official or how == "total":
        return total_volume
    return total_volume / seen.sum(1).clamp_min(1)


def soft_argmax_3d(
    logits: Float[Tensor, "batch joint x y z"], grid: Float[Tensor, "batch x y z 3"]
) -> tuple[
    Float[Tensor, "batch joint 3"],
    Float[Tensor, "batch joint 3 3"],
    Float[Tensor, "batch joint voxel"],
]:
    """Expected position, its covariance and the log-probability of every voxel.

    Args:
        logits: Unnormalised log-probabilities.
        grid: World positions, in metres.
    """
    log_probability = logits.flatten(2).float().log_softmax(-1)
    probability = log_probability.exp()
    positions = grid.flatten(1, 3).float()
    centre = positions.mean(1, keepdim=True)  # centred products keep float32 exact
    offsets = positions - centre
    mean = probability @ offsets
    second = (probability @ _products(offsets)).reshape(*mean.shape, 3)
    covariance = second - mean[..., None] * mean[..., None, :]
    return mean + centre, covariance, log_probability


def _products(offsets: Tensor) -> Tensor:
    return (offsets[..., None] * offsets[..., None, :]).flatten(-2)
