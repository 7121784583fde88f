"""Heads that are told by landmarks what to do, as a vector or as a drawing."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.reenact.networks.any_reenactor import AnyReenactor
from human_capture.reenact.networks.decoder import Drawn
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.keypoint_driven.drawing_generator import (
    DrawingGenerator,
)
from human_capture.reenact.networks.keypoint_driven.embedder import Embedder
from human_capture.reenact.networks.landmark_drawing import draw_landmarks

NUMBERS = 2 * 68
"""How many numbers the landmarks are."""


class LandmarkDriven(AnyReenactor):
    """A reenactor whose pose descriptor are the landmarks.

    Args:
        identity_encoder: Says who is in a picture.
    """

    def __init__(self, identity_encoder: Embedder) -> None:
        super().__init__()
        self.identity_encoder = identity_encoder

    def pose_of(
        self,
        pictures: Float[Tensor, "clip 3 height width"],
        landmarks: Float[Tensor, "clip 68 2"],
    ) -> Float[Tensor, "clip pose"]:
        """Landmarks as numbers around zero; the pictures do not matter."""
        return landmarks_to_pose(landmarks)


class KeypointReenactor(LandmarkDriven):
    """Draws a person with the landmarks of another, which stand for the pose.

    "FSTH+" of Burkov et al. (arXiv:2004.12000): all as there, but the descriptor.

    Args:
        identity_encoder: Says who is in a picture.
        generator: Draws a person, given 136 numbers for the pose.
    """

    generator: Generator

    def __init__(self, identity_encoder: Embedder, generator: Generator) -> None:
        super().__init__(identity_encoder)
        if generator.pose != NUMBERS:
            raise InputError(
                f"The landmarks are {NUMBERS} numbers, not {generator.pose}; set pose "
                "of the generator."
            )
        self.generator = generator

    def identities_of(
        self,
        pictures: Float[Tensor, "clip shot 3 height width"],
        landmarks: Float[Tensor, "clip shot 68 2"],
    ) -> Float[Tensor, "clip shot identity"]:
        """Who is in each picture; the landmarks do not matter."""
        each: Tensor = self.identity_encoder(pictures)
        return each

    def draw(
        self, identity: Float[Tensor, "clip identity"], pose: Float[Tensor, "clip pose"]
    ) -> Drawn:
        """Pictures and masks of people with landmarks."""
        drawn: Drawn = self.generator(identity, pose)
        return drawn


class DrawingReenactor(LandmarkDriven):
    """Turns drawings of landmarks into pictures of a person (arXiv:1905.08233).

    "FSTH" of Burkov et al. The landmarks themselves are its pose descriptor.

    Args:
        identity_encoder: Says who is in a picture with its drawing beside it.
        generator: Draws a person, given a drawing.
    """

    generator: DrawingGenerator

    def __init__(self, identity_encoder: Embedder, generator: DrawingGenerator) -> None:
        super().__init__(identity_encoder)
        self.generator = generator

    def identities_of(
        self,
        pictures: Float[Tensor, "clip shot 3 height width"],
        landmarks: Float[Tensor, "clip shot 68 2"],
    ) -> Float[Tensor, "clip shot identity"]:
        """Who is in each picture that has these landmarks."""
        faces = _known(landmarks).flatten(0, 1)
        drawings = draw_landmarks(faces, pictures.shape[-1]).reshape(pictures.shape)
        each: Tensor = self.identity_encoder(torch.cat((drawings, pictures), -3))
        return each

    def draw(
        self, identity: Float[Tensor, "clip identity"], pose: Float[Tensor, "clip pose"]
    ) -> Drawn:
        """Pictures of people with landmarks; all of a picture is the person."""
        drawn: Drawn = self.generator(identity, self.beside(pose))
        return drawn

    def beside(
        self, pose: Float[Tensor, "clip pose"]
    ) -> Float[Tensor, "clip 3 size size"]:
        """Drawings of the landmarks."""
        return draw_landmarks(pose_to_landmarks(pose), self.size)


def landmarks_to_pose(
    landmarks: Float[Tensor, "clip 68 2"],
) -> Float[Tensor, "clip 136"]:
    """Landmarks as numbers around zero.

    Args:
        landmarks: Shares of the side.

    Raises:
        InputError: Some are not known.
    """
    return _known(landmarks).flatten(1) - 0.5


def pose_to_landmarks(
    pose: Float[Tensor, "clip 136"],
) -> Float[Tensor, "clip 68 2"]:
    """The landmarks behind a descriptor, as shares of the side."""
    return (pose + 0.5).reshape(-1, 68, 2)


def _known(landmarks: Float[Tensor, "*batch 68 2"]) -> Float[Tensor, "*batch 68 2"]:
    if not bool(landmarks.isfinite().all()):
        raise InputError(
            "Some pictures have no landmarks, by which this model is driven; take "
            "clips that have them."
        )
    return landmarks
