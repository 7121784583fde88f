"""Synthetic people who talk and look about, drawn with all that there is to know."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.people.anatomy.body_keypoints import FACE68_OF_478
from human_capture.common.people.drawing.film import Film
from human_capture.common.people.movement.stage import keyed_curve
from human_capture.common.people.places.lighting import Light
from human_capture.common.people.places.rooms import Room
from human_capture.common.people.scene import Scene
from human_capture.common.progress import progress
from human_capture.common.rigs import from_field_of_view, look_at
from human_capture.common.shards import Item, ShardedCache
from human_capture.reenact.clip_frames import ClipFrames, ClipSplits
from human_capture.reenact.crops import face_square
from human_capture.reenact.datasets.performer import Performer, Talk

VIDEO_M = 0.6
"""Width of what the video shows at the distance of the head, in metres."""


SPLIT = 1_000_000
"""Numbers of people set aside for each split."""


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
class DrawClip:
    """Draws clip ``index`` of a split; the same index gives the same pictures.

    Attributes:
        recipe: How clips are drawn.
        first: Number of the split's first person.
    """

    recipe: TalkingHeadRecipe
    first: int

    def __call__(self, index: int) -> Item:
        """The fields of ``ClipFrames``."""
        recipe = self.recipe
        number, clip = divmod(index, recipe.clips)
        performer = _performer(self.first + number)
        seeds = np.random.SeedSequence([performer.person, clip])
        seed = int(seeds.generate_state(1)[0])
        reach = (recipe.yaw, recipe.pitch, recipe.roll)
        talk = performer.talk(seed, recipe.frames, recipe.fps, reach)
        cameras = self._crops(self._video(talk, np.random.default_rng(seeds)), talk)
        landmarks = cameras.project(talk.landmarks)[0] / recipe.size
        frames, masks = self._pictures(performer, talk, cameras, seed)
        return {
            "frames": frames,
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


class SyntheticClips(Dataset[ClipFrames]):
    """Drawn clips from a cache that is filled as needed.

    Args:
        recipe: How clips are drawn.
        first: Number of the first person; keeps splits apart.
        people: How many.
        root: Folder of the cache; the user's cache folder when absent.
    """

    def __init__(
        self,
        recipe: TalkingHeadRecipe = USUAL_CLIPS,
        first: int = 0,
        people: int = 64,
        root: Path | None = None,
    ) -> None:
        facts = {"recipe": dataclasses.asdict(recipe), "first": first}
        self.cache = ShardedCache(
            DrawClip(recipe, first),
            {"data": "talking_heads", "version": 1, **facts},
            people * recipe.clips,
            shard=recipe.clips,  # a person a file
            root=root,
        )
        self.recipe, self.persons = recipe, range(first, first + people)

    def __len__(self) -> int:
        return len(self.cache)

    def __getitem__(self, index: int) -> ClipFrames:
        item = dict(self.cache[index])
        person = int(item.pop("person"))
        return ClipFrames(**item, person=person)

    def frames(self, index: int) -> int:
        """How many frames a clip has."""
        return self.recipe.frames

    def draw(self, index: int, frames: Sequence[int]) -> ClipFrames:
        """Some frames of a clip.

        Args:
            index: Number of the clip.
            frames: Their numbers within it.
        """
        return self[index].chosen(frames)

    def prepare(self, workers: int) -> None:
        """Draw what is missing.

        Args:
            workers: Processes that draw; with 0 or 1 it happens in this one.
        """
        missing = len(self.cache.missing())
        if missing:
            people = progress(self.cache.fill(workers), "Drawing people", missing)
            for _ in people:
                pass


def synthetic_splits(
    recipe: TalkingHeadRecipe = USUAL_CLIPS,
    train: int = 400,
    val: int = 8,
    test: int = 16,
    root: Path | None = None,
) -> ClipSplits:
    """Clips of different people in each split.

    Args:
        recipe: How clips are drawn.
        train: People of the training.
        val: People of the validation.
        test: People of the test.
        root: Folder of the cache; the user's cache folder when absent.
    """
    counts = (train, val, test)
    if max(counts) > SPLIT:
        raise InputError(f"A split has at most {SPLIT} people, not {max(counts)}.")
    return ClipSplits(
        *(
            SyntheticClips(recipe, number * SPLIT, people, root)
            for number, people in enumerate(counts)
        )
    )
