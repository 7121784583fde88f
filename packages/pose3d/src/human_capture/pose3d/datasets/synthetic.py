"""Scenes of rendered people, seen by a rig of cameras and cropped around the person."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from human_capture.common.cameras import Cameras
from human_capture.common.errors import InputError
from human_capture.common.images import read_image
from human_capture.common.people.drawing.film import Film
from human_capture.common.people.looks.appearance import Appearance
from human_capture.common.people.movement.actions.table import ACTIONS
from human_capture.common.people.performance import Performance, perform
from human_capture.common.people.places.lighting import Light
from human_capture.common.people.places.occluders import (
    sample_clutter,
    sample_occluders,
    seat,
)
from human_capture.common.people.places.rooms import PhotoBackdrop, Room
from human_capture.common.people.scene import Scene
from human_capture.common.rigs import from_field_of_view, look_at
from human_capture.common.shards import Item, ShardedCache
from human_capture.pose3d.views import Views

HELD_OUT_ACTIONS = {
    "val": ("Waiting", "Kicking"),
    "test": ("Greeting", "Eating", "Posing"),
}
ACTION_SPLITS = {
    "train": tuple(
        a for a in ACTIONS if not any(a in held for held in HELD_OUT_ACTIONS.values())
    ),
    **HELD_OUT_ACTIONS,
}
ACTION_NAMES = tuple(ACTIONS)


@dataclass(frozen=True)
class SceneRecipe:
    """How scenes are made.

    Attributes:
        views: Cameras in the rig.
        size: Width and height of the crops that are stored, in pixels.
        room_around: Stored crop over the box that is used, so that turning and
            shifting in training shows real picture at the borders.
        rig: ``ring`` spreads the cameras evenly around the person, ``random`` puts
            them anywhere.
        nearest: Shortest distance of a camera, in metres.
        farthest: Longest distance of a camera, in metres.
        lowest: Lowest camera, in metres above the floor.
        highest: Highest camera, in metres above the floor.
        roll_deg: Standard deviation of the cameras' roll, in degrees.
        tightest: Smallest box side over the person's extent.
        loosest: Largest box side over the person's extent.
        truncated: Share of crops that cut part of the person off.
        clutter: Most things standing about, some of them before the person.
        occluded: Share of scenes with things put right before the person.
        bystanders: Share of scenes with somebody else in the background.
        scenes_per_person: Scenes that one identity appears in.
        photographs: Folder of pictures that stand behind people in some scenes.
    """

    views: int = 4
    size: int = 200
    room_around: float = 1.25
    rig: Literal["ring", "random"] = "random"
    nearest: float = 2.2
    farthest: float = 6.5
    lowest: float = 0.4
    highest: float = 2.8
    roll_deg: float = 12.0
    tightest: float = 1.05
    loosest: float = 1.5
    truncated: float = 0.1
    clutter: int = 6
    occluded: float = 0.25
    bystanders: float = 0.15
    scenes_per_person: int = 4
    photographs: Path | None = None


TRAINING = SceneRecipe()
"""Scenes that methods learn from: as varied as they can be."""

HELD_OUT = SceneRecipe(
    views=8,
    size=128,
    room_around=1.0,
    rig="ring",
    nearest=3.0,
    farthest=6.0,
    lowest=0.8,
    highest=2.5,
    roll_deg=3.0,
    tightest=1.08,
    loosest=1.3,
    truncated=0.0,
    clutter=0,
    occluded=0.0,
    bystanders=0.0,
    scenes_per_person=3,
)
"""Scenes that methods are compared on: eight cameras around one person, plain view."""


@dataclass(frozen=True)
class RenderedScene:
    """Renders scene ``index`` of a split; the same index gives the same pixels.

    Attributes:
        recipe: How scenes are made.
        actions: What people may be doing.
        first: Number of the split's first identity.
    """

    recipe: SceneRecipe
    actions: tuple[str, ...]
    first: int

    def __call__(self, index: int) -> Item:
        """Crops, cameras and truth of one scene."""
        recipe = self.recipe
        random = np.random.default_rng([self.first, index])
        person = self.first + index // recipe.scenes_per_person
        action = self.actions[int(random.integers(len(self.actions)))]
        performance = perform(person, action, int(random.integers(2**31)))
        cameras = self._rig(performance, random)
        cameras = self._cropped(cameras, performance, random)
        pictures = self._scene(performance, cameras, random).render(
            cameras.intrinsics.numpy(),
            cameras.world_to_camera.numpy(),
            recipe.size,
            recipe.size,
        )
        joints = performance.keypoints("human36m")
        keypoints, _ = cameras.project(joints)
        return {
            "images": torch.from_numpy(pictures.image).permute(0, 3, 1, 2).contiguous(),
            "intrinsics": cameras.intrinsics,
            "world_to_camera": cameras.world_to_camera,
            "keypoints": keypoints,
            "joints": joints,
            "action": torch.tensor(ACTION_NAMES.index(action)),
        }

    def _rig(self, performance: Performance, random: np.random.Generator) -> Cameras:
        recipe, views = self.recipe, self.recipe.views
        even = 2 * math.pi * np.arange(views) / views
        jitter = 0.25 if recipe.rig == "ring" else 0.7
        azimuth = even + random.uniform(-jitter, jitter, views) * 2 * math.pi / views
        azimuth += random.uniform(0, 2 * math.pi)
        if recipe.rig == "random" and random.random() < 0.3:
            azimuth = random.uniform(0, 2 * math.pi, views)
        typical = random.uniform(recipe.nearest, recipe.farthest)
        distance = typical + random.uniform(-0.8, 0.8, views)
        distance = distance.clip(recipe.nearest, recipe.farthest)
        middle = performance.keypoints("human36m").mean(0).numpy()
        centre = np.stack(
            (
                middle[0] + distance * np.cos(azimuth),
                middle[1] + distance * np.sin(azimuth),
                random.uniform(recipe.lowest, recipe.highest, views),
            ),
            -1,
        )
        target = middle + random.normal(0, 0.12, (views, 3))
        roll = np.radians(random.normal(0, recipe.roll_deg, views))
        transforms = look_at(_tensor(centre), _tensor(target), roll=_tensor(roll))
        return from_field_of_view(transforms, 1000, 1000, 1.2)

    def _cropped(
        self, cameras: Cameras, performance: Performance, random: np.random.Generator
    ) -> Cameras:
        """Cameras of square crops around the person's outline."""
        recipe, views = self.recipe, self.recipe.views
        outline, _ = cameras.project(performance.outline)
        low, high = outline.amin(1), outline.amax(1)
        margin = random.uniform(recipe.tightest, recipe.loosest, views)
        cut = random.random(views) < recipe.truncated
        margin = np.where(cut, random.uniform(0.5, 0.85, views), margin)
        side = (high - low).amax(-1) * _tensor(margin)
        wander = np.where(cut[:, None], 0.18, 0.05) * random.uniform(-1, 1, (views, 2))
        centre = (low + high) / 2 + side[:, None] * _tensor(wander)
        half = side[:, None] / 2 * recipe.room_around
        boxes = torch.cat((centre - half, centre + half), -1)
        return cameras.crop(boxes).resize(recipe.size / (2 * half).expand(-1, 2))

    def _scene(
        self, performance: Performance, cameras: Cameras, random: np.random.Generator
    ) -> Scene:
        """The person among things and perhaps somebody else, in a place, in light."""
        seed = int(random.integers(2**31))
        middle = performance.vertices.mean(0)
        place = (float(middle[0]), float(middle[1]))
        room = self._place(seed, random)
        pictures = room.bank.texels.pictures
        look = Appearance.sample(seed, performance.gender, pictures)
        people = [(performance.vertices, look)]
        if random.random() < self.recipe.bystanders:
            other = self._bystander(seed, place, random)
            style = Appearance.sample(seed + 1, other.gender, pictures)
            people.append((other.vertices, style))
        count = int(random.integers(0, self.recipe.clutter + 1))
        things = sample_clutter(seed, count, pictures=pictures, centre=place)
        if performance.seated:
            rest = seat(performance.vertices, seed, pictures)
            things += [] if rest is None else [rest]
        if random.random() < self.recipe.occluded:
            centres = cameras.centre.numpy().astype(np.float64)
            number = int(random.integers(1, 4))
            target = middle.astype(np.float64)
            things += sample_occluders(seed, centres, target, number, pictures)
        outdoors = isinstance(room, Room) and room.outdoors
        films = [Film.sample(seed + view) for view in range(self.recipe.views)]
        return Scene(people, room, Light.sample(seed, outdoors), things, films, seed)

    def _place(self, seed: int, random: np.random.Generator) -> Room | PhotoBackdrop:
        photographs = self.recipe.photographs
        if photographs is not None and random.random() < 0.5:
            return _photo_backdrop(photographs)
        bank = None if photographs is None else _photo_backdrop(photographs).photos
        reach = self.recipe.farthest + 1.0
        return Room.sample(seed, reach=reach, bank=bank if seed % 2 else None)

    def _bystander(
        self, seed: int, place: tuple[float, float], random: np.random.Generator
    ) -> Performance:
        action = self.actions[int(random.integers(len(self.actions)))]
        stranger = self.first + 500_000 + seed % 100_000
        angle, distance = random.uniform(0, 2 * math.pi), random.uniform(1.2, 3.0)
        x = place[0] + distance * math.cos(angle)
        y = place[1] + distance * math.sin(angle)
        return perform(stranger, action, seed).centred().moved((x, y))


