"""From images of several views to 2D evidence: heat maps, key points, confidences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.pose3d.heatmaps import argmax, soft_argmax
from human_capture.pose3d.networks.backbone import Backbone, ImageFeatures


@dataclass(frozen=True)
class ViewEvidence:
    """What a backbone sees in every view.

    Attributes:
        image: Heat maps and features of all views, views folded into the samples.
        keypoints: 2D joints, in image pixels.
        probability: Of every heat-map cell.
        scale: Image pixels a heat-map cell, in x and y.
    """

    image: ImageFeatures
    keypoints: Float[Tensor, "batch view joint 2"]
    probability: Float[Tensor, "batch view joint row column"]
    scale: Float[Tensor, "2"]

    @property
    def heatmaps(self) -> Float[Tensor, "batch view joint row column"]:
        """Logits of every view."""
        return self.image.heatmaps.reshape(self.probability.shape)

    def select_views(self, views: Sequence[int]) -> ViewEvidence:
        """The evidence of some views only, in the order given."""
        batch, count = self.keypoints.shape[:2]

        def pick(folded: Tensor) -> Tensor:
            unfolded = folded.reshape(batch, count, *folded.shape[1:])
            return unfolded[:, list(views)].flatten(0, 1)

        image = ImageFeatures(
            pick(self.image.heatmaps), pick(self.image.features), pick(self.image.deep)
        )
        return ViewEvidence(
            image,
            self.keypoints[:, list(views)],
            self.probability[:, list(views)],
            self.scale,
        )

    @property
    def peaks(self) -> Float[Tensor, "batch view joint"]:
        """Probability of the likeliest 3 x 3 patch, a confidence without learning."""
        patch = torch.nn.functional.avg_pool2d(
            self.probability.flatten(0, 1), 3, 1, 1, divisor_override=1
        )
        return patch.amax((-2, -1)).reshape(self.keypoints.shape[:3])


def see(
    backbone: Backbone,
    images: Float[Tensor, "batch view 3 height width"],
    temperature: float = 1.0,
    hard: bool = False,
    half_pixel: bool = True,
) -> ViewEvidence:
    """Run a backbone on all views.

    Args:
        backbone: The 2D network.
        images: RGB in [0, 1].
        temperature: Of the softmax over each heat map.
        hard: Take the largest cell (refined) instead of the expectation.
        half_pixel: Cell centres at +0.5; the authors' weights expect False.
    """
    image = backbone(images.flatten(0, 1))
    maps = image.heatmaps.reshape(*images.shape[:2], *image.heatmaps.shape[1:])
    soft, probability = soft_argmax(maps, temperature)
    cells = argmax(maps) if hard else soft
    rows, columns = maps.shape[-2:]
    height, width = images.shape[-2:]
    scale = soft.new_tensor([width / columns, height / rows])
    keypoints = (cells if half_pixel else cells - 0.5) * scale
    return ViewEvidence(image, keypoints, probability, scale)


def joint_validity(
    valid: Bool[Tensor, "batch view"] | None, like: Float[Tensor, "batch view joint 2"]
) -> Bool[Tensor, "batch view joint"]:
    """Which views exist, for every joint; all of them when absent."""
    if valid is None:
        return torch.ones(like.shape[:3], dtype=torch.bool, device=like.device)
    return valid[..., None].expand(like.shape[:3])
