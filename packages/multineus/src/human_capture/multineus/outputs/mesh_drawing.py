"""A mesh as a camera sees it: in its own colours, or as clay that shows its shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int32, UInt8

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.images import resize
from human_capture.common.meshes import Mesh
from human_capture.common.people.drawing.rasteriser import (
    homogeneous_pixels,
    rasterise,
)
from human_capture.common.people.looks.costume import add_normals, unit
from human_capture.multineus.outputs.shading import shade_clay, shade_colours

Style = Literal["colours", "clay"]
"""In the colours of the vertices, without light; or light grey, without colours."""

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)


def draw_mesh(
    mesh: Mesh,
    camera: Cameras,
    width: int,
    height: int,
    style: Style = "colours",
    background: Colour = WHITE,
    supersampling: int = 2,
) -> UInt8[np.ndarray, "height width 3"]:
    """An RGB picture of a mesh.

    Args:
        mesh: In the world of the camera.
        camera: One, without batch axes; its lens distortion is left out.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        style: How the surface looks.
        background: RGB.
        supersampling: Samples along each side of a pixel.

    Raises:
        InputError: The mesh shall be drawn in its colours and has none.
    """
    drawing = MeshDrawing(mesh, width, height, background, supersampling)
    return np.asarray(drawing.draw(camera, style)[0])


@dataclass(frozen=True)
class MeshDrawing:
    """A mesh made ready to be drawn many times.

    Attributes:
        mesh: In the world of the cameras.
        width: Of the pictures, in pixels.
        height: Of the pictures, in pixels.
        background: RGB.
        supersampling: Samples along each side of a pixel.
    """

    mesh: Mesh
    width: int
    height: int
    background: Colour = WHITE
    supersampling: int = 2

    @property
    def styles(self) -> tuple[Style, ...]:
        """The ways in which this mesh can be drawn."""
        return ("clay",) if self.mesh.colours is None else ("colours", "clay")

    def draw(
        self, camera: Cameras, *styles: Style
    ) -> UInt8[np.ndarray, "style height width 3"]:
        """RGB pictures from one camera, all for hardly more than the price of one.

        Args:
            camera: Without batch axes; its lens distortion is left out.
            styles: How the surface looks in each picture.

        Raises:
            InputError: The mesh shall be drawn in its colours and has none.
        """
        finer = camera.resize(float(self.supersampling)).ideal()
        transform = finer.world_to_camera.double().numpy()
        pixels = homogeneous_pixels(
            self.mesh.vertices, finer.intrinsics.double().numpy(), transform
        )
        width, height = (self.supersampling * n for n in (self.width, self.height))
        uncut = np.ones(len(pixels), np.float32)
        seen = rasterise(pixels, self._faces, uncut, height, width)
        pictures = []
        for style in styles:
            fine = np.full((height, width, 3), self.background, np.uint8)
            if style == "clay":
                normals = self._normals @ transform[:3, :3].T
                shade_clay(seen, self._faces, pixels, normals, fine)
            elif self.mesh.colours is None:
                raise InputError("The mesh has no colours; draw it as clay.")
            else:
                shade_colours(seen, self._faces, self.mesh.colours, fine)
            pictures.append(resize(fine, self.width, self.height))
        return np.stack(pictures)

    @cached_property
    def _faces(self) -> Int32[np.ndarray, "face 3"]:
        return np.ascontiguousarray(self.mesh.faces, np.int32)

    @cached_property
    def _normals(self) -> Float64[np.ndarray, "vertex 3"]:
        """Of the vertices: means over the triangles around, weighted by their areas."""
        normals = np.zeros((len(self.mesh.vertices), 3))
        add_normals(self.mesh.vertices.astype(np.float64), self._faces, 0, normals)
        unit(normals, 0)
        return normals
