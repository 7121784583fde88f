"""Batched pinhole cameras with lens distortion.

Conventions, here and everywhere: OpenCV axes (x right, y down, z forward);
``x_camera = R x_world + t`` in metres; pixel centres at +0.5, so an image spans
``[0, width] x [0, height]`` and a resize scales the intrinsics exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import EllipsisType

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.distortion import DistortionModel, distort, undistort

_Axis = int | slice | EllipsisType | list[int] | Tensor | None
Index = _Axis | tuple[_Axis, ...]  # what a tensor takes in brackets


@dataclass(frozen=True)
class Cameras:
    """A batch of cameras; every method keeps the batch axes and passes gradients.

    Attributes:
        intrinsics: Calibration matrices K, in pixels.
        world_to_camera: Rigid transforms, in metres.
        distortion: Lens coefficients, or None for ideal pinholes.
        model: Which formula the coefficients belong to.
    """

    intrinsics: Float[Tensor, "*batch 3 3"]
    world_to_camera: Float[Tensor, "*batch 4 4"]
    distortion: Float[Tensor, "*batch coefficient"] | None = None
    model: DistortionModel = "opencv"

    @property
    def shape(self) -> torch.Size:
        """The batch axes."""
        return self.intrinsics.shape[:-2]

    @property
    def rotation(self) -> Float[Tensor, "*batch 3 3"]:
        """World-to-camera rotation."""
        return self.world_to_camera[..., :3, :3]

    @property
    def translation(self) -> Float[Tensor, "*batch 3"]:
        """World-to-camera translation, in metres."""
        return self.world_to_camera[..., :3, 3]

    @property
    def centre(self) -> Float[Tensor, "*batch 3"]:
        """Optical centres in the world, in metres."""
        return -(self.rotation.mT @ self.translation[..., None])[..., 0]

    @property
    def forward_axis(self) -> Float[Tensor, "*batch 3"]:
        """Unit viewing directions in the world."""
        return self.rotation[..., 2, :]

    @property
    def projection(self) -> Float[Tensor, "*batch 3 4"]:
        """Matrices K [R | t], which leave distortion out."""
        return self.intrinsics @ self.world_to_camera[..., :3, :]

    def to_camera(
        self, points: Float[Tensor, "*#batch point 3"]
    ) -> Float[Tensor, "*batch point 3"]:
        """World points in each camera's frame, in metres."""
        return points @ self.rotation.mT + self.translation[..., None, :]

    def to_world(
        self, points: Float[Tensor, "*#batch point 3"]
    ) -> Float[Tensor, "*batch point 3"]:
        """Camera-frame points in the world, in metres."""
        return (points - self.translation[..., None, :]) @ self.rotation

    def project(
        self, points: Float[Tensor, "*#batch point 3"], near: float = 1e-6
    ) -> tuple[Float[Tensor, "*batch point 2"], Float[Tensor, "*batch point"]]:
        """Pixels of world points, and their depth along the viewing axis in metres.

        A point with depth ≤ 0 lies behind its camera; its pixel is finite but means
        nothing.

        Args:
            points: World points, in metres.
            near: Depths are clamped away from zero by this much before the division.
        """
        in_camera = self.to_camera(points)
        depth = in_camera[..., 2]
        safe = torch.where(
            depth.abs() < near, torch.full_like(depth, near), depth
        )  # keeps the gradient finite on the camera plane
        return self.to_pixels(in_camera[..., :2] / safe[..., None]), depth

    def to_pixels(
        self, rays: Float[Tensor, "*#batch point 2"]
    ) -> Float[Tensor, "*batch point 2"]:
        """Pixels of pinhole coordinates (x/z, y/z)."""
        if self.distortion is not None:
            rays, lens = self._with_lens(rays, self.distortion)
            rays = distort(rays, lens, self.model)
        return (
            rays @ self.intrinsics[..., :2, :2].mT + self.intrinsics[..., None, :2, 2]
        )

    def normalise(
        self, pixels: Float[Tensor, "*#batch point 2"]
    ) -> Float[Tensor, "*batch point 2"]:
        """Pinhole coordinates (x/z, y/z) of pixels, with the distortion undone."""
        offset = pixels - self.intrinsics[..., None, :2, 2]
        y = offset[..., 1] / self.intrinsics[..., 1, 1, None]
        skew = self.intrinsics[..., 0, 1, None]
        x = (offset[..., 0] - skew * y) / self.intrinsics[..., 0, 0, None]
        rays = torch.stack((x, y), -1)
        if self.distortion is None:
            return rays
        rays, lens = self._with_lens(rays, self.distortion)
        return undistort(rays, lens, self.model)

    def _with_lens(self, rays: Tensor, lens: Tensor) -> tuple[Tensor, Tensor]:
        """Rays and lens coefficients with equal batch axes, whichever has more."""
        batch = (rays[..., :1, 0] + lens[..., :1]).shape[:-1]
        return rays.expand(*batch, -1, -1), lens.expand(*batch, -1)

    def undistort(
        self, pixels: Float[Tensor, "*#batch point 2"]
    ) -> Float[Tensor, "*batch point 2"]:
        """Pixels that the ideal camera with the same intrinsics would have seen."""
        return self.ideal().to_pixels(self.normalise(pixels))

    def unproject(
        self,
        pixels: Float[Tensor, "*#batch point 2"],
        depth: Float[Tensor, "*#batch point"],
    ) -> Float[Tensor, "*batch point 3"]:
        """World points, in metres, that project to ``pixels`` at ``depth`` metres."""
        rays = self.normalise(pixels)
        rays = torch.cat((rays, torch.ones_like(rays[..., :1])), -1)
        return self.to_world(rays * depth[..., None])

    def rays(
        self, pixels: Float[Tensor, "*#batch point 2"]
    ) -> tuple[Float[Tensor, "*batch point 3"], Float[Tensor, "*batch point 3"]]:
        """World origins (metres) and unit directions of the rays through pixels."""
        rays = self.normalise(pixels)
        rays = torch.cat((rays, torch.ones_like(rays[..., :1])), -1) @ self.rotation
        directions = rays / rays.norm(dim=-1, keepdim=True)
        return self.centre[..., None, :].expand_as(directions), directions

    def crop(self, boxes: Float[Tensor, "*#batch 4"]) -> Cameras:
        """Cameras of the image parts inside boxes.

        Args:
            boxes: Left, top, right, bottom, in pixels; they may leave the image.
        """
        moved = self.intrinsics.clone()
        moved[..., 0, 2] = moved[..., 0, 2] - boxes[..., 0]
        moved[..., 1, 2] = moved[..., 1, 2] - boxes[..., 1]
        return replace(self, intrinsics=moved)

    def resize(self, scale: Float[Tensor, "*#batch 2"] | float) -> Cameras:
        """Cameras of resized images.

        Args:
            scale: New width over old width, and the same for the height.
        """
        factors = torch.as_tensor(scale).to(self.intrinsics).expand(*self.shape, 2)
        factors = torch.cat((factors, torch.ones_like(factors[..., :1])), -1)
        return replace(self, intrinsics=self.intrinsics * factors[..., None])

    def warp(self, affine: Float[Tensor, "*#batch 3 3"]) -> Cameras:
        """Cameras of images moved by affine maps of the pixel plane.

        A rotated or mirrored image has a K with skew or a negative focal length in
        it; the rotation is moved from K into the extrinsics so that K stays upper
        triangular with a positive diagonal. Mirroring cannot be (raises ValueError),
        nor can lens distortion follow a rotation or a shear.

        Args:
            affine: Homogeneous maps, from old pixels to new pixels.
        """
        warped = affine @ self.intrinsics
        diagonal = affine.diagonal(dim1=-2, dim2=-1)[..., :2]
        beside = affine[..., :2, :2] - torch.diag_embed(diagonal)
        if bool((torch.linalg.det(affine) <= 0).any()):
            raise ValueError("A mirrored image has no camera.")
        if bool((beside.abs() < 1e-6).all() and (diagonal > 0).all()):
            return replace(self, intrinsics=warped)
        if self.distortion is not None:
            raise ValueError("A camera with lens distortion cannot be rotated.")
        intrinsics, rotation = _upper_triangular_times_rotation(warped)
        extrinsics = torch.eye(4).to(rotation).repeat(*rotation.shape[:-2], 1, 1)
        extrinsics[..., :3, :3] = rotation
        return Cameras(intrinsics, extrinsics @ self.world_to_camera)

    def ideal(self) -> Cameras:
        """The same cameras without lens distortion."""
        return replace(self, distortion=None)

    def map(self, function: Callable[[Tensor], Tensor]) -> Cameras:
        """Apply a function to every tensor: indexing, reshaping, moving."""
        lens = None if self.distortion is None else function(self.distortion)
        return Cameras(
            function(self.intrinsics), function(self.world_to_camera), lens, self.model
        )

    def __getitem__(self, index: Index) -> Cameras:
        """Part of the batch."""
        return self.map(lambda tensor: tensor[index])

    def to(self, target: torch.device | torch.dtype | str) -> Cameras:
        """The cameras on another device or in another precision."""
        return self.map(lambda tensor: tensor.to(target))


