"""Training samples made different each time, with cameras and truth that follow."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import torch
from jaxtyping import Bool, Float
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, grid_sample

from human_capture.common.keypoints import HUMAN36M, KeypointFormat
from human_capture.pose3d.corruption import (
    CalibrationNoise,
    ImageEdge,
    ImageNoise,
    Occlusion,
    uniform,
)
from human_capture.pose3d.views import Views


@dataclass(frozen=True)
class Augmentation:
    """What happens to a batch of views before a training step.

    Attributes:
        size: Width and height of the crops that come out, in pixels.
        room_around: Stored crop over the box that is used, as in the scene recipe; the
            rest of the stored crop is for turning and shifting.
        rotation_deg: Largest turn of a crop in its plane, in degrees.
        scale: Largest relative change of size; 0.2 means 1/1.2 to 1.2.
        shift: Largest shift of a crop, as a share of its size.
        flip: Probability that a whole scene is mirrored.
        fewest_views: Views that remain when some are dropped; 0 drops none.
        occlusion: Rectangles pasted over crops.
        noise: Camera response and grain.
        edge: Crops that reach beyond the whole image.
        calibration: Errors of the cameras; None keeps them exact.
    """

    size: int = 128
    room_around: float = 1.25
    rotation_deg: float = 25.0
    scale: float = 0.2
    shift: float = 0.06
    flip: float = 0.5
    fewest_views: int = 2
    occlusion: Occlusion = field(default_factory=lambda: Occlusion(0.4, 0.03, 0.35))
    noise: ImageNoise = field(default_factory=ImageNoise)
    edge: ImageEdge = field(default_factory=ImageEdge)
    calibration: CalibrationNoise | None = None

    def __call__(
        self,
        views: Views,
        generator: Generator,
        format: KeypointFormat = HUMAN36M,
    ) -> Views:
        """The batch after all of it.

        Args:
            views: A batch with float images.
            generator: On the CPU; the same one gives the same result anywhere.
            format: Tells which joints swap when a scene is mirrored.
        """
        affine = self._maps(views, generator).to(views.images)
        views = warp(views, affine, self.size)
        mirrored = torch.rand(len(views), generator=generator) < self.flip
        views = mirror(views, mirrored.to(views.images.device), format)
        flat = views.images.flatten(0, 1)
        flat = self.noise(self.occlusion(flat, generator), generator)
        flat = self.edge(flat, generator)
        views = replace(views, images=flat.reshape(views.images.shape))
        if self.calibration is not None:
            cameras = self.calibration(views.cameras, generator)
            views = replace(views, cameras=cameras)
        return drop_views(views, self.fewest_views, generator)

    def _maps(self, views: Views, generator: Generator) -> Tensor:
        """Random pixel maps from the stored crops to the wanted ones."""
        shape = views.valid.shape
        old = views.images.shape[-1]
        angle = uniform(-1.0, 1.0, shape, generator) * math.radians(self.rotation_deg)
        spread = math.log(1 + self.scale)
        usual = self.size * self.room_around / old
        factor = usual * uniform(-spread, spread, shape, generator).exp()
        move = uniform(-self.shift, self.shift, (*shape, 2), generator)
        return similarity(angle, factor, self.size * (0.5 + move), old / 2)


def similarity(
    angle: Float[Tensor, "*batch"],
    factor: Float[Tensor, "*batch"],
    centre: Float[Tensor, "*batch 2"],
    old_centre: float,
) -> Float[Tensor, "*batch 3 3"]:
    """Pixel maps that turn and scale about the old centre and put it at a new place.

    Args:
        angle: Clockwise, in radians.
        factor: Change of size.
        centre: Where the old centre goes, in new pixels.
        old_centre: Of the square crop, in old pixels, both coordinates.
    """
    cos, sin = factor * angle.cos(), factor * angle.sin()
    zero, one = torch.zeros_like(cos), torch.ones_like(cos)
    x = centre[..., 0] - old_centre * (cos - sin)
    y = centre[..., 1] - old_centre * (sin + cos)
    rows = (cos, -sin, x, sin, cos, y, zero, zero, one)
    return torch.stack(rows, -1).reshape(*cos.shape, 3, 3)


def warp(views: Views, affine: Float[Tensor, "batch view 3 3"], size: int) -> Views:
    """Views after affine maps of their pixels; borders are mirrored.

    Args:
        views: A batch with float images.
        affine: From old pixels to new pixels.
        size: Width and height of the new crops, in pixels.
    """
    old = views.images.shape[-1]
    to_unit = torch.tensor([[2 / old, 0, -1], [0, 2 / old, -1], [0, 0, 1.0]])
    from_unit = torch.tensor(
        [[size / 2, 0, size / 2], [0, size / 2, size / 2], [0, 0, 1]]
    )
    inverse = to_unit.to(affine) @ torch.linalg.inv(affine) @ from_unit.to(affine)
    shape = (*views.valid.shape, 3, size, size)
    grid = affine_grid(
        inverse.flatten(0, 1)[:, :2], [math.prod(shape[:2]), *shape[2:]], False
    )
    images = grid_sample(
        views.images.flatten(0, 1), grid, padding_mode="reflection", align_corners=False
    )
    keypoints = views.keypoints @ affine[..., :2, :2].mT + affine[..., None, :2, 2]
    return replace(
        views,
        images=images.reshape(shape),
        cameras=views.cameras.warp(affine),
        keypoints=keypoints,
    )


def mirror(
    views: Views, mirrored: Bool[Tensor, " batch"], format: KeypointFormat
) -> Views:
    """Some scenes as in a mirror: images, cameras and people together.

    The mirrored world is ``x → -x``; with F = diag(-1, 1, 1) a camera R, t becomes
    F R F, F t, which shows the mirrored world as the mirrored image. Cameras with lens
    distortion raise ValueError, as in :meth:`Cameras.warp`.

    Args:
        views: A batch with float images.
        mirrored: Which scenes.
        format: Tells which joints swap.
    """
    if views.cameras.distortion is not None:
        raise ValueError("A camera with lens distortion cannot be mirrored.")
    width = views.images.shape[-1]
    flip = views.joints.new_tensor([-1.0, 1.0, 1.0])
    here = mirrored[:, None, None]
    order = list(format.flip)
    cameras = views.cameras
    transform = cameras.world_to_camera.clone()
    transform[..., :3, :3] = flip[:, None] * cameras.rotation * flip
    transform[..., :3, 3] = flip * cameras.translation
    intrinsics = cameras.intrinsics.clone()
    intrinsics[..., 0, 2] = width - intrinsics[..., 0, 2]
    intrinsics[..., 0, 1] = -intrinsics[..., 0, 1]
    keypoints = views.keypoints[..., order, :] * flip[:2]
    keypoints = keypoints + views.keypoints.new_tensor([width, 0])
    images = views.images
    return replace(
        views,
        images=torch.where(here[..., None, None], images.flip(-1), images),
        cameras=replace(
            cameras,
            intrinsics=torch.where(here[..., None], intrinsics, cameras.intrinsics),
            world_to_camera=torch.where(
                here[..., None], transform, cameras.world_to_camera
            ),
        ),
        keypoints=torch.where(here[..., None], keypoints, views.keypoints),
        joints=torch.where(here, views.joints[:, order] * flip, views.joints),
    )


def drop_views(views: Views, fewest: int, generator: Generator) -> Views:
    """Views some of which are marked as missing, a random number in every scene.

    Args:
        views: A batch.
        fewest: Views that remain at least, of those that are there; 0 drops none.
        generator: Of the choice.
    """
    count = views.valid.shape[1]
    if fewest <= 0 or fewest >= count:
        return views
    keep = torch.randint(fewest, count + 1, (len(views), 1), generator=generator)
    lot = torch.rand(views.valid.shape, generator=generator).to(views.valid.device)
    rank = (lot + ~views.valid).argsort(1).argsort(1)  # missing views come last
    return replace(views, valid=views.valid & (rank < keep.to(rank.device)))
