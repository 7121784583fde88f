# ruff: noqa: ANN001, ANN201, ANN202  (compiled functions infer their types)
"""A bank of small square pictures for walls, floors, posters, furniture and prints.

Without photographs it holds procedural clutter: overlapping leaves of all sizes (the
"dead leaves" model, whose statistics are those of natural images; Lee, Mumford and
Huang, IJCV 2001), clouds, writing, stripes. Photographs given by the user join it.
Values are stored as square roots of linear light, so that value squared is linear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, no_type_check

import cv2
import numpy as np
from jaxtyping import UInt8

from human_capture.common.people.drawing.kernel import inlined
from human_capture.common.people.drawing.noise import floor, noise

PROCEDURAL = 40
SIDE = 256


class Texels(NamedTuple):
    """What compiled code reads: all pictures, level after level (each half as wide)."""

    values: UInt8[np.ndarray, "texel 3"]
    side: int
    levels: int
    pictures: int


@dataclass(frozen=True)
class TextureBank:
    """Square pictures of one size with their smaller copies.

    Args:
        texels: The packed pictures.
    """

    texels: Texels

    @classmethod
    def of(
        cls, pictures: Sequence[UInt8[np.ndarray, "_ _ 3"]], side: int = SIDE
    ) -> TextureBank:
        """The bank of some pictures.

        Args:
            pictures: RGB, any size; stretched to squares.
            side: Of the squares in pixels, a power of two.
        """
        level = np.stack(
            [
                cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
                for picture in pictures
            ]
        )
        packed = []
        levels = side.bit_length() - 1
        for _ in range(levels):
            packed.append(level.reshape(-1, 3))
            blocks = level.reshape(
                len(level), level.shape[1] // 2, 2, level.shape[2] // 2, 2, 3
            )
            level = (blocks.mean((2, 4)) + 0.5).astype(np.uint8)
        return cls(Texels(np.concatenate(packed), side, levels, len(pictures)))


@cache
def procedural_bank() -> TextureBank:
    """The built-in pictures, drawn once a process."""
    return TextureBank.of([_picture(seed) for seed in range(PROCEDURAL)])


def bank_with(photos: Sequence[UInt8[np.ndarray, "_ _ 3"]]) -> TextureBank:
    """The built-in pictures followed by photographs.

    Args:
        photos: RGB, any size.
    """
    return TextureBank.of([*map(_picture, range(PROCEDURAL)), *photos])


def _picture(seed: int) -> UInt8[np.ndarray, "_ _ 3"]:
    generator = np.random.default_rng(90000 + seed)
    if seed % 4 == 0:
        return _clouds(generator)
    if seed % 4 == 1:
        return _writing(generator, _leaves(generator, 30))
    return _leaves(generator, 160)


def _palette(generator: np.random.Generator, colours: int) -> np.ndarray:
    """Colours around a few hues, as in one photograph."""
    light = generator.uniform(35, 215) + generator.normal(0, 50, (colours, 1))
    tint = generator.normal(0, 22, 3) + generator.normal(
        0, generator.choice([8, 16, 35]), (colours, 3)
    )
    return np.clip(light + tint, 2, 253)


def _leaves(generator: np.random.Generator, leaves: int) -> np.ndarray:
    side = SIDE
    colours = _palette(generator, leaves)
    image = np.empty((side, side, 3), np.uint8)
    image[:] = colours[0].astype(np.uint8)
    radii = np.sort(12.0 / generator.uniform(0.06, 1, leaves))[::-1]
    for radius, colour in zip(radii, colours, strict=True):
        centre = tuple(generator.integers(0, side, 2).tolist())
        aspect = generator.uniform(0.25, 1)
        angle = float(generator.uniform(0, 180))
        size = (float(radius), float(radius * aspect))
        if generator.random() < 0.5:
            cv2.ellipse(image, (centre, size, angle), colour.tolist(), -1, cv2.LINE_AA)
        else:
            corners = cv2.boxPoints((centre, size, angle)).astype(np.int32)
            cv2.fillConvexPoly(image, corners, colour.tolist(), cv2.LINE_AA)
    return _grained(generator, image)


def _grained(generator: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """The picture with soft light and dark places and fine grain."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    depth = np.full_like(x, float(generator.uniform(0, 30)))
    shade = noise(np.stack([x / 60, y / 60, depth], -1)) - 0.5
    grain = noise(np.stack([x / 2.5, y / 2.5, depth + 3], -1)) - 0.5
    factor = 1 + 0.7 * shade + generator.uniform(0.1, 0.5) * grain
    return np.clip(image * factor[..., None], 0, 255).astype(np.uint8)


