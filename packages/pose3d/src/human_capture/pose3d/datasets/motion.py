"""People in motion as key points: what lifting learns from, seen by no camera yet.

A clip is somebody performing one action for a few seconds. Cameras, noise and
everything else that makes 2D of it come later, anew each time a clip is used.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.utils.data import Dataset

from human_capture.common.people.anatomy.body import default_body
from human_capture.common.people.anatomy.phenotype import Phenotype, sample_face
from human_capture.common.people.anatomy.skeleton import Skeleton
from human_capture.common.people.anatomy.skinned_keypoints import SkinnedKeypoints
from human_capture.common.people.movement.actions.table import procedural_motion
from human_capture.common.people.movement.motion import Motion
from human_capture.common.people.movement.retargeting import retarget
from human_capture.common.shards import Item, ShardedCache
from human_capture.pose3d.datasets.synthetic import ACTION_NAMES


@dataclass(frozen=True)
class Clip:
    """Key points of one person over time, or of several as a batch.

    Attributes:
        joints: World positions in metres, z up, the floor at z = 0.
        action: Number of the action in ``ACTION_NAMES``; -1 for recorded motion.
    """

    joints: Float[Tensor, "*batch frame joint 3"]
    action: Int[Tensor, "*batch"]

    def __len__(self) -> int:
        return len(self.joints)

    def to(self, device: torch.device | str) -> Clip:
        """The same on another device; Lightning calls this on every batch."""
        return Clip(self.joints.to(device), self.action.to(device))


def collate_clips(clips: Sequence[Clip]) -> Clip:
    """Stack clips of equal length into a batch."""
    joints = torch.stack([clip.joints for clip in clips])
    return Clip(joints, torch.stack([clip.action for clip in clips]))


@dataclass(frozen=True)
class ClipRecipe:
    """How clips are made.

    Attributes:
        frames: Length of a clip.
        fps: Frames a second.
        format: Key-point format.
        fastest: Actions are performed up to this many times as fast, and as slowly as
            its inverse.
        clips_per_person: Clips that one identity appears in.
    """

    frames: int = 192
    fps: float = 30.0
    format: str = "blazepose33"
    fastest: float = 1.25
    clips_per_person: int = 4


USUAL_CLIPS = ClipRecipe()


@dataclass(frozen=True)
class Performer:
    """Somebody who performs motions and shows key points.

    Attributes:
        skeleton: The person's bones.
        points: The person's key points in any pose.
    """

    skeleton: Skeleton
    points: SkinnedKeypoints

    @classmethod
    def of(cls, person: int, format: str) -> Performer:
        """Person number ``person``; the same number is the same person.

        Args:
            person: Seed of the identity.
            format: Key-point format.
        """
        body = default_body()
        face = sample_face(body.face_shape_names, person)
        coefficients = body.shape(Phenotype.sample(person).tensor(), face)
        points = SkinnedKeypoints(body, coefficients, format)
        return cls(Skeleton.of(body, coefficients), points)

    def __call__(self, motion: Motion) -> Float[Tensor, "frame joint 3"]:
        """Key points over time, in metres; the motion may be of anybody."""
        pose = retarget(motion, default_body(), self.skeleton)
        return self.points(pose.rotations, pose.root)


@dataclass(frozen=True)
class PerformedClip:
    """Makes clip ``index`` of a split; the same index gives the same clip.

    Attributes:
        recipe: How clips are made.
        actions: What people may be doing.
        first: Number of the split's first identity.
    """

    recipe: ClipRecipe
    actions: tuple[str, ...]
    first: int

    def __call__(self, index: int) -> Item:
        """Joints and action."""
        recipe = self.recipe
        random = np.random.default_rng([self.first, index, 3])
        person = self.first + index // recipe.clips_per_person
        action = self.actions[int(random.integers(len(self.actions)))]
        pace = recipe.fastest ** random.uniform(-1, 1)
        performer = Performer.of(person, recipe.format)
        motion = procedural_motion(
            performer.skeleton,
            action,
            int(random.integers(2**31)),
            recipe.frames,
            recipe.fps / pace,
        )
        return {
            "joints": performer(motion),
            "action": torch.tensor(ACTION_NAMES.index(action)),
        }


class PerformedClips(Dataset[Clip]):
    """Procedural clips from a cache that is filled as needed.

    Args:
        recipe: How clips are made.
        actions: What people may be doing.
        first: Number of the first identity; keeps splits apart.
        clips: How many.
        root: Folder of the cache; the user's cache folder when absent.
    """

    def __init__(
        self,
        recipe: ClipRecipe,
        actions: tuple[str, ...],
        first: int,
        clips: int,
        root: Path | None = None,
    ) -> None:
        make = PerformedClip(recipe, actions, first)
        facts = {key: str(value) for key, value in dataclasses.asdict(make).items()}
        self.cache = ShardedCache(
            make, {"data": "clips", "version": 1, **facts}, clips, root=root
        )

    def __len__(self) -> int:
        return len(self.cache)

    def __getitem__(self, index: int) -> Clip:
        item = self.cache[index]
        return Clip(item["joints"], item["action"])


_LOWEST = 0.015  # metres over the floor of the lowest key point of people who stand


def on_floor(
    joints: Float[Tensor, "frame joint 3"],
) -> Float[Tensor, "frame joint 3"]:
    """A motion whose lowest point, but for outliers, is that of a foot that stands.

    Args:
        joints: World positions in metres, z up, the floor anywhere.
    """
    lowest = joints[..., 2].amin(-1).quantile(0.02)
    return joints - joints.new_tensor([0.0, 0.0, 1.0]) * (lowest - _LOWEST)


class RecordedClips(Dataset[Clip]):
    """Recorded motions, each performed by synthetic people of other proportions.

    Args:
        motions: At the frame rate of the recipe.
        recipe: Length and format of the clips.
        first: Number of the first identity.
        people: Identities that perform each stretch of motion.
    """

    def __init__(
        self,
        motions: Sequence[Motion],
        recipe: ClipRecipe = USUAL_CLIPS,
        first: int = 0,
        people: int = 1,
    ) -> None:
        self.clips: list[Clip] = []
        for motion in motions:
            for start in range(0, len(motion) - recipe.frames + 1, recipe.frames):
                part = motion[slice(start, start + recipe.frames)]
                for _ in range(people):
                    performer = Performer.of(first + len(self.clips), recipe.format)
                    joints = on_floor(performer(part))
                    self.clips.append(Clip(joints, torch.tensor(-1)))

    def __len__(self) -> int:
        return len(self.clips)

    def __getitem__(self, index: int) -> Clip:
        return self.clips[index]
