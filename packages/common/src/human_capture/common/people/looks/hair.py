"""Hair as a shell over the scalp, strands that hang, and hats."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from human_capture.common.people.drawing.noise import noise
from human_capture.common.people.looks.costume import Attachment, Layer
from human_capture.common.people.looks.surface import BODY_VERTICES, body_surface

SHELLS = {  # style: thickness in metres, back ends at z, sideburns end at z
    "buzz": (0.0015, 0.630, 0.690),
    "short": (0.009, 0.622, 0.682),
    "medium": (0.017, 0.597, 0.662),
    "tied": (0.007, 0.612, 0.668),
    "curly": (0.034, 0.590, 0.655),
    "long": (0.015, 0.560, 0.620),
}


def sample_style(generator: np.random.Generator, female: bool) -> str:
    """Name of a hair style, or bald.

    Args:
        generator: Decides.
        female: Changes how frequent each is.
    """
    styles = [*SHELLS, "bald"]
    share = (
        [0.02, 0.10, 0.20, 0.26, 0.10, 0.31, 0.01]
        if female
        else [0.17, 0.42, 0.16, 0.03, 0.08, 0.04, 0.10]
    )
    return str(generator.choice(styles, p=share))


def hair_layers(
    generator: np.random.Generator, style: str, hairline: float, material: int
) -> tuple[list[Layer], list[Attachment]]:
    """The shell on the scalp, and what hangs or is tied.

    Args:
        generator: Decides volume and irregularity.
        style: One of `SHELLS`, or bald.
        hairline: Canonical height of the hairline over the forehead, in metres.
        material: Index of the hair among the person's materials.
    """
    if style == "bald":
        return [], []
    surface = body_surface()
    canonical = surface.canonical.astype(float)
    parting = canonical[:, 0] * float(generator.normal(0, 0.18))
    line = hairline - np.maximum(parting, 0)  # swept to one side of the forehead
    cut, growth = _scalp(canonical, style, line, float(generator.uniform(0, 30)))
    cut = np.where((np.arange(len(cut)) < BODY_VERTICES) & surface.head, cut, -1)
    thick = SHELLS[style][0] * float(generator.uniform(0.7, 1.5))
    size = np.array([55, 55, 40]) if style == "curly" else np.array([30, 30, 9])
    lumps = noise(canonical * size + generator.uniform(0, 20))
    offset = 0.0012 + growth * thick * (0.65 + 0.8 * lumps)
    faces = surface.faces["body"]
    layers = [Layer(faces[(cut[faces] > 0).any(1)], material, offset, cut)]
    things = []
    if style == "long":
        end = float(generator.uniform(0.34, 0.56))
        y, z = canonical[:, 1], canonical[:, 2]
        hang = np.minimum(y + 0.052, z - end + 0.05 * (noise(canonical * 60) - 0.5))
        panel = surface.faces["hair"]
        layers.append(Layer(panel, material, np.full(len(y), 0.004), hang))
    if style == "tied":
        things.append(_tied(generator, material))
    return layers, things


def _scalp(
    canonical: np.ndarray, style: str, hairline: np.ndarray, seed: float
) -> tuple[np.ndarray, np.ndarray]:
    """Where hair grows (positive), and how thick it has become from the border in."""
    side, y, z = np.abs(canonical[:, 0]), canonical[:, 1], canonical[:, 2]
    ragged = noise(canonical * 90 + seed) - 0.5
    _, back_end, burn_end = SHELLS[style]
    line = hairline - 0.35 * np.clip(side - 0.02, 0, 0.04) + 0.012 * ragged
    front = np.where(y < -0.02, z - line, 1.0)
    burn = np.minimum(side - 0.058, (y + 0.068) - 0.1 * (0.70 - z))
    burn = np.minimum(np.where(y < -0.02, burn, 1.0), z - burn_end + 0.006 * ragged)
    # a rounded corner between forehead and temple
    edge = 0.5 * (front + burn + np.sqrt((front - burn) ** 2 + 0.014**2)) - 0.003
    back = z - (back_end + 0.010 * ragged)
    ear = np.hypot(y + 0.040, (z - 0.682) * 0.75) - 0.030
    ear = np.where(side > 0.05, ear, 1)
    if style in ("long", "curly"):
        ear = np.maximum(ear, np.where(y > -0.035, 0.01, -1))
    cut = np.minimum(np.minimum(edge, back), ear)
    grown = np.minimum(np.minimum(edge, back * 0.5), ear * 1.2)
    t = np.clip(grown / 0.04, 0, 1)
    crown = np.clip((z - 0.70) / 0.10, 0, 1)
    return cut, t * t * (3 - 2 * t) * (0.6 + 0.6 * crown)


def _tied(generator: np.random.Generator, material: int) -> Attachment:
    """A bun or a pony tail at the back of the head."""
    if generator.random() < 0.5:
        radius = float(generator.uniform(0.028, 0.042))
        centre = np.array([0, 0.062, generator.uniform(0.70, 0.79)])
        path = (
            centre
            + np.array([[0, -0.8, 0], [0, -0.3, 0], [0, 0.4, 0], [0, 0.9, 0]]) * radius
        )
        radii = np.array([0.55, 0.98, 0.95, 0.3]) * radius
    else:
        length = float(generator.uniform(0.12, 0.30))
        t = np.linspace(0, 1, 7)
        start = float(generator.uniform(0.70, 0.77))
        path = np.stack(
            [0 * t, 0.045 + 0.055 * np.sin(t * 2.2), start - length * t**1.3], 1
        )
        radii = 0.026 * np.array([0.6, 1, 1.05, 1.0, 0.85, 0.6, 0.12])
    vertices, faces = tube(path, radii, 10)
    return Attachment(vertices, faces, material)


def tube(
    path: Float[np.ndarray, "point 3"],
    radii: Float[np.ndarray, " point"],
    sides: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Vertices and triangles of a closed tube of varying thickness.

    Args:
        path: Centre line.
        radii: At its points.
        sides: Of the cross section.
    """
    along = np.gradient(path, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    helper = np.where(np.abs(along[:, :1]) < 0.9, [[1.0, 0, 0]], [[0, 1.0, 0]])
    first = np.cross(along, helper)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second = np.cross(along, first)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = (
        first[:, None] * np.cos(angle)[:, None]
        + second[:, None] * np.sin(angle)[:, None]
    )
    vertices = (path[:, None] + ring * radii[:, None, None]).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(len(path) - 1), np.arange(sides), indexing="ij")
    a, b = i * sides + j, i * sides + (j + 1) % sides
    quads = np.stack([a, b, b + sides, a, b + sides, a + sides], -1).reshape(-1, 3)
    last = (len(path) - 1) * sides
    k = np.arange(1, sides - 1)
    low = np.stack([0 * k, k + 1, k], 1)
    high = np.stack([last + 0 * k, last + k, last + k + 1], 1)
    return vertices, np.concatenate([quads, low, high]).astype(np.int32)


