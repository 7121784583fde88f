"""A calibrated rig: cameras with names and image sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError


@dataclass(frozen=True)
class Calibration:
    """What a calibration file says, in this package's conventions.

    Attributes:
        names: Of the cameras, in the order of the batch.
        cameras: One batch axis; metres, pixel centres at +0.5, double precision.
        sizes: Width and height of each camera's images, or None where unknown.
        unit_sphere_to_world: The region that holds the subject, one transform a
            camera, in formats that store it (NeuS).
    """

    names: tuple[str, ...]
    cameras: Cameras
    sizes: tuple[tuple[int, int] | None, ...]
    unit_sphere_to_world: Float[Tensor, "camera 4 4"] | None = None

    def __post_init__(self) -> None:
        counts = (len(self.names), *self.cameras.shape, len(self.sizes))
        if len(set(counts)) != 1 or len(counts) != 3:
            raise ValueError(f"Names, cameras and sizes differ in number: {counts}.")

    def __len__(self) -> int:
        """The number of cameras."""
        return len(self.names)

    def select(self, names: Sequence[str]) -> Calibration:
        """The cameras with these names, in this order.

        Args:
            names: Some of ``self.names``.

        Raises:
            InputError: The calibration has no such camera.
        """
        for name in names:
            if name not in self.names:
                raise InputError(
                    f"The calibration has no camera {name!r}; it has "
                    f"{', '.join(map(repr, self.names))}."
                )
        index = [self.names.index(name) for name in names]
        sphere = self.unit_sphere_to_world
        return Calibration(
            tuple(names),
            self.cameras[torch.tensor(index, dtype=torch.long)],
            tuple(self.sizes[i] for i in index),
            None if sphere is None else sphere[index],
        )

    def inverted(self) -> Calibration:
        """The rig that a file means whose extrinsics map cameras to the world."""
        camera_to_world = torch.linalg.inv(self.cameras.world_to_camera)
        cameras = replace(self.cameras, world_to_camera=camera_to_world)
        return replace(self, cameras=cameras)
