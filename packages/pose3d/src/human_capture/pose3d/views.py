"""The batch: what several cameras see of one person at one moment, and the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from human_capture.common.cameras import Cameras, stack


@dataclass(frozen=True)
class Views:
    """Crops of a person from several cameras.

    Attributes:
        images: RGB, bytes as they come from disk or floats in [0, 1].
        cameras: Of the crops, as a method may know them; batch axes (*batch, view).
        keypoints: True 2D joints, in pixels of the crops.
        joints: True world positions, in metres.
        valid: Views that exist.
        action: Number of the action in the data set's list.
    """

    images: (
        Float[Tensor, "*batch view 3 height width"]
        | UInt8[Tensor, "*batch view 3 height width"]
    )
    cameras: Cameras
    keypoints: Float[Tensor, "*batch view joint 2"]
    joints: Float[Tensor, "*batch joint 3"]
    valid: Bool[Tensor, "*batch view"]
    action: Int[Tensor, "*batch"]

    def __len__(self) -> int:
        return len(self.joints)

    def to(self, device: torch.device | str) -> Views:
        """The same on another device; Lightning calls this on every batch."""
        return self.map(lambda tensor: tensor.to(device))

    def map(self, function: Callable[[Tensor], Tensor]) -> Views:
        """Apply a function to every tensor."""
        return Views(
            function(self.images),
            self.cameras.map(function),
            function(self.keypoints),
            function(self.joints),
            function(self.valid),
            function(self.action),
        )

    def with_float_images(self) -> Views:
        """The same with images as floats in [0, 1]."""
        if self.images.is_floating_point():
            return self
        return replace(self, images=self.images.float() / 255)

    def select_views(self, views: Sequence[int]) -> Views:
        """A batch with only some of the views, in the order given."""
        index = list(views)
        return replace(
            self,
            images=self.images[:, index],
            cameras=self.cameras[:, index],
            keypoints=self.keypoints[:, index],
            valid=self.valid[:, index],
        )


def collate(items: Sequence[Views]) -> Views:
    """Stack single moments, which have equally many views, into a batch."""
    return Views(
        torch.stack([item.images for item in items]),
        stack([item.cameras for item in items]),
        torch.stack([item.keypoints for item in items]),
        torch.stack([item.joints for item in items]),
        torch.stack([item.valid for item in items]),
        torch.stack([item.action for item in items]),
    )
