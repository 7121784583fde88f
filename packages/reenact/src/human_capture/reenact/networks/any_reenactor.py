"""What training and evaluation need of a reenactor, whatever it is driven by."""

from __future__ import annotations

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

from human_capture.reenact.networks.decoder import Drawn
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.keypoint_driven.drawing_generator import (
    DrawingGenerator,
)


class AnyReenactor(nn.Module, ABC):
    """Draws a person doing what another does."""

    generator: Generator | DrawingGenerator

    @property
    def size(self) -> int:
        """Width and height of its pictures, in pixels."""
        return int(self.generator.size)

    @abstractmethod
    def identities_of(
        self,
        pictures: Float[Tensor, "clip shot 3 height width"],
        landmarks: Float[Tensor, "clip shot 68 2"],
    ) -> Float[Tensor, "clip shot identity"]:
        """Who is in each picture.

        Args:
            pictures: Crops in [0, 1].
            landmarks: iBUG's 68 of each, as shares of the side.
        """

    @abstractmethod
    def pose_of(
        self,
        pictures: Float[Tensor, "clip 3 height width"],
        landmarks: Float[Tensor, "clip 68 2"],
    ) -> Float[Tensor, "clip pose"]:
        """Descriptors of how heads are turned and what faces do.

        Args:
            pictures: Crops in [0, 1].
            landmarks: iBUG's 68 of each, as shares of the side.
        """

    @abstractmethod
    def draw(
        self, identity: Float[Tensor, "clip identity"], pose: Float[Tensor, "clip pose"]
    ) -> Drawn:
        """Pictures and masks of people in poses.

        Args:
            identity: Mean of :meth:`identities_of` over the pictures of a person.
            pose: From :meth:`pose_of`.
        """

    def beside(
        self, pose: Float[Tensor, "clip pose"]
    ) -> Float[Tensor, "clip 3 size size"] | None:
        """What the discriminator is shown before a picture; usually nothing.

        Args:
            pose: From :meth:`pose_of`.
        """
        return None
