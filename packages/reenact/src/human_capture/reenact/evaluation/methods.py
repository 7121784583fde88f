"""Models that are judged, whatever draws for them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import interpolate

from human_capture.common.errors import InputError
from human_capture.common.publishing import find_weights, load_network
from human_capture.reenact.evaluation.landmark_judges import (
    LandmarkJudge,
    MeshLandmarks,
    completed,
)
from human_capture.reenact.networks.any_reenactor import AnyReenactor
from human_capture.reenact.networks.reenactor import Reenactor
from human_capture.reenact.reenactors import WEIGHTS


@runtime_checkable
class Imitator(Protocol):
    """Draws people in poses; pictures are crops in [0, 1]."""

    def identity(
        self, pictures: Float[Tensor, "shot 3 height width"]
    ) -> Float[Tensor, " identity"]:
        """Who is in the pictures, all of one person."""
        ...

    def describe(
        self, pictures: Float[Tensor, "frame 3 height width"]
    ) -> Float[Tensor, "frame pose"]:
        """Pose descriptors of anybody."""
        ...

    def draw(
        self, identity: Float[Tensor, " identity"], pose: Float[Tensor, "frame pose"]
    ) -> Float[Tensor, "frame 3 size size"]:
        """A person on black in each pose."""
        ...


class TrainedImitator:
    """A reenactor that works in batches and takes pictures of any size.

    Args:
        reenactor: The networks.
        device: Where they run; results come back to the CPU.
        batch: Pictures at a time.
        landmarks: Finds the landmarks of all pictures, if the networks need them.
    """

    def __init__(
        self,
        reenactor: AnyReenactor,
        device: torch.device | str = "cpu",
        batch: int = 32,
        landmarks: LandmarkJudge | None = None,
    ) -> None:
        self.reenactor = reenactor.to(device).eval()
        self.device, self.batch = torch.device(device), batch
        self.landmarks = landmarks

    @torch.no_grad()
    def identity(
        self, pictures: Float[Tensor, "shot 3 height width"]
    ) -> Float[Tensor, " identity"]:
        """Mean identity descriptor of one person's pictures."""
        landmarks = self._landmarks(pictures)[None]
        fitting = self._fitting(pictures)[None]
        return self.reenactor.identities_of(fitting, landmarks).mean(1)[0].cpu()

    @torch.no_grad()
    def describe(
        self, pictures: Float[Tensor, "frame 3 height width"]
    ) -> Float[Tensor, "frame pose"]:
        """Pose descriptors."""
        landmarks = self._landmarks(pictures)
        parts = (torch.split(each, self.batch) for each in (pictures, landmarks))
        each = [
            self.reenactor.pose_of(self._fitting(part), faces).cpu()
            for part, faces in zip(*parts, strict=True)
        ]
        return torch.cat(each)

    @torch.no_grad()
    def draw(
        self, identity: Float[Tensor, " identity"], pose: Float[Tensor, "frame pose"]
    ) -> Float[Tensor, "frame 3 size size"]:
        """The person on black in each pose, in [0, 1]."""
        who = identity.to(self.device)
        drawn = []
        for part in torch.split(pose, self.batch):
            poses = part.to(self.device)
            picture = self.reenactor.draw(who.expand(len(part), -1), poses).picture
            drawn.append(picture.float().clamp(0, 1).cpu())
        return torch.cat(drawn)

    def _landmarks(
        self, pictures: Float[Tensor, "frame 3 height width"]
    ) -> Float[Tensor, "frame 68 2"]:
        """Landmarks; a face that is not found has the mean of the others."""
        if self.landmarks is None:
            return torch.full((len(pictures), 68, 2), torch.nan, device=self.device)
        return completed(self.landmarks(pictures)).to(self.device)

    def _fitting(
        self, pictures: Float[Tensor, "frame 3 height width"]
    ) -> Float[Tensor, "frame 3 size size"]:
        size = self.reenactor.size
        pictures = pictures.to(self.device)
        if pictures.shape[-1] == size:
            return pictures
        return interpolate(pictures, size=(size, size), mode="bilinear", antialias=True)


@dataclass(frozen=True)
class Method:
    """A model with a name.

    Attributes:
        name: In the table.
        weights: Name of weights that come with the package, or the path of a
            ``.safetensors`` file.
    """

    name: str
    weights: str

    def digest(self) -> str:
        """What tells these weights from others, whatever their file is called.

        Raises:
            InputError: There are no such weights.
        """
        path = find_weights(self.weights, WEIGHTS)
        if not path.is_file():
            raise InputError(
                f"There is no weights file {str(path)!r} of the method {self.name!r}; "
                "check the path."
            )
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]

    def load(self, device: torch.device) -> Imitator:
        """The model, ready to be judged.

        Args:
            device: Where it is to run.

        Raises:
            InputError: There are no such weights, or they belong to something else.
        """
        reenactor: AnyReenactor = load_network(
            self.weights, "reenactor", AnyReenactor, WEIGHTS
        )
        # a latent descriptor is taken from the picture itself
        sees = isinstance(reenactor, Reenactor)
        return TrainedImitator(
            reenactor, device, landmarks=None if sees else MeshLandmarks()
        )
