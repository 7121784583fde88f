"""A studio in which avatars are rendered, on the floor of the free view.

The room is of one bright colour with neither edges nor corners in sight. What is
darker than that is somebody's shadow, which the floor of the free view then takes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from jaxtyping import Float32, UInt8

from human_capture.common.cameras import Cameras
from human_capture.common.people.drawing.film import Film
from human_capture.common.people.drawing.materials import material
from human_capture.common.people.drawing.shading_backdrop import PANEL
from human_capture.common.people.looks.appearance import Appearance
from human_capture.common.people.looks.surface import body_surface
from human_capture.common.people.places.lighting import Lamp, Light
from human_capture.common.people.places.rooms import Room
from human_capture.common.people.scene import Scene
from human_capture.pose3d.outputs.views.shadow import Shadow

_FAR = 1e4  # metres to the walls
_UNLIT = 0.75  # share of light that a room's floor gets without a bulb
_SKY, _BOUNCE = np.array([0.30, 0.32, 0.35]), np.array([0.27, 0.27, 0.27])
_FILM = Film(exposure=1.15, contrast=1.08, shoulder=0.8)
_EVERY, _DOT = 7, 0.018  # every so many vertices shade the floor; radius in metres

Person = tuple[Float32[np.ndarray, "vertex 3"], Appearance]
Image = UInt8[np.ndarray, "height width 3"]


def photograph(
    people: Sequence[Person],
    camera: Cameras,
    backdrop: Float32[np.ndarray, "height width 3"],
    supersampling: int = 2,
) -> Image:
    """People in the studio before a backdrop, as RGB bytes.

    Args:
        people: Posed body vertices in the world, and looks.
        camera: Without batch axes and without lens distortion.
        backdrop: What the camera sees without them, RGB from 0 to 255; drawn into.
        supersampling: Samples along each side of a pixel.
    """
    _touch_floor(people, camera, backdrop)
    height, width = backdrop.shape[:2]
    pictures = Scene(people, _room(), _light(), film=_FILM).render(
        camera.intrinsics.double().numpy()[None],
        camera.world_to_camera.double().numpy()[None],
        height,
        width,
        supersampling,
    )
    free = 1 - pictures.mask[0, ..., None]
    image = pictures.image[0] + free * (backdrop - _empty())
    return np.asarray(np.rint(image.clip(0, 255)), np.uint8)


def _touch_floor(
    people: Sequence[Person],
    camera: Cameras,
    backdrop: Float32[np.ndarray, "height width 3"],
) -> None:
    """Darken the floor under people, for which the lamps' shadows are too coarse."""
    if people:
        skin = int(body_surface().faces["body"].max()) + 1
        points = np.concatenate([vertices[:skin:_EVERY] for vertices, _ in people])
        limbs = np.stack((points, points), 1).astype(float)
        Shadow(limbs, np.full((len(points), 2), _DOT)).fall_on(backdrop, camera)


@cache
def _light() -> Light:
    """A warm lamp in front, a cool one from behind, and a sky that bodies shade."""
    lamps = (
        Lamp(_unit(-0.45, -0.60, 0.66), np.array([0.80, 0.77, 0.72]), 0.05, 0.55),
        Lamp(_unit(0.75, 0.45, 0.48), np.array([0.24, 0.27, 0.32]), 0.10, 0.4),
        Lamp(_unit(0.03, 0.02, 1.0), np.array([0.34, 0.35, 0.37]), 0.22, 0.9),
    )
    return Light(lamps, _SKY, _BOUNCE)


@cache
def _room() -> Room:
    """Floor and walls that send out the same light where no shadow falls."""
    paint = np.array([0.72, 0.74, 0.77])
    received = _SKY + sum(lamp.direction[2] * lamp.colour for lamp in _light().lamps)
    ground = material(paint, grain=0.0, gloss=0.0)
    glowing = material(_UNLIT * paint * received, grain=0.0, gloss=0.0)
    panels = np.zeros(4, PANEL)
    panels["plane"], panels["half"] = np.arange(2, 6), _FAR
    panels["material"], panels["glow"] = 6, 1.0
    black = np.zeros(3)
    return Room(
        False,
        np.full(3, _FAR),
        np.concatenate([*[ground] * 6, glowing]),
        panels,
        np.zeros(4),
        black,
        black,
    )


@cache
def _empty() -> Float32[np.ndarray, "3"]:
    """The colour of the studio where there is nothing."""
    down = np.diag([1.0, -1.0, -1.0, 1.0])
    down[2, 3] = 2.0
    picture = Scene([], _room(), _light(), film=_FILM).render(
        np.eye(3)[None], down[None], 1, 1
    )
    return np.asarray(picture.image[0, 0, 0], np.float32)


def _unit(x: float, y: float, z: float) -> np.ndarray:
    direction = np.array([x, y, z])
    return np.asarray(direction / np.linalg.norm(direction))
