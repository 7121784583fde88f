# numpy arithmetic is Any to mypy:
# mypy: disable-error-code="no-any-return"
"""A motion seen by a camera that nobody held: solid figures on a floor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from human_capture.common.cameras import Cameras
from human_capture.common.progress import progress
from human_capture.common.video_writer import VideoWriter
from human_capture.pose3d.capture import Capture
from human_capture.pose3d.outputs.palette import Colour, person_colours
from human_capture.pose3d.outputs.views.floor import Floor
from human_capture.pose3d.outputs.views.limbs import limbs_of
from human_capture.pose3d.outputs.views.orbit import Orbit, View, frame_cameras
from human_capture.pose3d.outputs.views.shadow import Shadow
from human_capture.pose3d.outputs.views.solid_drawing import Capsule, SolidPicture
from human_capture.pose3d.outputs.views.whereabouts import without_strays

_NEAREST = 0.2  # metres before the camera from which on limbs are drawn


def write_free_view(
    capture: Capture,
    path: str | Path,
    view: View | None = None,
    width: int = 1280,
    height: int = 720,
) -> None:
    """Write a video of the motion as a virtual camera sees it.

    Args:
        capture: The motion.
        path: The video to write, usually ``.mp4``.
        view: An orbit, one camera, or one a frame; a full turn when absent. Lens
            distortion is left out.
        width: Of the images, in pixels.
        height: Of the images, in pixels.

    Raises:
        InputError: Nobody was seen, the cameras do not fit the motion, or the disk is
            full.
    """
    painter = FreeView(capture, view, width, height)
    with VideoWriter(path, capture.fps) as writer:
        for frame in progress(range(len(painter)), "Drawing the free view"):
            writer.write(painter.draw(frame))


class FreeView:
    """Draws any frame of a motion.

    Args:
        capture: The motion.
        view: An orbit, one camera, or one a frame; a full turn when absent.
        width: Of the images, in pixels.
        height: Of the images, in pixels.
    """

    def __init__(
        self,
        capture: Capture,
        view: View | None = None,
        width: int = 1280,
        height: int = 720,
    ) -> None:
        self.cameras = frame_cameras(view or Orbit(), capture, width, height).ideal()
        self.points = without_strays(capture.points.double()).numpy()
        self.limbs = limbs_of(capture.format)
        self.floor = Floor.under(capture, width, height)

    def __len__(self) -> int:
        """The number of frames."""
        return self.points.shape[1]

    def draw(self, frame: int) -> UInt8[np.ndarray, "height width 3"]:
        """The image of one frame, as RGB bytes."""
        camera = self.cameras[frame]
        picture = self.floor.draw(camera, frame)
        limbs, radii, colours = self._figures(frame)
        if len(limbs):
            Shadow(limbs, radii).fall_on(picture, camera)
        solid = SolidPicture(picture)
        for capsule in _seen(limbs, radii, colours, camera):
            solid.draw(capsule)
        return np.asarray(np.rint(picture.clip(0, 255)), np.uint8)

    def _figures(
        self, frame: int
    ) -> tuple[
        Float[np.ndarray, "limb 2 3"], Float[np.ndarray, "limb 2"], list[Colour]
    ]:
        """Ends, radii and colours of the limbs of which both ends are known."""
        ends, radii, colours = [], [], []
        for person, points in enumerate(self.points[:, frame]):
            tones = person_colours(person)
            for limb in self.limbs:
                placed = limb.ends(points)
                if np.isfinite(placed).all():
                    ends.append(placed)
                    radii.append(limb.radii)
                    colours.append(limb.colour(tones))
        shape = len(ends), 2
        return np.reshape(ends, (*shape, 3)), np.reshape(radii, shape), colours


def _seen(
    limbs: Float[np.ndarray, "limb 2 3"],
    radii: Float[np.ndarray, "limb 2"],
    colours: list[Colour],
    camera: Cameras,
) -> Iterator[Capsule]:
    """The limbs before the camera, the farthest first."""
    rotation, shift = camera.rotation.double(), camera.translation.double()
    inside = limbs @ rotation.numpy().T + shift.numpy()
    depths = inside[..., 2]
    before = np.flatnonzero((depths > _NEAREST).all(1))
    intrinsics = camera.intrinsics.double().numpy()
    pixels = inside @ intrinsics.T
    for limb in before[np.argsort(-depths[before].mean(1))]:
        yield Capsule(
            pixels[limb, :, :2] / depths[limb, :, None],
            depths[limb],
            radii[limb] * intrinsics[0, 0] / depths[limb],
            radii[limb],
            colours[limb],
        )
