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
from human_capture.common.publishing import find_weights
from human_capture.reenact.networks.reenactor import Reenactor
from human_capture.reenact.reenactors import WEIGHTS, load_reenactor


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
    """

    def __init__(
        self,
        reenactor: Reenactor,
        device: torch.device | str = "cpu",
        batch: int = 32,
    ) -> None:
        self.reenactor = reenactor.to(device).eval()
        self.device, self.batch = torch.device(device), batch

    @torch.no_grad()
    def identity(
        self, pictures: Float[Tensor, "shot 3 height width"]
    ) -> Float[Tensor, " identity"]:
        """Mean identity descriptor of one person's pictures."""
        each = self.reenactor.identities(self._fitting(pictures)[None])
        return each.mean(1)[0].cpu()

    @torch.no_grad()
    def describe(
        self, pictures: Float[Tensor, "frame 3 height width"]
    ) -> Float[Tensor, "frame pose"]:
        """Pose descriptors."""
        parts = torch.split(pictures, self.batch)
        each = [self.reenactor.pose(self._fitting(part)).cpu() for part in parts]
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
        return TrainedImitator(load_reenactor(self.weights), device)