@lru_cache(maxsize=2)
def _photo_backdrop(folder: Path) -> PhotoBackdrop:
    paths = sorted(folder.glob("*.jpg"))
    if not paths:
        raise InputError(f"There are no .jpg photographs in {str(folder)!r}.")
    return PhotoBackdrop.prepare([read_image(path) for path in paths], side=256)


def _tensor(array: np.ndarray) -> Float[Tensor, "*any"]:
    return torch.from_numpy(np.asarray(array)).float()


class SyntheticViews(Dataset[Views]):
    """Rendered scenes from a cache that is filled as needed.

    Args:
        recipe: How scenes are made.
        actions: What people may be doing.
        first: Number of the first identity; keeps splits apart.
        scenes: How many.
        root: Folder of the cache; the user's cache folder when absent.
    """

    def __init__(
        self,
        recipe: SceneRecipe,
        actions: tuple[str, ...],
        first: int,
        scenes: int,
        root: Path | None = None,
    ) -> None:
        make = RenderedScene(recipe, actions, first)
        facts = {key: str(value) for key, value in dataclasses.asdict(make).items()}
        self.cache = ShardedCache(
            make, {"data": "views", "version": 1, **facts}, scenes, root=root
        )

    def __len__(self) -> int:
        return len(self.cache)

    def __getitem__(self, index: int) -> Views:
        item = self.cache[index]
        return Views(
            item["images"],
            Cameras(item["intrinsics"], item["world_to_camera"]),
            item["keypoints"],
            item["joints"],
            torch.ones(len(item["images"]), dtype=torch.bool),
            item["action"],
        )
