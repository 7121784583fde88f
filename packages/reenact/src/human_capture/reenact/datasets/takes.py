"""Takes of synthetic people who talk: who does what where, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.cameras import Cameras
from human_capture.common.people.anatomy.body_keypoints import FACE68_OF_478
from human_capture.common.people.drawing.film import Film
from human_capture.common.people.movement.stage import keyed_curve
from human_capture.common.people.places.lighting import Light
from human_capture.common.people.places.rooms import Room
from human_capture.common.people.scene import Scene
from human_capture.common.rigs import from_field_of_view, look_at
from human_capture.common.shards import Item
from human_capture.reenact.crops import face_square
from human_capture.reenact.datasets.performer import Performer, Talk

VIDEO_M = 0.6
"""Width of what the video shows at the distance of the head, in metres."""


@dataclass(frozen=True)
class TalkingHeadRecipe:
    """How clips of talking heads are drawn.

    Attributes:
        frames: Pictures of each clip.
        size: Width and height of the pictures.
        clips: Clips of each person; each has its light, its room and its camera.
        fps: Pictures a second. Few make neighbours differ; 25 make a video.
        yaw: Largest turn of the head to the sides, in radians.
        pitch: Largest nod, in radians.
        roll: Largest tilt, in radians.
        nearest: Smallest distance of the camera, in metres.
        farthest: Largest distance of the camera, in metres.
        supersampling: Samples along each side of a pixel.
    """

    frames: int = 32
    size: int = 128
    clips: int = 4
    fps: float = 1.0
    yaw: float = 0.9
    pitch: float = 0.45
    roll: float = 0.26
    nearest: float = 0.6
    farthest: float = 2.0
    supersampling: int = 2


USUAL_CLIPS = TalkingHeadRecipe()


@dataclass(frozen=True)
class Take:
    """Who does what where. Clips are named by the number of their person and their own.

    Attributes:
        person: Number of the person who is seen.
        moves: Clip whose expressions, moves and camera these are.
        place: Clip whose light, room and film these are.
    """

    person: int
    moves: tuple[int, int]
    place: tuple[int, int]


@dataclass(frozen=True)
class DrawTake:
    """Draws a take; the same take gives the same pictures.

    Attributes:
        recipe: How clips are drawn.
    """

    recipe: TalkingHeadRecipe

    def __call__(self, take: Take, frames: Sequence[int] | None = None) -> Item:
        """The fields of ``ClipFrames``.

        Args:
            take: To be drawn.
            frames: Which frames to draw; all when absent.
        """
        recipe, performer = self.recipe, _performer(take.person)
        moves = np.random.SeedSequence(take.moves)
        reach = (recipe.yaw, recipe.pitch, recipe.roll)
        talk = performer.talk(_first(moves), recipe.frames, recipe.fps, reach)
        cameras = self._crops(self._video(talk, np.random.default_rng(moves)), talk)
        if frames is not None:
            talk, cameras = talk.chosen(frames), cameras[list(frames)]
        landmarks = cameras.project(talk.landmarks)[0] / recipe.size
        place = _first(np.random.SeedSequence(take.place))
        pictures, masks = self._pictures(performer, talk, cameras, place)
        return {
            "frames": pictures,
            "masks": masks,
            "landmarks": landmarks[:, list(FACE68_OF_478)],
            "landmarks_478": landmarks,
            "actions": talk.actions,
            "turn": head_turn(talk.head, cameras),
            "person": torch.tensor(performer.person),
        }

    def _video(self, talk: Talk, random: np.random.Generator) -> Cameras:
        """A hand-held camera that looks at where the head is most of the time."""
        recipe = self.recipe
        distance = random.uniform(recipe.nearest, recipe.farthest)
        height = random.uniform(-0.15, 0.15)
        front = talk.audience
        away = [np.sin(front), -np.cos(front), np.tan(height)]
        shakes = keyed_curve(
            np.arange(recipe.frames) / recipe.fps,
            random,
            lambda _: random.normal(0, 0.01, 4),
            (0.2, 0.5),
            (0.0, 0.2),
        )
        shake = torch.from_numpy(shakes).float()
        target = talk.landmarks.mean((0, 1)).expand(recipe.frames, 3)
        centre = target + distance * torch.tensor(away).float() + shake[:, :3]
        transforms = look_at(centre, target, roll=shake[:, 3])
        # wide enough for the rounding of crops to whole pixels not to matter
        width = 4 * recipe.size
        return from_field_of_view(transforms, width, width, distance / VIDEO_M)

    def _crops(self, video: Cameras, talk: Talk) -> Cameras:
        """Cameras that see exactly what is cropped from the video.

        Unlike a crop they go on where the video ends.
        """
        pixels = video.project(talk.landmarks)[0][:, :468].numpy()
        squares = [face_square(face) for face in pixels]
        corners = torch.tensor([[float(s.left), float(s.top)] for s in squares])
        sides = torch.tensor([[float(s.side)] for s in squares])
        cropped = video.crop(torch.cat((corners, corners + sides), -1))
        return cropped.resize((self.recipe.size / sides).expand(-1, 2))

    def _pictures(
        self, performer: Performer, talk: Talk, cameras: Cameras, seed: int
    ) -> tuple[Tensor, Tensor]:
        """Frames and masks of a clip; one light, room and film for all."""
        recipe = self.recipe
        room = Room.sample(seed)
        light, film = Light.sample(seed, room.outdoors), Film.sample(seed)
        intrinsics = cameras.intrinsics.numpy()
        transforms = cameras.world_to_camera.numpy()
        frames, masks = [], []
        for frame, vertices in enumerate(talk.vertices.numpy()):
            scene = Scene([(vertices, performer.look)], room, light, (), film, seed)
            seen = scene.render(
                intrinsics[frame : frame + 1],
                transforms[frame : frame + 1],
                recipe.size,
                recipe.size,
                recipe.supersampling,
            )
            frames.append(torch.from_numpy(seen.image[0]).permute(2, 0, 1))
            masks.append(torch.from_numpy(seen.mask))
        coverage = (255 * torch.stack(masks)).round().to(torch.uint8)
        return torch.stack(frames), coverage


def _first(seeds: np.random.SeedSequence) -> int:
    return int(seeds.generate_state(1)[0])


def head_turn(
    head: Float[Tensor, "frame 3 3"], cameras: Cameras
) -> Float[Tensor, "frame 3"]:
    """Yaw, pitch and roll of heads relative to cameras; signs as in ``ClipFrames``.

    Args:
        head: World rotations of heads away from rest, at which they face -y.
        cameras: That see them.
    """
    # a camera that looks at a resting head from ahead
    ahead = torch.tensor([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
    turned = ahead.T @ cameras.rotation @ head  # = Rz(yaw) Ry(roll) Rx(pitch)
    yaw = torch.atan2(turned[:, 1, 0], turned[:, 0, 0])
    pitch = torch.atan2(turned[:, 2, 1], turned[:, 2, 2])
    roll = torch.asin((-turned[:, 2, 0]).clamp(-1, 1))
    return torch.stack((yaw, pitch, roll), -1)


@lru_cache(maxsize=2)
def _performer(person: int) -> Performer:
    """Kept while the clips of a person are drawn."""
    return Performer.of(person)
