"""Random rays of random people: the batches of training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Generator, Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.rigid import move
from human_capture.multineus.portraits import Portraits

NOSE, FACE_RADIUS = (0.0, -0.38, 0.12), 0.4
"""Where the tip of the nose is in the unit sphere, and how far the face reaches from it
(95 mm, as far as H3DS measures faces)."""


@dataclass(frozen=True)
class RayBatch:
    """Rays of some objects, and what they should see.

    Attributes:
        objects: Numbers of the objects.
        origins: In the frame of each object's unit sphere.
        directions: Of unit length.
        colour: Wanted, in [0, 1].
        mask: Wanted opacity.
        trust: How much each ray counts.
        surface: What the rays meet; NaN where that is unknown or nothing.
    """

    objects: Int[Tensor, " object"]
    origins: Float[Tensor, "object ray 3"]
    directions: Float[Tensor, "object ray 3"]
    colour: Float[Tensor, "object ray 3"]
    mask: Float[Tensor, "object ray"]
    trust: Float[Tensor, "object ray"]
    surface: Float[Tensor, "object ray 3"]

    def __len__(self) -> int:
        return len(self.objects)

    def to(self, device: torch.device | str) -> RayBatch:
        """The same on another device; Lightning calls this on every batch."""
        return RayBatch(*(tensor.to(device) for tensor in vars(self).values()))

    def first(self, rays: int) -> RayBatch:
        """The first rays of every object."""
        return RayBatch(
            self.objects,
            self.origins[:, :rays],
            self.directions[:, :rays],
            self.colour[:, :rays],
            self.mask[:, :rays],
            self.trust[:, :rays],
            self.surface[:, :rays],
        )


def collate_rays(batches: Sequence[RayBatch]) -> RayBatch:
    """Rays of several batches side by side, one after the other along ``object``."""
    return RayBatch(
        torch.cat([batch.objects for batch in batches]),
        torch.cat([batch.origins for batch in batches]),
        torch.cat([batch.directions for batch in batches]),
        torch.cat([batch.colour for batch in batches]),
        torch.cat([batch.mask for batch in batches]),
        torch.cat([batch.trust for batch in batches]),
        torch.cat([batch.surface for batch in batches]),
    )


@dataclass(frozen=True)
class RaySampler:
    """Draws pixels within the rectangle around a person's mask, or about the face.

    Attributes:
        rays: Pixels drawn.
        views: Pictures that they come from, at most.
        margin: By which the rectangle is larger than the mask, as a share of its size.
        face: Share of the pixels that are drawn about the face, or what hides it.
    """

    rays: int = 512
    views: int = 8
    margin: float = 0.15
    face: float = 0.0

    def __call__(
        self, portraits: Portraits, object: int, generator: Generator
    ) -> RayBatch:
        """Rays of one object.

        Args:
            portraits: Its pictures.
            object: Its number.
            generator: Of everything random.
        """
        return self.batch(portraits, object, *self.pixels(portraits, generator))

    def batch(
        self,
        portraits: Portraits,
        object: int,
        view: Int[Tensor, " ray"],
        pixel: Int[Tensor, "ray 2"],
        cameras: Cameras | None = None,
    ) -> RayBatch:
        """The rays through some pixels of one object, and what they should see.

        Args:
            portraits: Its pictures.
            object: Its number.
            view: From :meth:`pixels`.
            pixel: From :meth:`pixels`.
            cameras: Of all views, if better ones are known.
        """
        parts = (
            *portraits.rays(view, pixel, cameras),
            *portraits.seen(view, pixel),
            portraits.surface(view, pixel),
        )
        return RayBatch(
            torch.tensor([object], device=pixel.device), *(part[None] for part in parts)
        )

    def pixels(
        self, portraits: Portraits, generator: Generator
    ) -> tuple[Int[Tensor, " ray"], Int[Tensor, "ray 2"]]:
        """The view of each ray, and its pixel's column and row.

        Args:
            portraits: Pictures of one person.
            generator: Of everything random.
        """
        count = len(portraits)
        some = torch.randperm(count, generator=generator)[: self.views]
        view = some[torch.randint(len(some), (self.rays,), generator=generator)]
        boxes = torch.stack([self._box(portraits.masks[v]) for v in some.tolist()])
        order = torch.empty(count, dtype=torch.long)
        order[some] = torch.arange(len(some))
        low, high = torch.split(boxes[order[view]], 2, -1)
        inside = torch.rand(self.rays, 2, generator=generator)
        pixel = (low + inside * (high - low)).long()
        if self.face:
            near = torch.rand(self.rays, generator=generator) < self.face
            pixel[near] = self._about_face(portraits, view[near], generator)
        return view, pixel

    def _about_face(
        self, portraits: Portraits, view: Int[Tensor, " ray"], generator: Generator
    ) -> Int[Tensor, "ray 2"]:
        """Pixels of random points in a ball about the tip of the nose."""
        way = torch.randn(len(view), 3, generator=generator)
        reach = torch.rand(len(view), 1, generator=generator).pow(1 / 3)
        ball = torch.nn.functional.normalize(way, dim=-1) * reach
        points = move(FACE_RADIUS * ball + torch.tensor(NOSE), portraits.sphere)
        pixel, _ = portraits.cameras[view].project(points[:, None])
        height, width = portraits.masks.shape[1:]
        last = torch.tensor([width - 1, height - 1])
        return pixel[:, 0].long().clamp_min(0).minimum(last)

    def _box(self, mask: Tensor) -> Float[Tensor, "4"]:
        """First and one past the last column and row; all where nothing is covered."""
        height, width = mask.shape
        rows, columns = ((mask > 127).any(axis).nonzero()[:, 0] for axis in (1, 0))
        whole = torch.tensor([0.0, 0.0, width, height])
        if not len(rows):
            return whole
        low = torch.stack((columns[0], rows[0])).float()
        high = torch.stack((columns[-1], rows[-1])).float() + 1
        room = self.margin * (high - low)
        limits = whole[2:]
        return torch.cat(
            ((low - room).clamp_min(0), torch.minimum(high + room, limits))
        )