def _upper_triangular_times_rotation(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """RQ decomposition with a positive diagonal."""
    flip = torch.eye(3).to(matrix).flip(0)
    q, r = torch.linalg.qr((flip @ matrix).mT)
    upper, rotation = flip @ r.mT @ flip, flip @ q.mT
    signs = torch.diag_embed(upper.diagonal(dim1=-2, dim2=-1).sign())
    return upper @ signs, signs @ rotation


def stack(cameras: Sequence[Cameras]) -> Cameras:
    """Stack cameras along a new first axis; missing distortion counts as zero.

    Args:
        cameras: At least one; equal batch axes and lens models. Pinholes do not go
            with fisheyes, whose formula bends even with zeros.
    """
    models = {camera.model for camera in cameras if camera.distortion is not None}
    if len(models) > 1:
        raise ValueError(f"Cannot stack lens models {sorted(models)}.")
    if "fisheye" in models and any(camera.distortion is None for camera in cameras):
        raise ValueError("Cannot stack pinhole and fisheye cameras.")
    lens = None
    if models:
        longest = max(
            c.distortion.shape[-1] for c in cameras if c.distortion is not None
        )
        lens = torch.stack([_padded_lens(camera, longest) for camera in cameras])
    return Cameras(
        torch.stack([camera.intrinsics for camera in cameras]),
        torch.stack([camera.world_to_camera for camera in cameras]),
        lens,
        models.pop() if models else "opencv",
    )


def _padded_lens(camera: Cameras, length: int) -> Tensor:
    padded = camera.intrinsics.new_zeros(*camera.shape, length)
    if camera.distortion is not None:
        padded[..., : camera.distortion.shape[-1]] = camera.distortion
    return padded
