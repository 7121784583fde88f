"""Who, and how: the three networks that make one head do what another does."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.reenact.networks.any_reenactor import AnyReenactor
from human_capture.reenact.networks.generator import Drawn, Generator
from human_capture.reenact.networks.identity_encoder import IdentityEncoder
from human_capture.reenact.networks.pose_encoder import PoseEncoder


class Reenactor(AnyReenactor):
    """Draws a person in the pose of another (Burkov et al., arXiv:2004.12000).

    Args:
        identity_encoder: Says who is in a picture.
        pose_encoder: Says what the head does in a picture, whoever it is.
        generator: Draws a person, given both.
    """

    generator: Generator

    def __init__(
        self,
        identity_encoder: IdentityEncoder,
        pose_encoder: PoseEncoder,
        generator: Generator,
    ) -> None:
        super().__init__()
        parts = {"identity": identity_encoder.identity, "pose": pose_encoder.pose}
        for name, numbers in parts.items():
            if getattr(generator, name) != numbers:
                raise InputError(
                    f"The {name} encoder gives {numbers} numbers, but the generator "
                    f"takes {getattr(generator, name)}; make them equal."
                )
        self.identity_encoder = identity_encoder
        self.pose_encoder = pose_encoder
        self.generator = generator

    def identities(
        self, pictures: Float[Tensor, "clip shot 3 height width"]
    ) -> Float[Tensor, "clip shot identity"]:
        """Who is in each picture.

        Args:
            pictures: Crops in [0, 1].
        """
        each: Tensor = self.identity_encoder(pictures)
        return each

    def pose(
        self, pictures: Float[Tensor, "clip 3 height width"]
    ) -> Float[Tensor, "clip pose"]:
        """Pose descriptors: how heads are turned and what faces do.

        Args:
            pictures: Crops in [0, 1].
        """
        descriptors: Tensor = self.pose_encoder(pictures)
        return descriptors

    def identities_of(
        self,
        pictures: Float[Tensor, "clip shot 3 height width"],
        landmarks: Float[Tensor, "clip shot 68 2"],
    ) -> Float[Tensor, "clip shot identity"]:
        """Who is in each picture; the landmarks do not matter."""
        return self.identities(pictures)

    def pose_of(
        self,
        pictures: Float[Tensor, "clip 3 height width"],
        landmarks: Float[Tensor, "clip 68 2"],
    ) -> Float[Tensor, "clip pose"]:
        """Pose descriptors of the pictures; the landmarks do not matter."""
        return self.pose(pictures)

    def draw(
        self, identity: Float[Tensor, "clip identity"], pose: Float[Tensor, "clip pose"]
    ) -> Drawn:
        """Pictures and masks of people in poses.

        Args:
            identity: Mean of :meth:`identities` over the pictures of a person.
            pose: From :meth:`pose`.
        """
        drawn: Drawn = self.generator(identity, pose)
        return drawn

    def forward(
        self,
        pictures: Float[Tensor, "clip shot 3 height width"],
        drivers: Float[Tensor, "clip 3 height width"],
    ) -> Drawn:
        """People in the pictures, doing what the drivers do.

        Args:
            pictures: Crops of each person in [0, 1].
            drivers: Crops of anybody.
        """
        return self.draw(self.identities(pictures).mean(1), self.pose(drivers))
