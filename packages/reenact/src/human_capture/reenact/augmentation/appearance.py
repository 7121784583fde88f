"""Random changes of the appearance, with the ranges of the paper's authors.

Burkov et al., "Neural Head Reenactment with Latent Pose Descriptors", CVPR 2020, use
these operations of the library imgaug; names and ranges are those of its operations.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Generator, Tensor

from human_capture.reenact.augmentation.blur import (
    average_blur,
    gaussian_blur,
    median_blur,
)
from human_capture.reenact.augmentation.choices import SomeOf, Sometimes, one_of
from human_capture.reenact.augmentation.correlation import emboss, outline, sharpen
from human_capture.reenact.augmentation.draws import chance, uniform, whole
from human_capture.reenact.augmentation.geometry import displace
from human_capture.reenact.augmentation.jpeg import compress
from human_capture.reenact.augmentation.noise import add_grey_noise, draw_blobs
from human_capture.reenact.augmentation.photometric import (
    brighten,
    linear_contrast,
    multiply,
    saturate,
    sigmoid_contrast,
)

Pictures = Float[Tensor, "clip 3 height width"]

LEVEL = 1 / 255


def blur_gaussian(pictures: Pictures, generator: Generator) -> Pictures:
    """Blurred by a bell of up to a pixel."""
    return gaussian_blur(pictures, uniform(pictures, 0.0, 1.0, generator))


def blur_average(pictures: Pictures, generator: Generator) -> Pictures:
    """Means of 1 x 1 to 3 x 3 pixels."""
    return average_blur(pictures, whole(pictures, 1, 3, generator))


def blur_median(pictures: Pictures, generator: Generator) -> Pictures:
    """Medians of 1 x 1 or 3 x 3 pixels."""
    # of 1 to 3 pixels, but a side must be odd, so 2 becomes 3
    small = whole(pictures, 1, 3, generator) == 1
    return torch.where(small[:, None, None, None], pictures, median_blur(pictures))


def sharpen_some(pictures: Pictures, generator: Generator) -> Pictures:
    """Sharpened, and up to half as bright again."""
    alpha = uniform(pictures, 0.0, 1.0, generator)
    return sharpen(pictures, alpha, uniform(pictures, 1.0, 1.5, generator))


def emboss_some(pictures: Pictures, generator: Generator) -> Pictures:
    """Turned into a relief, more or less."""
    alpha = uniform(pictures, 0.0, 1.0, generator)
    return emboss(pictures, alpha, uniform(pictures, 0.0, 0.5, generator))


def outline_blobs(pictures: Pictures, generator: Generator) -> Pictures:
    """With a trace of their edges, in some places."""
    outlined = outline(pictures, uniform(pictures, 0.0, 0.15, generator))
    return torch.lerp(pictures, outlined.clamp(0, 1), draw_blobs(pictures, generator))


def disturb(pictures: Pictures, generator: Generator) -> Pictures:
    """With grey noise."""
    sigma = uniform(pictures, 0.0, 0.05, generator)
    return add_grey_noise(pictures, sigma, generator)


def brighten_some(pictures: Pictures, generator: Generator) -> Pictures:
    """Brighter or darker by up to 10 levels, half of them each channel for itself."""
    offset = uniform(pictures, -10 * LEVEL, 10 * LEVEL, generator, (3,))
    tinted = chance(pictures, 0.5, generator)[:, None]
    return brighten(pictures, torch.where(tinted, offset, offset[:, :1]))


def saturate_some(pictures: Pictures, generator: Generator) -> Pictures:
    """More or less colourful by up to 20 levels."""
    return saturate(pictures, uniform(pictures, -20 * LEVEL, 20 * LEVEL, generator))


def compress_some(pictures: Pictures, generator: Generator) -> Pictures:
    """As from a JPEG file of low quality, 3 to 31."""
    # imgaug asks for compression, here 70 to 99, and gives libjpeg this quality
    compression = uniform(pictures, 70.0, 99.0, generator)
    return compress(pictures, (1 + 99 * (1 - compression / 101)).round())


def multiply_some(pictures: Pictures, generator: Generator) -> Pictures:
    """Half to one and a half times as bright."""
    return multiply(pictures, uniform(pictures, 0.5, 1.5, generator))


def contrast_linear(pictures: Pictures, generator: Generator) -> Pictures:
    """With more or less contrast by a quarter."""
    return linear_contrast(pictures, uniform(pictures, 0.75, 1.25, generator))


def contrast_sigmoid(pictures: Pictures, generator: Generator) -> Pictures:
    """With contrast taken from the dark and the bright."""
    return sigmoid_contrast(pictures, uniform(pictures, 3.0, 11.0, generator))


def tremble(pictures: Pictures, generator: Generator) -> Pictures:
    """With each pixel from up to 3.5 pixels of 256 away."""
    # the authors smooth the displacements by 0.15 pixels, which changes nothing; their
    # pictures have 256 pixels, and smaller ones would lose the face
    side = max(pictures.shape[-2:])
    reach = uniform(pictures, 0.5, 3.5, generator) * side / 256
    shape = (*pictures.shape[-2:], 2)
    pixels = uniform(pictures, -1.0, 1.0, generator, shape)
    return displace(pictures, reach[:, None, None, None] * pixels)


CHANGE_APPEARANCE = SomeOf(
    (
        one_of(blur_gaussian, blur_average, blur_median),
        sharpen_some,
        emboss_some,
        outline_blobs,
        disturb,
        brighten_some,
        saturate_some,
        compress_some,
        multiply_some,
        one_of(contrast_linear, contrast_sigmoid),
        Sometimes(tremble, 0.5),
    ),
    least=0,
    most=5,
)
"""None to five of the changes, in random order."""
