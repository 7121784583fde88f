"""From a field to a coloured mesh in metres."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.meshes import Extraction, Mesh, Progress
from human_capture.multineus.fields.scene import SceneField

USUAL_EXTRACTION = Extraction()


@torch.no_grad()
def extract_surface(
    field: SceneField,
    object: int = 0,
    sphere: Float[Tensor, "4 4"] | None = None,
    extraction: Extraction = USUAL_EXTRACTION,
    progress: Progress | None = None,
) -> Mesh:
    """The surface of one object with the colours of its vertices.

    Colours are those of a look along the surface's normal, so no direction of view is
    baked into them.

    Args:
        field: Of several objects.
        object: Which of them.
        sphere: Similarity from the unit sphere to the world in metres; the mesh stays
            in the sphere's frame if absent.
        extraction: Resolution, and what is passed by.
        progress: Shows how far it is.

    Raises:
        InputError: The field has no surface.
    """
    alone = field.of(torch.tensor([object]))

    def distance(points: Float[Tensor, "point 3"]) -> Float[Tensor, " point"]:
        return alone.distance(points[None])[0]

    mesh = extraction(distance, progress)
    colours = []
    for points in torch.split(torch.from_numpy(mesh.vertices).float(), 8192):
        surface = alone.surface(points[None])
        look = -torch.nn.functional.normalize(surface.gradient, dim=-1)
        colours.append(alone.colour(points[None], look, surface)[0])
    mesh = replace(mesh, colours=torch.cat(colours).double().numpy())
    if sphere is None:
        return mesh
    return mesh.transform(np.asarray(sphere.double()))
