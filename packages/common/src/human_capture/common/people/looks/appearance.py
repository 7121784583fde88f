"""How a person looks: skin, hair, eyes, face and clothes, all from one seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from human_capture.common.people.drawing.materials import Kind, linear, material
from human_capture.common.people.drawing.textures import PROCEDURAL
from human_capture.common.people.looks.clothing import (
    Garment,
    flat_coordinates,
    sample_outfit,
)
from human_capture.common.people.looks.costume import (
    Attachment,
    Costume,
    Layer,
    assemble,
)
from human_capture.common.people.looks.fabrics import sample_fabric
from human_capture.common.people.looks.hair import hair_layers, hat, sample_style
from human_capture.common.people.looks.skin import skin_tint, skin_tone
from human_capture.common.people.looks.surface import body_surface

SKIN, EYE, TEETH, TONGUE, LASH, HAIR = range(6)
HAIR_COLOURS = np.array(  # linear: black, dark brown, brown, fair, blond, red, grey
    [
        [0.012, 0.009, 0.008],
        [0.030, 0.015, 0.009],
        [0.075, 0.035, 0.017],
        [0.20, 0.10, 0.045],
        [0.45, 0.28, 0.12],
        [0.22, 0.055, 0.018],
        [0.35, 0.35, 0.36],
    ]
)
EYE_COLOURS = np.array(  # linear: brown, dark brown, blue, green, grey
    [
        [0.09, 0.035, 0.012],
        [0.04, 0.016, 0.008],
        [0.09, 0.18, 0.33],
        [0.10, 0.17, 0.07],
        [0.17, 0.21, 0.24],
    ]
)


@dataclass(frozen=True)
class Appearance:
    """The look of one person, independent of body shape and pose.

    Args:
        materials: Records of the type `MATERIAL`.
        costume: Skin, hair and clothes as layers over the body mesh.
    """

    materials: np.ndarray
    costume: Costume

    @classmethod
    def sample(
        cls, seed: int, gender: float | None = None, pictures: int = PROCEDURAL
    ) -> Appearance:
        """The look that a seed stands for.

        Args:
            seed: Same seed, same look.
            gender: 0 male .. 1 female, as the body's phenotype; drawn if None.
            pictures: Number of pictures in the texture bank that prints come from.
        """
        generator = np.random.default_rng([seed, 7919])
        drawn = float(generator.random())
        female = (drawn if gender is None else gender) >= 0.5
        melanin = float(np.clip(generator.beta(0.9, 1.1), 0, 1))
        dark = melanin > 0.5
        tone = skin_tone(melanin) * generator.normal(1, [0.05, 0.03, 0.05])
        hair = HAIR_COLOURS[_hair_index(generator, dark)] * generator.uniform(0.7, 1.3)
        style = sample_style(generator, female)
        bangs = generator.random() < (0.35 if female else 0.15)
        hairline = float(
            generator.uniform(0.732, 0.75) if bangs else generator.uniform(0.758, 0.776)
        )
        records = [
            _skin(generator, female, hair, style, hairline),
            _eye(generator, dark),
            material((0.60, 0.55, 0.44), gloss=0.3, grain=0.0),
            material((0.35, 0.08, 0.07), gloss=0.3, grain=0.1),
            material(hair * 0.3, grain=0.0, gloss=0.0),
            material(
                hair,
                Kind.HAIR,
                gloss=generator.uniform(0.03, 0.15),
                seed=generator.uniform(0, 30),
            ),
        ]
        nails = (
            linear(generator.random(), 0.8, 0.7) if generator.random() < 0.1 else None
        )
        lips = float(generator.uniform(0, 1 if female else 0.4))
        garments = sample_outfit(generator, female, pictures)
        layers = _body_layers(garments, skin_tint(tone, lips, nails))
        strands, things = hair_layers(generator, style, hairline, HAIR)
        if generator.random() < 0.1:
            records.append(sample_fabric(generator, pictures, top=False))
            crown, brim = hat(generator, len(records) - 1)
            strands.append(crown)
            things += [brim] if brim is not None else []
        for garment in garments:
            layers.append(_cloth_layer(garment, len(records)))
            records.append(garment.record)
        return _finish(records, layers + strands, things)


def _finish(
    records: list[np.ndarray], layers: list[Layer], things: list[Attachment]
) -> Appearance:
    costume = assemble(body_surface(), layers, things)
    return Appearance(np.concatenate(records), costume)


def _hair_index(generator: np.random.Generator, dark: bool) -> int:
    share = (
        [0.76, 0.16, 0.03, 0.0, 0.0, 0.01, 0.04]
        if dark
        else [0.28, 0.22, 0.18, 0.12, 0.10, 0.04, 0.06]
    )
    return int(generator.choice(7, p=share))


def _skin(
    generator: np.random.Generator,
    female: bool,
    hair: np.ndarray,
    style: str,
    hairline: float,
) -> np.ndarray:
    beard = (
        0.0
        if female
        else generator.choice([0, 0.35, 0.6, 0.95], p=[0.4, 0.25, 0.15, 0.2])
    )
    scalp = {"bald": 0.0, "buzz": 0.8}.get(style, 0.95)
    return material(
        (1.0, 1.0, 1.0),
        Kind.SKIN,
        gloss=generator.uniform(0.08, 0.3),
        seed=generator.uniform(0, 30),
        hair=hair,
        brow=generator.uniform(0.65, 1.0),
        beard=beard,
        freckles=generator.random() if generator.random() < 0.2 else 0.0,
        hairline=hairline,
        scalp=scalp,
    )


def _eye(generator: np.random.Generator, dark: bool) -> np.ndarray:
    share = [0.5, 0.5, 0, 0, 0] if dark else [0.35, 0.2, 0.2, 0.13, 0.12]
    colour = EYE_COLOURS[generator.choice(5, p=share)] * generator.uniform(0.7, 1.4)
    return material(colour, Kind.EYE, gloss=0.9, seed=generator.uniform(0, 30))


def _body_layers(garments: list[Garment], tint: np.ndarray) -> list[Layer]:
    """The skin that clothes leave free, eyes, teeth, tongue and lashes."""
    surface = body_surface()
    covered = np.logical_or.reduce([garment.hides > 0 for garment in garments])
    covered &= ~surface.hand
    faces = surface.faces
    seen = faces["body"][~covered[faces["body"]].all(1)]
    both = {
        name: np.concatenate([faces[name.format(a)] for a in pair])
        for name, pair in (
            ("{}_eye", ("left", "right")),
            ("{}_lashes", ("left", "right")),
            ("{}_teeth", ("upper", "lower")),
        )
    }
    dim = np.full_like(tint, 0.42)  # little light comes into the mouth
    return [
        Layer(seen, SKIN, tint=tint),
        Layer(both["{}_eye"], EYE),
        Layer(both["{}_teeth"], TEETH, tint=dim),
        Layer(faces["tongue"], TONGUE, tint=dim),
        Layer(both["{}_lashes"], LASH),
    ]


def _cloth_layer(garment: Garment, index: int) -> Layer:
    faces = body_surface().faces[garment.part]
    drawn = faces[(garment.cut[faces] > 0).any(1)]
    return Layer(drawn, index, garment.offset, garment.cut, flat_coordinates())
