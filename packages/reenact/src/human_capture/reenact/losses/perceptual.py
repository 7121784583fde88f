"""Perceptual losses: pictures compared by the features of a trained network."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torchvision.models import vgg16, vgg19

from human_capture.common.errors import InputError
from human_capture.common.weights import read_weights
from human_capture.reenact.losses.features import feature_distance

_MEANS = {
    "caffe": (103.939, 116.779, 123.68),  # blue, green, red, of 255
    "imagenet": (0.485, 0.456, 0.406),
}
_DEVIATIONS = {"caffe": (1.0, 1.0, 1.0), "imagenet": (0.229, 0.224, 0.225)}
_LAST = 30  # layers up to the last feature that counts, the 13th ReLU of both
_MAKE = {"vgg19": vgg19, "vgg16": vgg16}


class VGGLoss(nn.Module):
    """Mean absolute differences of the 13 feature maps of a VGG (arXiv:1603.08155).

    Max pools are average pools, as in the official code. VGG19 up to its 13th ReLU is
    "perceptual", VGG16 trained on faces and shown the face alone is "identity".

    Args:
        weights: A ``.safetensors`` file, or a ``.pth`` of torchvision's layout, such as
            ``vgg19-d01eb7cb.pth``, of which only tensors are read; or ``torchvision``
            for the weights that torchvision fetches, centred as ``imagenet``.
        kind: ``vgg19`` or ``vgg16``.
        centring: How the weights want pictures: ``caffe`` (BGR of 255, means taken off;
            the files of the official code) or ``imagenet``.
        compatibility: Scale and centre pictures as the official code does: squeezed
            into [0.5, 1], means of blue and red exchanged.
    """

    def __init__(
        self,
        weights: str | Path,
        kind: Literal["vgg19", "vgg16"] = "vgg19",
        centring: Literal["caffe", "imagenet"] = "caffe",
        compatibility: bool = False,
    ) -> None:
        super().__init__()
        self.layers = _vgg(kind, weights)
        self.compatibility = compatibility
        self.centring = "imagenet" if weights == "torchvision" else centring
        means, deviations = _MEANS[self.centring], _DEVIATIONS[self.centring]
        self.register_buffer("means", torch.tensor(means)[:, None, None])
        self.register_buffer("deviations", torch.tensor(deviations)[:, None, None])
        self.requires_grad_(False).eval()

    means: Tensor
    deviations: Tensor

    def train(self, mode: bool = True) -> VGGLoss:
        """Stays as it is: it is no part of what is trained."""
        return super().train(False)

    def forward(
        self,
        found: Float[Tensor, "clip 3 height width"],
        wanted: Float[Tensor, "clip 3 height width"],
    ) -> Float[Tensor, ""]:
        """Sum over the maps of mean absolute differences.

        Args:
            found: Drawn pictures in [0, 1].
            wanted: Photographs.
        """
        with torch.no_grad():
            goal = self.features(wanted)
        return feature_distance(self.features(found), goal)

    def features(self, images: Float[Tensor, "clip 3 height width"]) -> list[Tensor]:
        """The maps after every ReLU."""
        hidden, maps = self._prepared(images), []
        for layer in self.layers:
            hidden = layer(hidden)
            if isinstance(layer, nn.ReLU):
                maps.append(hidden)
        return maps

    def _prepared(self, images: Tensor) -> Tensor:
        if self.compatibility:
            return 255 * (images + 1) / 2 - self.means
        if self.centring == "caffe":
            images = 255 * images.flip(-3)
        return (images - self.means) / self.deviations


def _vgg(kind: str, weights: str | Path) -> nn.Sequential:
    """The convolutions up to the last feature that counts, with their weights."""
    if weights == "torchvision":
        whole = _MAKE[kind](weights="IMAGENET1K_V1").features
        return nn.Sequential(*map(_layer, whole[:_LAST]))
    with torch.device("meta"):
        whole = _MAKE[kind](weights=None).features
    layers = nn.Sequential(*map(_layer, whole[:_LAST]))
    tensors = _tensors(Path(weights))
    wanted = layers.state_dict()
    named = {name: tensors.get(f"features.{name}") for name in wanted}
    for name, tensor in named.items():
        if tensor is None or tensor.shape != wanted[name].shape:
            raise InputError(
                f"{str(weights)!r} holds no weights of {kind} in torchvision's layout: "
                f"features.{name} is missing or of another shape."
            )
    layers.load_state_dict(named, assign=True)
    return layers.float()


def _layer(layer: nn.Module) -> nn.Module:
    if isinstance(layer, nn.MaxPool2d):
        return nn.AvgPool2d(2)
    return nn.ReLU() if isinstance(layer, nn.ReLU) else layer


def _tensors(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"There is no weights file {str(path)!r}.")
    if path.suffix == ".safetensors":
        return read_weights(path).tensors
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a wrong file makes of the reader
        raise InputError(
            f"{str(path)!r} cannot be read as a file of weights: {error}"
        ) from error
    return dict(loaded) if isinstance(loaded, dict) else {}
