"""People, things, a place and light, drawn by any number of cameras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Float32, Int8

from human_capture.common.people.drawing.film import Film
from human_capture.common.people.drawing.noise import noise_table
from human_capture.common.people.drawing.pictures import Pictures, visibility
from human_capture.common.people.drawing.rasteriser import (
    Fragments,
    homogeneous_pixels,
    rasterise,
)
from human_capture.common.people.drawing.shading import Mesh, develop, shade_view
from human_capture.common.people.drawing.shading_light import LAMP, Lights
from human_capture.common.people.drawing.shadows import light_frame, shadow_map
from human_capture.common.people.looks.appearance import Appearance
from human_capture.common.people.looks.costume import add_normals, follow, unit
from human_capture.common.people.looks.surface import body_surface
from human_capture.common.people.places.furniture import Prop
from human_capture.common.people.places.lighting import Light
from human_capture.common.people.places.rooms import PhotoBackdrop, Room

SHADOW_SIDE = 256


@dataclass(frozen=True)
class Scene:
    """Everything that is in front of the cameras at one moment.

    Args:
        people: Posed body vertices in the world (metres, floor at z = 0) and looks.
        room: What is behind.
        light: What falls on it.
        occluders: Things that stand around.
        film: How the cameras render light; one, or one a view.
        seed: Decides which photograph hangs behind which view.
    """

    people: Sequence[tuple[Float32[np.ndarray, "vertex 3"], Appearance]]
    room: Room | PhotoBackdrop
    light: Light
    occluders: Sequence[Prop] = ()
    film: Film | Sequence[Film] = field(default_factory=Film)
    seed: int = 0

    def render(
        self,
        intrinsics: Float[np.ndarray, "view 3 3"],
        world_to_camera: Float[np.ndarray, "view 4 4"],
        height: int,
        width: int,
        supersampling: int = 1,
    ) -> Pictures:
        """The pictures of all cameras.

        Args:
            intrinsics: For pixel centres at +0.5.
            world_to_camera: Rigid transforms to OpenCV camera axes.
            height: Of the pictures, in pixels.
            width: Of the pictures, in pixels.
            supersampling: Samples along each side of a pixel.
        """
        views = len(intrinsics)
        image = np.empty((views, height, width, 3), np.uint8)
        mask = np.empty((views, height, width), np.float32)
        person = np.empty((views, height, width), np.int8)
        depth = np.empty((views, height, width), np.float32)
        backdrop = self.room.backdrop(views, self.seed)
        lights = self._lights(intrinsics, world_to_camera, height, width)
        films = [self.film] * views if isinstance(self.film, Film) else self.film
        fine = np.diag([supersampling, supersampling, 1.0])
        for view in range(views):
            camera, transform = intrinsics[view], world_to_camera[view]
            seen = self._seen(camera, transform, height, width)
            person[view] = self._person(seen)
            depth[view] = seen.depth
            samples = seen
            if supersampling > 1:
                camera = fine @ camera
                size = height * supersampling, width * supersampling
                samples = self._seen(camera, transform, *size)
            mask[view] = _coverage(self._person(samples) >= 0, supersampling)
            light = self._shade(samples, camera, transform, lights, backdrop, view)
            self._develop(light, films[view], supersampling, image[view])
        return Pictures(image, mask, person, depth)

    def visibility(
        self,
        points: Float[np.ndarray, "joint 3"],
        intrinsics: Float[np.ndarray, "view 3 3"],
        world_to_camera: Float[np.ndarray, "view 4 4"],
        depth: Float32[np.ndarray, "view height width"],
        tolerance: float = 0.12,
    ) -> Bool[np.ndarray, "view joint"]:
        """Whether points lie inside each view and not behind something.

        Args:
            points: In the world, metres; joints lie inside the body.
            intrinsics: As for `render`.
            world_to_camera: As for `render`.
            depth: What `render` returned.
            tolerance: How far behind the visible surface a point still counts as
                seen, in metres.
        """
        return visibility(points, intrinsics, world_to_camera, depth, tolerance)

    @cached_property
    def mesh(self) -> Mesh:
        """All people and things as triangles in the world."""
        surface = body_surface()
        parts: list[tuple[np.ndarray, ...]] = []
        start, materials = 0, 0
        for index, (vertices, look) in enumerate(self.people):
            costume = look.costume
            positions, normals = follow(costume, vertices, surface)
            parts.append(
                (
                    positions,
                    normals,
                    costume.places,
                    costume.flat,
                    costume.tint,
                    costume.cut,
                    costume.faces + np.int32(start),
                    costume.material + np.int16(materials),
                    np.full(len(costume.faces), index, np.int16),
                )
            )
            start += len(positions)
            materials += len(look.materials)
        if self.occluders:
            parts.append(_things(self.occluders, start, materials))
        if not parts:
            return _nothing()
        return Mesh(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    @cached_property
    def _materials(self) -> np.ndarray:
        records = [look.materials for _, look in self.people]
        records += [prop.record for prop in self.occluders]
        return np.concatenate(records) if records else self.room.backdrop(1, 0).surfaces

    def _seen(
        self, intrinsics: np.ndarray, transform: np.ndarray, height: int, width: int
    ) -> Fragments:
        mesh = self.mesh
        pixels = homogeneous_pixels(mesh.positions, intrinsics, transform)
        return rasterise(pixels, mesh.faces, mesh.cut, height, width)

    def _person(self, seen: Fragments) -> Int8[np.ndarray, "height width"]:
        who = np.append(self.mesh.person, -1).astype(np.int8)
        return np.asarray(who[seen.face])  # face -1 reads the last entry

    def _shade(
        self,
        seen: Fragments,
        intrinsics: np.ndarray,
        transform: np.ndarray,
        lights: Lights,
        backdrop: object,
        view: int,
    ) -> Float32[np.ndarray, "height width 3"]:
        rotation = transform[:3, :3].astype(np.float64)
        inverse = np.linalg.inv(intrinsics.astype(np.float64))
        out = np.empty((*seen.face.shape, 3), np.float32)
        shade_view(
            self.mesh,
            self._materials,
            noise_table(),
            self.room.bank.texels,
            self.room.pictures().texels,
            lights,
            backdrop,
            view,
            seen.face,
            seen.weights,
            seen.depth,
            np.ascontiguousarray(rotation.T @ inverse),
            -rotation.T @ transform[:3, 3],
            float(np.sqrt(abs(inverse[0, 0] * inverse[1, 1]))),
            out,
        )
        return out

    def _develop(
        self, light: np.ndarray, film: Film, samples: int, image: np.ndarray
    ) -> None:
        centre = np.array([image.shape[1] / 2, image.shape[0] / 2])
        gains = film.gains(self.light.brightness())
        develop(light, samples, gains, film.tones(), film.vignette, centre, image)

    def _lights(
        self,
        intrinsics: np.ndarray,
        world_to_camera: np.ndarray,
        height: int,
        width: int,
    ) -> Lights:
        """Lamps with shadow maps that are fitted to what the cameras see."""
        mesh = self.mesh
        sight = self._in_sight(intrinsics, world_to_camera, height, width)
        lamps = np.zeros(len(self.light.lamps), LAMP)
        maps = np.empty((len(lamps), SHADOW_SIDE, SHADOW_SIDE), np.float32)
        for i, lamp in enumerate(self.light.lamps):
            frame = light_frame(lamp.direction, sight, lamp.softness, SHADOW_SIDE)
            scale = np.linalg.norm(frame.to_map[0, :3])
            lamps[i]["direction"] = lamp.direction / np.linalg.norm(lamp.direction)
            lamps[i]["colour"] = lamp.colour
            lamps[i]["blur"] = max(1.0, lamp.softness * scale)
            lamps[i]["side"], lamps[i]["frame"] = frame.side, frame.to_map
            lamps[i]["bias"] = 0.6 / scale
            lamps[i]["shadow"] = lamp.shadow
            if lamp.shadow > 0:
                drawn = maps[i, : frame.side, : frame.side]
                shadow_map(frame, mesh.positions, mesh.faces, mesh.cut, drawn)
        sky, ground = (
            np.asarray(c, np.float32) for c in (self.light.sky, self.light.ground)
        )
        return Lights(lamps, maps, sky, ground)

    def _in_sight(
        self,
        intrinsics: np.ndarray,
        world_to_camera: np.ndarray,
        height: int,
        width: int,
    ) -> Float[np.ndarray, "point 3"]:
        """People's vertices, thinned, that some camera has in its picture."""
        points = np.concatenate(
            [np.zeros((0, 3)), *(vertices[::16] for vertices, _ in self.people)]
        )
        seen = np.zeros(len(points), bool)
        for camera, transform in zip(intrinsics, world_to_camera, strict=True):
            pixels = homogeneous_pixels(points, camera, transform)
            ahead = pixels[:, 2] > 0.05
            uv = pixels[:, :2] / np.where(ahead, pixels[:, 2], 1)[:, None]
            inside = (uv > 0) & (uv < [width, height])
            seen |= ahead & inside.all(1)
        return points[seen] if seen.any() else np.array([[-1.0, -1, 0], [1, 1, 2]])