def _clouds(generator: np.random.Generator) -> np.ndarray:
    """Fractal noise through a colour ramp: stone, plaster, grass, cloth."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    stretch = generator.choice([1.0, 1.0, 6.0])
    field = np.zeros_like(x)
    for octave in range(6):
        size = 90 / 2**octave
        shift = generator.uniform(0, 30, 3).astype(np.float32)
        at = np.stack([x / size, y / size / stretch, 0 * x], -1) + shift
        field += noise(at) * generator.uniform(0.5, 0.9) ** octave
    field = (field - field.min()) / (field.max() - field.min())
    ramp = _palette(generator, 4)
    stops = np.linspace(0, 1, 4)
    channels = [np.interp(field, stops, ramp[:, k]) for k in range(3)]
    return np.stack(channels, -1).astype(np.uint8)


def _writing(generator: np.random.Generator, image: np.ndarray) -> np.ndarray:
    """A poster: words of several sizes and a few lines over a picture."""
    letters = "ABCDEFGHIKLMNOPRSTUVXYZ0123456789aeioumnrst"
    for _ in range(int(generator.integers(3, 9))):
        word = "".join(generator.choice(list(letters), generator.integers(2, 9)))
        at = tuple(generator.integers(-20, SIDE - 20, 2).tolist())
        colour = generator.uniform(0, 255, 3).tolist()
        size = float(generator.uniform(0.5, 4.0))
        thick = int(generator.integers(1, 3 + int(size * 2)))
        font = int(generator.integers(0, 5))
        cv2.putText(image, word, at, font, size, colour, thick, cv2.LINE_AA)
    return image


@inlined
@no_type_check
def sample_texture(texels, picture, u, v, texel_size):
    """Linear colour of a picture at (u, v), repeated by mirroring.

    `texel_size` is how much of the picture (in its width) one screen pixel covers.
    """
    values, side, levels, pictures = texels
    picture = picture % pictures
    size = texel_size * side
    level, start = 0, 0
    while size > 1.5 and level < levels - 1:
        start += pictures * side * side
        side >>= 1
        size *= 0.5
        level += 1
    x, y = u * side - 0.5, v * side - 0.5
    i, j = floor(x), floor(y)
    x, y = x - i, y - j
    start += picture * side * side
    i0, i1 = _mirror(i, side), _mirror(i + 1, side)
    row0 = start + _mirror(j, side) * side
    row1 = start + _mirror(j + 1, side) * side
    a, b, c, d = row0 + i0, row0 + i1, row1 + i0, row1 + i1
    scale = 1.0 / 255.0
    wa, wb = (1 - x) * (1 - y) * scale, x * (1 - y) * scale
    wc, wd = (1 - x) * y * scale, x * y * scale
    red = wa * values[a, 0] + wb * values[b, 0] + wc * values[c, 0] + wd * values[d, 0]
    green = (
        wa * values[a, 1] + wb * values[b, 1] + wc * values[c, 1] + wd * values[d, 1]
    )
    blue = wa * values[a, 2] + wb * values[b, 2] + wc * values[c, 2] + wd * values[d, 2]
    return red * red, green * green, blue * blue


@inlined
@no_type_check
def _mirror(i, side):
    i &= 2 * side - 1
    return i if i < side else 2 * side - 1 - i
