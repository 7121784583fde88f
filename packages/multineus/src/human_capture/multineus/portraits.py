"""Pictures of one person from several sides: what a field learns from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.rigid import move


@dataclass(frozen=True)
class Portraits:
    """One person at one moment.

    Attributes:
        images: RGB.
        masks: Share of each pixel that the person covers, as far as it is within the
            unit sphere; 255 is all of it.
        cameras: Of the views, in metres.
        sphere: Similarity from the unit sphere, the frame of fields, to the world of
            the cameras. In it faces look along -y and z is up.
        depths: Along the viewing axes to what the person's pixels show, in metres;
            infinite where that is nothing of the unit sphere. None where nothing is
            known, as of photographs.
        trust: How much each pixel counts, 255 is in full; None where all do. Nothing is
            learned from pixels of no trust, such as a body below the unit sphere.
    """

    images: UInt8[Tensor, "view 3 height width"]
    masks: UInt8[Tensor, "view height width"]
    cameras: Cameras
    sphere: Float[Tensor, "4 4"]
    depths: Float[Tensor, "view height width"] | None = None
    trust: UInt8[Tensor, "view height width"] | None = None

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, views: list[int]) -> Portraits:
        """Some views only."""
        return Portraits(
            self.images[views],
            self.masks[views],
            self.cameras[views],
            self.sphere,
            None if self.depths is None else self.depths[views],
            None if self.trust is None else self.trust[views],
        )

    def to(self, device: torch.device | str) -> Portraits:
        """The same on another device."""
        return Portraits(
            self.images.to(device),
            self.masks.to(device),
            self.cameras.to(device),
            self.sphere.to(device),
            None if self.depths is None else self.depths.to(device),
            None if self.trust is None else self.trust.to(device),
        )

    @property
    def metres(self) -> Float[Tensor, ""]:
        """Radius of the unit sphere."""
        volume: Tensor = torch.linalg.det(self.sphere[:3, :3])
        return volume.pow(1 / 3)

    def rays(
        self,
        view: Int[Tensor, " ray"],
        pixel: Int[Tensor, "ray 2"],
        cameras: Cameras | None = None,
    ) -> tuple[Float[Tensor, "ray 3"], Float[Tensor, "ray 3"]]:
        """Origins and unit directions in the frame of the unit sphere.

        Args:
            view: Number of each ray's view.
            pixel: Column and row of the pixel whose middle it goes through.
            cameras: Of all views, if better ones are known.
        """
        centres = pixel[:, None].to(self.sphere) + 0.5
        cameras = self.cameras if cameras is None else cameras
        origins, directions = cameras[view].rays(centres)
        to_sphere = torch.linalg.inv(self.sphere)
        turned = directions[:, 0] @ to_sphere[:3, :3].mT
        return (
            move(origins[:, 0], to_sphere),
            torch.nn.functional.normalize(turned, dim=-1),
        )

    def seen(
        self, view: Int[Tensor, " ray"], pixel: Int[Tensor, "ray 2"]
    ) -> tuple[Float[Tensor, "ray 3"], Float[Tensor, " ray"], Float[Tensor, " ray"]]:
        """Colour, mask and trust of pixels, in [0, 1].

        Args:
            view: Number of each pixel's view.
            pixel: Column and row.
        """
        x, y = pixel.unbind(-1)
        mask = self.masks[view, y, x] / 255
        if self.trust is None:
            trust = torch.ones_like(mask)
        else:
            trust = self.trust[view, y, x] / 255
        return self.images[view, :, y, x] / 255, mask, trust

    def surface(
        self, view: Int[Tensor, " ray"], pixel: Int[Tensor, "ray 2"]
    ) -> Float[Tensor, "ray 3"]:
        """What pixels show, in the unit sphere's frame; NaN where nothing is known.

        Args:
            view: Number of each pixel's view.
            pixel: Column and row.
        """
        if self.depths is None:
            return torch.full((len(view), 3), torch.nan)
        x, y = pixel.unbind(-1)
        depth = self.depths[view, y, x].float()
        centres = pixel[:, None].to(self.sphere) + 0.5
        points = self.cameras[view].unproject(centres, depth[:, None])[:, 0]
        placed = move(points, torch.linalg.inv(self.sphere))
        return torch.where(depth.isfinite()[:, None], placed, torch.nan)
