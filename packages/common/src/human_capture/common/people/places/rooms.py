"""What stands behind people: rooms, open ground, photographs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, UInt8

from human_capture.common.errors import InputError
from human_capture.common.people.drawing.materials import (
    Kind,
    Pattern,
    linear,
    material,
)
from human_capture.common.people.drawing.shading_backdrop import (
    INDOORS,
    OUTDOORS,
    PANEL,
    PHOTO,
    Backdrop,
)
from human_capture.common.people.drawing.textures import (
    TextureBank,
    procedural_bank,
)
from human_capture.common.people.places.room_surfaces import floor, panel, plain, wall


@dataclass(frozen=True)
class Room:
    """A box room, or open ground under a sky.

    Args:
        outdoors: Whether it is open ground.
        size: Half width, half depth and height in metres; outdoors the distance of
            the skyline, twice, and its height.
        surfaces: Materials of floor, ceiling and four walls, then of the panels;
            outdoors ground and skyline.
        panels: Posters, windows, doors on the walls.
        bulb: Place (metres) and strength of a lamp that brightens the walls near it.
        zenith: Linear light of the sky above.
        horizon: Linear light of the sky at the horizon.
        bank: Pictures that the materials refer to.
    """

    outdoors: bool
    size: Float[np.ndarray, "3"]
    surfaces: np.ndarray
    panels: np.ndarray
    bulb: Float[np.ndarray, "4"]
    zenith: Float[np.ndarray, "3"]
    horizon: Float[np.ndarray, "3"]
    bank: TextureBank = field(default_factory=procedural_bank)

    @classmethod
    def sample(
        cls,
        seed: int,
        outdoors: bool | None = None,
        reach: float = 3.0,
        bank: TextureBank | None = None,
    ) -> Room:
        """The room that a seed stands for.

        Args:
            seed: Same seed, same room.
            outdoors: Open ground; drawn if None.
            reach: Smallest distance of the walls from the middle, in metres.
            bank: Pictures to use; the built-in ones if None.
        """
        generator = np.random.default_rng([seed, 67867967])
        bank = procedural_bank() if bank is None else bank
        if generator.random() < 0.25 if outdoors is None else outdoors:
            return _outdoors(generator, bank)
        return _indoors(generator, bank, reach)

    def backdrop(self, views: int, seed: int) -> Backdrop:
        """The arrays for compiled code.

        Args:
            views: Number of views.
            seed: Not used; a room looks the same to every call.
        """
        return Backdrop(
            OUTDOORS if self.outdoors else INDOORS,
            self.size.astype(np.float32),
            self.surfaces,
            self.panels,
            self.bulb.astype(np.float32),
            self.zenith.astype(np.float32),
            self.horizon.astype(np.float32),
            np.zeros((views, 5), np.float32),
            0.0,
        )

    def pictures(self) -> TextureBank:
        """The pictures that hang behind views: none, so any bank serves."""
        return self.bank


@dataclass(frozen=True)
class PhotoBackdrop:
    """Photographs, one behind each view, with the people's shadow on their floor.

    Args:
        photos: RGB pictures of any size; use `prepare` to share them between scenes.
        bank: Pictures for clothes and furniture.
        shade: How dark the shadow on the floor is, 0 none .. 1 black.
    """

    photos: TextureBank
    bank: TextureBank = field(default_factory=procedural_bank)
    shade: float = 0.35

    @classmethod
    def prepare(
        cls,
        photos: Sequence[UInt8[np.ndarray, "_ _ 3"]],
        side: int = 512,
        shade: float = 0.35,
    ) -> PhotoBackdrop:
        """The backdrop of some photographs, made once and used for many scenes.

        Args:
            photos: RGB.
            side: They are stored as squares of this many pixels, a power of two.
            shade: How dark the people's shadow is.
        """
        if not photos:
            raise InputError("PhotoBackdrop got no photographs; give at least one.")
        return cls(TextureBank.of(photos, side), shade=shade)

    def backdrop(self, views: int, seed: int) -> Backdrop:
        """The arrays for compiled code: a random part of a random photo per view.

        Args:
            views: Number of views.
            seed: Decides photos and parts.
        """
        generator = np.random.default_rng([seed, 982451653])
        placed = np.zeros((views, 5), np.float32)
        placed[:, 0] = generator.integers(self.photos.texels.pictures, size=views)
        width = generator.uniform(0.35, 1.0, (views, 1))
        aspect = generator.uniform(0.8, 1.25, (views, 1))
        size = np.concatenate([width, width * aspect], 1).clip(0, 1)
        placed[:, 1:3] = generator.random((views, 2)) * (1 - size)
        placed[:, 3:5] = size
        flip = generator.random(views) < 0.5
        placed[flip, 1] += placed[flip, 3]
        placed[flip, 3] *= -1
        nothing = np.zeros(3, np.float32)
        return Backdrop(
            PHOTO,
            nothing,
            material((0.0, 0.0, 0.0)),
            np.zeros(0, PANEL),
            np.zeros(4, np.float32),
            nothing,
            nothing,
            placed,
            self.shade,
        )

    def pictures(self) -> TextureBank:
        """The pictures that hang behind views."""
        return self.photos


def _indoors(generator: np.random.Generator, bank: TextureBank, reach: float) -> Room:
    count = bank.texels.pictures
    size = np.array(
        [*(reach + generator.uniform(0, 3.5, 2)), generator.uniform(2.5, 5)]
    )
    common = wall(generator, count)
    surfaces = [floor(generator, count), plain(generator, 0.6, 0.98)]
    for _ in range(4):
        surfaces.append(common if generator.random() < 0.6 else wall(generator, count))
    panels = np.zeros(int(generator.integers(0, 26)), PANEL)
    for i in range(len(panels)):
        panels[i], record = panel(generator, size, len(surfaces), count)
        surfaces.append(record)
    place = generator.uniform(-0.7, 0.7, 2) * size[:2]
    strength = generator.choice([0.0, generator.uniform(0.3, 2.5)])
    black = np.full(3, 0.02)
    return Room(
        False,
        size,
        np.concatenate(surfaces),
        np.ascontiguousarray(panels[::-1]),
        np.array([*place, size[2] - 0.3, strength]),
        black,
        black,
        bank,
    )


def _outdoors(generator: np.random.Generator, bank: TextureBank) -> Room:
    count = bank.texels.pictures
    hue = generator.choice([0.25, 0.28, 0.1, 0.08, 0.6], p=[0.3, 0.2, 0.2, 0.15, 0.15])
    colour = linear(hue, generator.uniform(0.05, 0.5), generator.uniform(0.3, 0.75))
    ground = material(
        colour,
        Kind.PLAIN,
        Pattern(int(generator.choice([Pattern.SPECKLE, Pattern.TILES, Pattern.PLAIN]))),
        second=colour * generator.uniform(0.4, 0.9),
        scale=generator.uniform(2, 60),
        texture=generator.integers(count),
        texture_scale=generator.uniform(0.2, 1.2),
        texture_mix=generator.choice([0.0, 0.5, 0.9]),
        grain=0.35,
        seed=generator.uniform(0, 30),
    )
    far = generator.uniform(8, 40)
    wood = material(
        linear(generator.choice([0.3, 0.25, 0.08]), 0.4, generator.uniform(0.2, 0.6)),
        second=(0.02, 0.02, 0.02),
        pattern=Pattern(
            int(generator.choice([Pattern.SPECKLE, Pattern.BRICKS, Pattern.PLAIN]))
        ),
        scale=generator.uniform(1.5, 8),
        texture=generator.integers(count),
        texture_scale=generator.uniform(0.05, 0.4),
        texture_mix=generator.uniform(0.3, 1.0),
        grain=0.6,
        seed=generator.uniform(0, 30),
        folds=generator.uniform(0, 1),
    )
    bright = generator.uniform(0.5, 1.3)
    zenith = linear(0.6, generator.uniform(0.05, 0.7), 0.9) * bright * 0.8
    horizon = (
        linear(generator.choice([0.58, 0.1]), generator.uniform(0, 0.25), 1.0) * bright
    )
    height = far * generator.choice([0.0, generator.uniform(0.1, 0.8)])
    return Room(
        True,
        np.array([far, far, height]),
        np.concatenate([ground, wood]),
        np.zeros(0, PANEL),
        np.zeros(4),
        zenith,
        horizon,
        bank,
    )
