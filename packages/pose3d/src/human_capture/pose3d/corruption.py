"""Things that go wrong in front of real cameras: occluders, noise, bad calibration."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Generator, Tensor
from torch.nn.functional import avg_pool2d, interpolate

from human_capture.common.cameras import Cameras
from human_capture.common.rigid import so3_exp


def uniform(
    low: float, high: float, shape: tuple[int, ...], generator: Generator
) -> Tensor:
    """Random numbers between two bounds."""
    return low + (high - low) * torch.rand(shape, generator=generator)


@dataclass(frozen=True)
class Occlusion:
    """Rectangles pasted over images.

    Attributes:
        probability: Share of images that get one.
        smallest: Area as a share of the image.
        largest: Area as a share of the image.
    """

    probability: float = 0.5
    smallest: float = 0.25
    largest: float = 0.40

    def __call__(
        self, images: Float[Tensor, "sample 3 height width"], generator: Generator
    ) -> Float[Tensor, "sample 3 height width"]:
        """Images some of which are partly hidden by colour, noise or another image."""
        count, _, height, width = images.shape
        hit = torch.rand(count, generator=generator) < self.probability
        share = uniform(self.smallest, self.largest, (count,), generator)
        aspect = uniform(-0.5, 0.5, (count,), generator).exp()
        place = torch.rand(count, 2, generator=generator)
        kind = torch.rand(count, generator=generator)
        donor = torch.randint(count, (count,), generator=generator)
        covered = images.clone()
        for sample in hit.nonzero()[:, 0].tolist():
            h = min(int(height * math.sqrt(share[sample] * aspect[sample])), height)
            w = min(int(width * math.sqrt(share[sample] / aspect[sample])), width)
            top = int(place[sample, 0] * (height - h + 1))
            left = int(place[sample, 1] * (width - w + 1))
            patch = covered[sample, :, top : top + h, left : left + w]
            if kind[sample] < 0.4:
                patch.copy_(torch.rand(3, 1, 1, generator=generator).expand_as(patch))
            elif kind[sample] < 0.6:
                patch.copy_(torch.rand(3, h, w, generator=generator))
            else:
                patch.copy_(images[donor[sample], :, :h, :w])
        return covered


@dataclass(frozen=True)
class ImageEdge:
    """Sides of crops that lie beyond the edge of the whole image, which are black.

    Attributes:
        probability: Share of crops that reach over an edge.
        widest: Largest part of the crop that is black, as a share of its size.
    """

    probability: float = 0.15
    widest: float = 0.25

    def __call__(
        self, images: Float[Tensor, "sample 3 height width"], generator: Generator
    ) -> Float[Tensor, "sample 3 height width"]:
        """Images some of which end at one of their sides."""
        count, _, height, width = images.shape
        hit = torch.rand(count, generator=generator) < self.probability
        share = uniform(0.0, self.widest, (count,), generator)
        side = torch.randint(4, (count,), generator=generator)
        cut = images.clone()
        for sample in hit.nonzero()[:, 0].tolist():
            rows = round(height * float(share[sample]))
            columns = round(width * float(share[sample]))
            black = (
                cut[sample, :, :rows],
                cut[sample, :, height - rows :],
                cut[sample, :, :, :columns],
                cut[sample, :, :, width - columns :],
            )
            black[int(side[sample])].zero_()
        return cut


@dataclass(frozen=True)
class ImageNoise:
    """Camera response, blur, low resolution and grain.

    Attributes:
        strength: Scales every effect; 1 is a cheap camera.
    """

    strength: float = 1.0

    def __call__(
        self, images: Float[Tensor, "sample 3 height width"], generator: Generator
    ) -> Float[Tensor, "sample 3 height width"]:
        """Images as worse cameras would have taken them, clamped to [0, 1]."""
        s, n = self.strength, len(images)

        def draw(low: float, high: float, channels: int = 1) -> Tensor:
            numbers = uniform(low, high, (n, channels, 1, 1), generator)
            return numbers.to(images)

        def some(share: float) -> Tensor:
            return (torch.rand(n, generator=generator) < share).to(images.device)

        x = images.clamp(1e-3, 1) ** draw(-0.5 * s, 0.5 * s).exp()
        mean = x.mean((1, 2, 3), keepdim=True)
        contrast = draw(1 - 0.4 * s, 1 + 0.3 * s)
        gains = draw(1 - 0.25 * s, 1 + 0.25 * s, 3) * draw(1 - 0.2 * s, 1 + 0.2 * s)
        x = (x - mean) * contrast + mean * gains
        x = x + draw(-0.08 * s, 0.08 * s)
        grey = some(0.1 * s)
        x[grey] = x[grey].mean(1, keepdim=True).expand(-1, 3, -1, -1)
        soft = some(0.35 * s)
        x[soft] = avg_pool2d(x[soft], 3, 1, 1, count_include_pad=False)
        coarse = some(0.1 * s)
        if coarse.any():
            small = avg_pool2d(x[coarse], 2)
            x[coarse] = interpolate(small, size=x.shape[-2:], mode="bilinear")
        grain = draw(0.0, 0.05 * s) * some(0.6).to(x)[:, None, None, None]
        noise = torch.randn(x.shape, generator=generator).to(x)
        return (x + grain * noise).clamp(0, 1)


@dataclass(frozen=True)
class CalibrationNoise:
    """Errors of the calibration that a method is given.

    Attributes:
        rotation_deg: Standard deviation of each rotation component, in degrees.
        translation_m: Standard deviation of each translation component, in metres.
        focal: Relative standard deviation of the focal length.
    """

    rotation_deg: float = 0.25
    translation_m: float = 0.01
    focal: float = 0.005

    def __call__(self, cameras: Cameras, generator: Generator) -> Cameras:
        """Cameras that are slightly wrong; images and truth stay as they are.

        The rotation is about each camera's own centre, so it shifts images by the
        same amount wherever the world's origin is.
        """

        def normal(*shape: int) -> Tensor:
            numbers = torch.randn(*cameras.shape, *shape, generator=generator)
            return numbers.to(cameras.intrinsics)

        turn = so3_exp(math.radians(self.rotation_deg) * normal(3))
        rotation = turn @ cameras.rotation
        centre = cameras.centre + self.translation_m * normal(3)
        wrong = cameras.world_to_camera.clone()
        wrong[..., :3, :3] = rotation
        wrong[..., :3, 3] = -(rotation @ centre[..., None])[..., 0]
        intrinsics = cameras.intrinsics.clone()
        intrinsics[..., :2, :2] *= 1 + self.focal * normal(1, 1)
        return replace(cameras, intrinsics=intrinsics, world_to_camera=wrong)
