"""Somebody at one moment of doing something: body, pose, key points and outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from human_capture.common.people.anatomy.body import Body, Posed, default_body
from human_capture.common.people.anatomy.body_keypoints import body_keypoints
from human_capture.common.people.anatomy.hands import finger_rotations
from human_capture.common.people.anatomy.phenotype import Phenotype, sample_face
from human_capture.common.people.anatomy.skeleton import Skeleton
from human_capture.common.people.movement.actions.table import procedural_motion
from human_capture.common.people.movement.retargeting import retarget

OUTLINE_STEP = 23  # every 23rd vertex finds a bounding box to a few millimetres


@dataclass(frozen=True)
class Performance:
    """One person at one moment.

    Attributes:
        body: Whose bones and key points are meant.
        posed: Vertices and bones in the world, one batch element.
        gender: 0 male to 1 female, as in the phenotype.
        seated: Whether the person rests on something above the floor.
    """

    body: Body
    posed: Posed
    gender: float
    seated: bool

    @property
    def vertices(self) -> Float32[np.ndarray, "vertex 3"]:
        """Posed vertices in the world, in metres, for drawing."""
        vertices: np.ndarray = self.posed.vertices[0].numpy()
        return vertices

    @property
    def outline(self) -> Float[Tensor, "point 3"]:
        """Enough of the skin's vertices to tell where the person is in an image."""
        skin = int(self.body.faces["body"].max()) + 1
        return self.posed.vertices[0, :skin:OUTLINE_STEP]

    def keypoints(self, format: str) -> Float[Tensor, "joint 3"]:
        """World positions of key points, in metres."""
        return body_keypoints(self.body, self.posed, format)[0]

    def centred(self) -> Performance:
        """The same with the middle of the body above the world's origin."""
        x, y = self.posed.vertices[0, :, :2].mean(0).tolist()
        return self.moved((-x, -y))

    def moved(self, place: tuple[float, float]) -> Performance:
        """The same elsewhere on the floor, in metres."""
        shift = torch.tensor([*place, 0.0])
        posed = Posed(self.posed.vertices + shift, self.posed.joints + shift)
        return Performance(self.body, posed, self.gender, self.seated)


@torch.no_grad()
def perform(person: int, action: str, seed: int) -> Performance:
    """Person number ``person`` at a random moment of an action.

    Args:
        person: Seed of the identity; the same number is the same person.
        action: A name of ``actions.table.ACTIONS``.
        seed: Chooses the variant of the action and the moment.
    """
    body = default_body()
    who = Phenotype.sample(person)
    face = sample_face(body.face_shape_names, person)
    coefficients = body.shape(who.tensor(), face)
    skeleton = Skeleton.of(body, coefficients)
    motion = procedural_motion(skeleton, action, seed, frames=1)
    fingers = finger_rotations(skeleton, seed)
    pose = retarget(motion, body, skeleton, fingers)
    posed = body.pose(coefficients, pose.rotations, pose.root)
    return Performance(body, posed, who.gender, motion.seat is not None)