def hat(
    generator: np.random.Generator, material: int
) -> tuple[Layer, Attachment | None]:
    """A cap with a brim or a knitted hat, drawn over the hair.

    Args:
        generator: Decides which and how it sits.
        material: Index of the cloth among the person's materials.
    """
    surface = body_surface()
    canonical = surface.canonical.astype(float)
    y, z = canonical[:, 1], canonical[:, 2]
    brim = generator.random() < 0.6
    height = float(generator.uniform(0.735, 0.752))
    slope = 0.0 if brim else 0.25
    cut = z - height + slope * (y + 0.05)
    cut = np.where((np.arange(len(cut)) < BODY_VERTICES) & surface.head, cut, -1)
    top = np.clip((z - height) / 0.08, 0, 1)
    offset = 0.014 + 0.012 * np.sqrt(top)
    faces = surface.faces["body"]
    layer = Layer(
        faces[(cut[faces] > 0).any(1)], material, offset, cut, canonical[:, [0, 2]]
    )
    if not brim:
        return layer, None
    angle = np.linspace(-1.15, 1.15, 13)
    inner = np.stack(
        [
            0.082 * np.sin(angle),
            -0.05 - 0.098 * np.cos(angle),
            0 * angle + height + 0.006,
        ],
        1,
    )
    outer = inner + np.stack(
        [0.02 * np.sin(angle), -0.075 * np.cos(angle) ** 0.7, -0.022 * np.cos(angle)], 1
    )
    vertices = np.concatenate(
        [inner, outer, inner + np.array([0, 0, 0.006]), outer + np.array([0, 0, 0.003])]
    )
    k = np.arange(12)
    under = np.concatenate(
        [np.stack([k, k + 1, k + 14], 1), np.stack([k, k + 14, k + 13], 1)]
    )
    over = np.concatenate(
        [np.stack([k + 26, k + 40, k + 27], 1), np.stack([k + 26, k + 39, k + 40], 1)]
    )
    return layer, Attachment(
        vertices, np.concatenate([under, over]).astype(np.int32), material
    )
