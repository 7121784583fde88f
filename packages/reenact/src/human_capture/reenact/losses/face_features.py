"""A perceptual loss whose network comes inside a package."""

from __future__ import annotations

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from human_capture.common.detectors.features import ConvolutionalFeatures
from human_capture.common.detectors.models import find_network


class FaceFeaturesLoss(nn.Module):
    """Differences of what a face detector sees, from edges to eyes and mouths.

    The network is MediaPipe's near face detector (BlazeFace, arXiv:1907.05047), which
    has no part in any evaluation. Each of its maps counts alike, whatever the size of
    its numbers.

    Args:
        folder: Folder with the network file; see ``models.find_network``.
    """

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        path = find_network("face_detection_short_range.tflite", folder)
        self.network = ConvolutionalFeatures(path)

    def forward(
        self,
        found: Float[Tensor, "clip 3 height width"],
        wanted: Float[Tensor, "clip 3 height width"],
    ) -> Float[Tensor, ""]:
        """Mean over the maps of mean absolute differences, as shares of the map's mean.

        Args:
            found: Drawn pictures in [0, 1].
            wanted: Photographs.
        """
        with torch.no_grad():
            goal = self.features(wanted)
        parts = [
            (a.float() - b.float()).abs().mean()
            / b.float().abs().mean().clamp_min(1e-3)
            for a, b in zip(self.features(found), goal, strict=True)
        ]
        return torch.stack(parts).mean()

    def features(self, images: Float[Tensor, "clip 3 height width"]) -> list[Tensor]:
        """The maps behind all activations.

        Args:
            images: In [0, 1].
        """
        size = self.network.size
        if images.shape[-2:] != (size, size):
            images = functional.interpolate(
                images, (size, size), mode="bilinear", antialias=True
            )
        maps: list[Tensor] = self.network(2 * images - 1)
        return maps
