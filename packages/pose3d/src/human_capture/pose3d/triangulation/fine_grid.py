"""A closer look around each joint, where the voxels of the whole volume are coarse.

What the 3D network says varies slowly and is read between its voxels; the views' heat
maps are sampled anew, as finely as they are. So a joint is found to a fraction of a
coarse voxel at the cost of one more small volume a joint.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn.functional import grid_sample

from human_capture.common.cameras import Cameras
from human_capture.common.fusion import fuse
from human_capture.common.volumes import cube_grid, soft_argmax_3d


@dataclass(frozen=True)
class FineGrid:
    """Small cubes around the joints.

    Attributes:
        side: Edge of each cube, in metres.
        points: Grid points along an edge.
    """

    side: float = 0.4
    points: int = 12

    def around(
        self, points: Float[Tensor, "batch joint 3"]
    ) -> Float[Tensor, "batch joint x y z 3"]:
        """World positions of a cube around each point, which gets no gradient."""
        grid = cube_grid(points.detach().flatten(0, 1), self.side, self.points)
        return grid.reshape(*points.shape[:2], *grid.shape[1:])

    def fuse(
        self,
        log_heatmaps: Float[Tensor, "batch view joint row column"],
        cameras: Cameras,
        grid: Float[Tensor, "batch joint x y z 3"],
        present: Bool[Tensor, "batch view"],
    ) -> Float[Tensor, "batch joint x y z"]:
        """Sum over the views of each joint's own map.

        Args:
            log_heatmaps: Log-probability in each view.
            cameras: Of the heat maps, batch axes (batch, view).
            grid: From :meth:`around`.
            present: Views that exist.
        """
        joints = grid.shape[1]
        return fuse(
            log_heatmaps.transpose(1, 2).flatten(0, 1)[:, :, None],
            cameras.map(lambda tensor: tensor.repeat_interleave(joints, 0)),
            grid.flatten(0, 1),
            "total",
            present=present.repeat_interleave(joints, 0),
        ).reshape(grid.shape[:-1])

    def interpolate(
        self,
        logits: Float[Tensor, "batch joint x y z"],
        volume: Float[Tensor, "batch x y z 3"],
        grid: Float[Tensor, "batch joint u v w 3"],
    ) -> Float[Tensor, "batch joint u v w"]:
        """What the 3D network says, between its voxels.

        Args:
            logits: In the whole volume.
            volume: World positions of its voxels, in metres.
            grid: From :meth:`around`.
        """
        joints = grid.shape[1]
        places = _shares(grid.flatten(0, 1), volume.repeat_interleave(joints, 0))
        return grid_sample(
            logits.flatten(0, 1)[:, None],
            places.flip(-1).to(logits),
            padding_mode="border",
            align_corners=True,
        ).reshape(grid.shape[:-1])

    def locate(
        self,
        logits: Float[Tensor, "batch joint x y z"],
        grid: Float[Tensor, "batch joint x y z 3"],
    ) -> tuple[Float[Tensor, "batch joint 3"], Float[Tensor, "batch joint 3 3"]]:
        """Expected position of each joint in its cube, and its covariance."""
        points, covariance, _ = soft_argmax_3d(
            logits.flatten(0, 1)[:, None], grid.flatten(0, 1)
        )
        return (
            points.reshape(*grid.shape[:2], 3),
            covariance.reshape(*grid.shape[:2], 3, 3),
        )


def _shares(
    positions: Float[Tensor, "sample u v w 3"], volume: Float[Tensor, "sample x y z 3"]
) -> Float[Tensor, "sample u v w 3"]:
    """Where positions lie along the three edges of a cube, from -1 to 1."""
    corner = volume[:, 0, 0, 0]
    ends = (volume[:, -1, 0, 0], volume[:, 0, -1, 0], volume[:, 0, 0, -1])
    edges = torch.stack(ends, -2) - corner[:, None]
    edges = edges / edges.square().sum(-1, keepdim=True)
    offset = positions - corner[:, None, None, None]
    shares: Tensor = torch.einsum("suvwi,sei->suvwe", offset, edges)
    return 2 * shares - 1
