"""Pictures of a field as cameras see it."""

from __future__ import annotations

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.multineus.fields.scene import BlendedHead, SceneField
from human_capture.multineus.portraits import Portraits
from human_capture.multineus.renderer import Renderer


@torch.no_grad()
def render_view(
    field: SceneField | BlendedHead,
    object: int,
    camera: Cameras,
    sphere: Float[Tensor, "4 4"],
    size: tuple[int, int],
    renderer: Renderer,
    chunk: int = 1024,
) -> tuple[Float[Tensor, "3 height width"], Float[Tensor, "3 height width"]]:
    """Colours, and normals towards the camera; black where there is nothing.

    Normals are those of the unit sphere's frame, from [-1, 1] to [0, 1].

    Args:
        field: Of several objects.
        object: Which of them.
        camera: One, in the world of the sphere.
        sphere: Similarity from the unit sphere to that world.
        size: Height and width of the pictures, in pixels.
        renderer: How rays are sampled.
        chunk: Rays at once.
    """
    height, width = size
    blank = torch.zeros(1, 3, 1, 1, dtype=torch.uint8)
    portraits = Portraits(blank, blank[:, 0], camera[None], sphere)
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    pixel = torch.stack((x, y), -1).flatten(0, 1).to(sphere.device)
    first = torch.zeros(len(pixel), dtype=torch.long, device=sphere.device)
    origins, directions = portraits.rays(first, pixel)
    alone = field.of(torch.tensor([object]))
    colours, normals = [], []
    for start in range(0, len(pixel), chunk):
        part = slice(start, start + chunk)
        rendered = renderer(alone, origins[None, part], directions[None, part])
        colours.append(rendered.colour[0].float())
        normal = rendered.normal[0].float()
        normals.append(0.5 * normal + 0.5 * rendered.opacity[0, :, None].float())
    shape = (height, width, 3)
    return (
        torch.cat(colours).view(shape).permute(2, 0, 1),
        torch.cat(normals).view(shape).permute(2, 0, 1),
    )


def turned(camera: Cameras, degrees: float) -> Cameras:
    """A camera moved about the world's vertical axis through the origin.

    Args:
        camera: One.
        degrees: To the person's left.
    """
    angle = torch.deg2rad(torch.tensor(degrees))
    turn = torch.eye(4)
    turn[0, 0] = turn[1, 1] = angle.cos()
    turn[0, 1], turn[1, 0] = angle.sin(), -angle.sin()
    return replace(camera, world_to_camera=camera.world_to_camera @ turn)
