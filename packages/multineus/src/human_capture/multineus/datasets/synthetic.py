"""Heads of synthetic people, drawn with exact cameras, masks and shapes."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.utils.data import Dataset

from human_capture.common.cameras import Cameras
from human_capture.common.meshes import Mesh
from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.phenotype import (
    PHENOTYPE_NAMES,
    Phenotype,
    sample_face,
)
from human_capture.common.people.drawing.film import Film
from human_capture.common.people.looks.appearance import Appearance
from human_capture.common.people.places.lighting import Light
from human_capture.common.people.places.rooms import Room
from human_capture.common.people.scene import Scene
from human_capture.common.rigid import move, umeyama
from human_capture.common.rigs import from_field_of_view, look_at
from human_capture.common.shards import Item, ShardedCache
from human_capture.multineus.portraits import Portraits

RADIUS_M = 0.24
"""Of the unit sphere on a head of average size: head, neck, part of the shoulders."""

MIDDLE = (0.0, 0.0, -0.05)
"""Of the unit sphere, from between the ears of the average body, in metres."""

ANCHORS = (33, 263, 2, 152, 234, 454)
"""Face landmarks that put heads into one frame: outer corners of the eyes, base of the
nose, chin, in front of the ears (MediaPipe's numbers)."""


@dataclass(frozen=True)
class HeadRecipe:
    """How heads are drawn.

    Attributes:
        views: Pictures of each head.
        size: Width and height of the pictures.
        rig: "half_sphere" all around the front, with the sides and from above;
            "sphere", the back of the head too; or "portrait", an arc at the height of
            the face as with a phone in hand.
        supersampling: Samples along each side of a pixel.
    """

    views: int = 24
    size: int = 256
    rig: Literal["half_sphere", "sphere", "portrait"] = "half_sphere"
    supersampling: int = 2


USUAL_HEADS = HeadRecipe()


@dataclass(frozen=True)
class Head:
    """A synthetic person at rest, as far as the head is concerned.

    Attributes:
        vertices: Of the whole body, in metres, z up, facing -y.
        gender: 0 male to 1 female.
        sphere: Similarity from the unit sphere to the frame of the vertices.
    """

    vertices: Float[Tensor, "vertex 3"]
    gender: float
    sphere: Float[Tensor, "4 4"]

    @classmethod
    @torch.no_grad()
    def of(cls, person: int) -> Head:
        """Person number ``person``; the same number is the same person."""
        body = default_body()
        who = Phenotype.sample(person)
        face = sample_face(body.face_shape_names, person)
        vertices = body.rest(body.shape(who.tensor(), face))[0][0]
        anchors = vertices[body.landmarks_478[list(ANCHORS)]]
        scale, rotation, shift = umeyama(_usual_anchors(), anchors)
        place = torch.eye(4)
        place[:3, :3] = scale * rotation
        place[:3, 3] = shift
        sphere = RADIUS_M * torch.eye(4)
        ears = _usual_anchors()[-2:].mean(0)
        sphere[:, 3] = torch.cat((ears + torch.tensor(MIDDLE), torch.ones(1)))
        return cls(vertices, who.gender, place @ sphere)

    @property
    def in_sphere(self) -> Float[Tensor, "vertex 3"]:
        """The vertices in the frame of the unit sphere."""
        return move(self.vertices, torch.linalg.inv(self.sphere))


@lru_cache(maxsize=1)
def _usual_landmarks() -> Float[Tensor, "478 3"]:
    """Face landmarks of the average body, which is nobody's."""
    body = default_body()
    average = torch.tensor([[0.5 if n != "age" else 0.67 for n in PHENOTYPE_NAMES]])
    return body.rest(body.shape(average))[0][0][body.landmarks_478]


def _usual_anchors() -> Float[Tensor, "anchor 3"]:
    return _usual_landmarks()[list(ANCHORS)]


def average_landmarks() -> Float[Tensor, "478 3"]:
    """Face landmarks of the average body in the frame of the unit sphere."""
    ears = _usual_anchors()[-2:].mean(0)
    return (_usual_landmarks() - ears - torch.tensor(MIDDLE)) / RADIUS_M


def head_scene(person: int) -> tuple[Head, Scene]:
    """A head with hair and clothes, in a light, in front of something.

    Args:
        person: Number of the person.
    """
    head = Head.of(person)
    look = Appearance.sample(person, head.gender)
    light, room = Light.sample(person), Room.sample(person)
    vertices = head.vertices.numpy().copy()
    return head, Scene([(vertices, look)], room, light, (), Film(), person)


def true_mesh(head: Head, scene: Scene) -> tuple[Mesh, Bool[np.ndarray, " vertex"]]:
    """The surface within the unit sphere, and which of its vertices are the face.

    Skin, hair and clothes are surfaces of their own that may lie within each other.

    Args:
        head: Whose.
        scene: From :func:`head_scene`.
    """
    drawn = scene.mesh
    placed = move(torch.from_numpy(drawn.positions), torch.linalg.inv(head.sphere))
    inside = (placed.norm(dim=-1) < 1).numpy()
    faces = drawn.faces[inside[drawn.faces].all(1)]
    faces = faces[(drawn.cut[faces] > 0).all(1)]
    used, numbers = np.unique(faces, return_inverse=True)
    vertices = drawn.positions[used].astype(float)
    nose = head.vertices[default_body().landmarks_478[1]].numpy()
    face = np.linalg.norm(vertices - nose, axis=1) < 0.095  # H3DS's face_sphere
    return Mesh(vertices, numbers.reshape(-1, 3)), face


@dataclass(frozen=True)
class DrawHead:
    """Draws head ``index`` of a split; the same index gives the same pictures.

    Attributes:
        recipe: How heads are drawn.
        first: Number of the split's first person.
    """

    recipe: HeadRecipe
    first: int

    def __call__(self, index: int) -> Item:
        """Pictures, masks, depths, cameras and the unit sphere."""
        recipe, person = self.recipe, self.first + index
        head, scene = head_scene(person)
        cameras = self._rig(head, np.random.default_rng([person, 17]))
        pictures = scene.render(
            cameras.intrinsics.numpy(),
            cameras.world_to_camera.numpy(),
            recipe.size,
            recipe.size,
            recipe.supersampling,
        )
        depth = torch.from_numpy(pictures.depth)
        inside, reach = self._within(depth, cameras, head)
        masks = torch.from_numpy(pictures.mask) * reach
        return {
            "images": torch.from_numpy(pictures.image).permute(0, 3, 1, 2).contiguous(),
            "masks": (255 * masks).round().to(torch.uint8),
            "intrinsics": cameras.intrinsics,
            "world_to_camera": cameras.world_to_camera,
            "sphere": head.sphere,
            "depths": torch.where(inside, depth, torch.inf),
        }

    def _rig(self, head: Head, random: np.random.Generator) -> Cameras:
        """Cameras around the front; the first looks from straight ahead."""
        views = self.recipe.views
        step = (np.arange(views) + random.uniform(0.2, 0.8, views)) / views
        golden = (np.arange(views) * 0.618034) % 1
        azimuth: np.ndarray
        height: np.ndarray
        if self.recipe.rig == "portrait":
            azimuth, height = np.pi * (step - 0.5), 0.2 * golden - 0.1
        else:
            turn = 2.0 if self.recipe.rig == "sphere" else 1.2
            azimuth = turn * np.pi * (golden - 0.5)
            height = 1.1 * step - 0.35
        azimuth[0], height[0] = 0.0, 0.0
        distance = random.uniform(4.0, 5.0, views)
        flat = np.cos(height)
        centres = distance[:, None] * np.stack(
            (flat * np.sin(azimuth), -flat * np.cos(azimuth), np.sin(height)), -1
        )
        targets = random.normal(0, 0.01, (views, 3))
        centre, target = (
            move(torch.from_numpy(x).float(), head.sphere) for x in (centres, targets)
        )
        transforms = look_at(centre, target)
        # the sphere nearly fills the picture
        focal = 0.475 / np.tan(np.arcsin(1 / distance))
        size = self.recipe.size
        return from_field_of_view(
            transforms, size, size, torch.from_numpy(focal).float()
        )

    def _within(
        self, depth: Float[Tensor, "view height width"], cameras: Cameras, head: Head
    ) -> tuple[Bool[Tensor, "view height width"], Float[Tensor, "view height width"]]:
        """Whether what is seen lies in the unit sphere, and how far masks reach."""
        size = self.recipe.size
        middles = torch.arange(size) + 0.5
        y, x = torch.meshgrid(middles, middles, indexing="ij")
        pixels = torch.stack((x, y), -1).flatten(0, 1)
        finite = depth.isfinite()
        far = torch.where(finite, depth, 0.0).flatten(1)
        points = cameras.unproject(pixels[None].expand(len(depth), -1, -1), far)
        placed = move(points, torch.linalg.inv(head.sphere))
        inside = (placed.norm(dim=-1) < 1).view(depth.shape)
        # borders of the person, whose middle may show what is behind
        near = torch.nn.functional.max_pool2d(
            (inside & finite).float()[:, None], 3, 1, 1
        )[:, 0]
        inside = inside & finite
        return inside, torch.where(finite, inside.float(), near)


class SyntheticHeads(Dataset[Portraits]):
    """Drawn heads from a cache that is filled as needed.

    Args:
        recipe: How heads are drawn.
        first: Number of the first person; keeps splits apart.
        heads: How many.
        root: Folder of the cache; the user's cache folder when absent.
    """

    def __init__(
        self,
        recipe: HeadRecipe = USUAL_HEADS,
        first: int = 0,
        heads: int = 64,
        root: Path | None = None,
    ) -> None:
        facts = {"recipe": dataclasses.asdict(recipe), "first": first}
        self.cache = ShardedCache(
            DrawHead(recipe, first),
            {"data": "heads", "version": 2, **facts},
            heads,
            shard=4,
            root=root,
        )

    def __len__(self) -> int:
        return len(self.cache)

    def __getitem__(self, index: int) -> Portraits:
        item = self.cache[index]
        cameras = Cameras(item["intrinsics"], item["world_to_camera"])
        return Portraits(
            item["images"], item["masks"], cameras, item["sphere"], item["depths"]
        )
