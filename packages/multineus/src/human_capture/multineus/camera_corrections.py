"""Cameras that are not quite where they are said to be."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Int
from torch import Tensor, nn

from human_capture.common.cameras import Cameras
from human_capture.common.rigid import se3_exp


class CameraCorrections(nn.Module):
    """A rigid correction of each view and one of the focal length, for one person.

    Corrections act in the cameras' own frames: camera_to_world becomes camera_to_world
    exp(twist) (Multi-NeuS, code, after BARF, Lin et al. 2021). The principal point
    stays.

    Args:
        views: How many.
    """

    def __init__(self, views: int) -> None:
        super().__init__()
        self.twists = nn.Parameter(torch.zeros(views, 6))
        self.log_focal = nn.Parameter(torch.zeros(()))

    def forward(self, cameras: Cameras, views: Int[Tensor, " view"]) -> Cameras:
        """The cameras corrected.

        Args:
            cameras: Of those views.
            views: Their numbers.
        """
        own = se3_exp(-self.twists[views]).to(cameras.world_to_camera)  # the inverse
        factor = self.log_focal.exp()
        one = torch.ones_like(factor)
        focal = torch.stack((factor, factor, one)).diag().to(cameras.intrinsics)
        centre = cameras.intrinsics.clone()
        centre[..., :2, :2] = 0
        scaled = (cameras.intrinsics - centre) @ focal + centre
        return replace(
            cameras,
            intrinsics=scaled,
            world_to_camera=own @ cameras.world_to_camera,
        )