def _coverage(
    covered: Bool[np.ndarray, "height width"], samples: int
) -> Float32[np.ndarray, "h w"]:
    height, width = covered.shape[0] // samples, covered.shape[1] // samples
    blocks = covered.reshape(height, samples, width, samples)
    return np.asarray(blocks.mean((1, 3), dtype=np.float32))


def _things(
    props: Sequence[Prop], start: int, materials: int
) -> tuple[np.ndarray, ...]:
    """The columns of `Mesh` for all things."""
    counts = [len(prop.vertices) for prop in props]
    first = np.cumsum([0, *counts])[:-1]
    vertices = np.concatenate([p.vertices for p in props]).astype(np.float32)
    flat = np.concatenate([p.flat for p in props]).astype(np.float32)
    local = [p.faces + np.int32(f) for p, f in zip(props, first, strict=True)]
    faces = np.concatenate(local).astype(np.int32)
    normals = np.zeros_like(vertices)
    add_normals(vertices, faces, 0, normals)
    unit(normals, 0)
    index = np.repeat(np.arange(len(props)), [len(p.faces) for p in props])
    ones = np.ones_like(vertices)
    return (
        vertices,
        normals,
        vertices,
        flat,
        ones,
        ones[:, 0].copy(),
        faces + np.int32(start),
        (index + materials).astype(np.int16),
        np.full(len(faces), -1, np.int16),
    )


def _nothing() -> Mesh:
    three, none = np.zeros((0, 3), np.float32), np.zeros(0, np.int16)
    return Mesh(
        three,
        three,
        three,
        np.zeros((0, 2), np.float32),
        three,
        np.zeros(0, np.float32),
        np.zeros((0, 3), np.int32),
        none,
        none,
    )
