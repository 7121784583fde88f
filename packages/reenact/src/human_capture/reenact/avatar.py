"""Avatars: who is drawn, ready to be driven by anybody.

An avatar's folder holds ``avatar.safetensors`` and, to look at, ``avatar.png``: the
photo that relative driving starts from, and beside it how the avatar is drawn in that
pose.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from human_capture.common.errors import InputError
from human_capture.common.images import to_bytes, write_image
from human_capture.common.weights import read_description, read_weights, save_weights
from human_capture.reenact.clips import as_float
from human_capture.reenact.networks.decoder import Drawn
from human_capture.reenact.networks.reenactor import Reenactor
from human_capture.reenact.reenactors import load_reenactor

FILE = "avatar.safetensors"
"""What makes a folder that of an avatar."""

PICTURE = "avatar.png"
"""What there is to look at in it."""


@dataclass(frozen=True)
class Avatar:
    """A person whom a reenactor can draw.

    Attributes:
        reenactor: Draws the person, in evaluation mode.
        identity: Who it is.
        pose: Descriptor of ``picture``: the person's own pose.
        picture: Crop of the photo that relative driving starts from, RGB.
        weights: Name or path of the weights of the reenactor.
        tuned: Whether the reenactor's generator has learned this person, and so is no
            longer that of the weights.
    """

    reenactor: Reenactor
    identity: Float[Tensor, " identity"]
    pose: Float[Tensor, " pose"]
    picture: UInt8[Tensor, "3 size size"]
    weights: str = "heads"
    tuned: bool = False

    @classmethod
    @torch.inference_mode()
    def of(
        cls,
        reenactor: Reenactor,
        pictures: UInt8[Tensor, "shot 3 size size"],
        weights: str | Path = "heads",
    ) -> Avatar:
        """The person in some pictures, without any training.

        Args:
            reenactor: In evaluation mode.
            pictures: Crops of one person, RGB; the first gives the pose that relative
                driving starts from.
            weights: Where the reenactor is from.

        Raises:
            InputError: There are no pictures.
        """
        if not len(pictures):
            raise InputError("An avatar needs at least one picture of the person.")
        device = next(reenactor.parameters()).device
        shots = as_float(pictures.to(device))
        # one at a time: a folder of photos may be too much at once
        identities = [reenactor.identities(shot[None, None])[0, 0] for shot in shots]
        return cls(
            reenactor,
            torch.stack(identities).mean(0).cpu().clone(),
            reenactor.pose(shots[:1])[0].cpu().clone(),
            pictures[0].cpu().clone(),
            str(weights),
        )

    @torch.inference_mode()
    def draw(self, pose: Float[Tensor, "frame pose"]) -> Drawn:
        """The person in poses.

        Args:
            pose: Descriptors, on the reenactor's device.
        """
        identity = self.identity.to(pose.device).expand(len(pose), -1)
        return self.reenactor.draw(identity, pose)

    def save(self, folder: str | Path) -> None:
        """Write the avatar's folder.

        A generator that has learned the person is kept in half precision. All other
        weights are only referred to.

        Args:
            folder: Made when missing.
        """
        folder = Path(folder)
        device = next(self.reenactor.parameters()).device
        drawn = self.draw(self.pose[None].to(device)).picture[0].float().cpu()
        sheet = torch.cat((as_float(self.picture), drawn), -1)
        write_image(folder / PICTURE, to_bytes(sheet))
        path = Path(self.weights)
        description = {
            "avatar": {
                "weights": str(path.resolve() if path.is_file() else self.weights),
                "fingerprint": fingerprint(self.reenactor),
                "tuned": self.tuned,
            }
        }
        # last, for it makes the folder an avatar
        save_weights(folder / FILE, _Stored(self), description, half=self.tuned)

    @classmethod
    def load(cls, path: str | Path, weights: str | Path | None = None) -> Avatar:
        """An avatar that was saved.

        Args:
            path: Its folder, or the file in it.
            weights: Where the weights are now that it was made with; where they were
                if absent.

        Raises:
            InputError: There is no avatar, or the weights are others.
        """
        file = _file(Path(path))
        if not file.is_file():
            raise InputError(
                f"There is no avatar in {str(path)!r}; give the folder of one, or "
                "photos of a person."
            )
        stored = read_weights(file)
        facts: dict[str, Any] = stored.description.get("avatar", {})
        if not facts.keys() >= {"weights", "fingerprint", "tuned"}:
            raise InputError(f"{str(file)!r} holds weights, but no avatar.")
        origin = weights or facts["weights"]
        reenactor = load_reenactor(origin)
        if fingerprint(reenactor) != facts["fingerprint"]:
            raise InputError(
                f"The avatar {str(path)!r} was made with other weights than "
                f"{str(origin)!r}; use those it was made with, or make it again from "
                "the photos."
            )
        tensors = stored.tensors
        try:
            _load_generator(reenactor, tensors, facts["tuned"])
            identity, pose = tensors["identity"].float(), tensors["pose"].float()
            picture = tensors["picture"]
        except (KeyError, RuntimeError) as error:
            raise InputError(
                f"The avatar {str(file)!r} is damaged; make it again from the photos."
            ) from error
        return cls(reenactor, identity, pose, picture, str(origin), facts["tuned"])


def is_avatar(path: str | Path) -> bool:
    """Whether a path is the folder of an avatar, or the file in it.

    Args:
        path: Anything; a ``.safetensors`` file may as well hold plain weights.

    Raises:
        InputError: It is a ``.safetensors`` file that is damaged.
    """
    path = Path(path)
    if path.is_file() and path.suffix == ".safetensors":
        return "avatar" in read_description(path)
    return _file(path).is_file()


def fingerprint(reenactor: Reenactor) -> str:
    """What tells whether avatars go with a reenactor.

    That of its pose encoder, which all trainings change except those on one person.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(reenactor.pose_encoder.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


class _Stored(nn.Module):
    """An avatar as the weights file has it."""

    def __init__(self, avatar: Avatar) -> None:
        super().__init__()
        for name in ("identity", "pose", "picture"):
            self.register_buffer(name, getattr(avatar, name))
        self.generator = avatar.reenactor.generator if avatar.tuned else None


def _load_generator(
    reenactor: Reenactor, tensors: dict[str, Tensor], tuned: bool
) -> None:
    prefix = "generator."
    own = {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
    if tuned:
        reenactor.generator.load_state_dict(own)


def _file(path: Path) -> Path:
    return path if path.suffix == ".safetensors" else path / FILE
