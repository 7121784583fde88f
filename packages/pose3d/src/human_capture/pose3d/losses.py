"""Losses of learnable triangulation (Iskakov et al., ICCV 2019, sections 3.1 and 3.2).

Distances go in as metres; the losses work in centimetres or cells so that their parts
have comparable size.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from human_capture.pose3d.heatmaps import gaussian


def _mean(values: Tensor, valid: Tensor | None) -> Tensor:
    if valid is None:
        return values.mean()
    return (values * valid).sum() / valid.sum().clamp_min(1)


def soft_mse_cm(
    predicted: Float[Tensor, "batch joint 3"],
    target: Float[Tensor, "batch joint 3"],
    valid: Bool[Tensor, "batch joint"] | None = None,
    threshold_cm: float = 20.0,
) -> Float[Tensor, ""]:
    """Squared error a joint, growing slowly beyond a threshold (eq. 7).

    Args:
        predicted: World positions, in metres.
        target: World positions, in metres.
        valid: Joints that count; all when absent.
        threshold_cm: From this distance the error counts by its power 0.1.
    """
    squared = (100 * (predicted - target)).square().mean(-1)
    limit = threshold_cm**2
    bent = squared.clamp_min(limit) ** 0.1 * limit**0.9
    return _mean(torch.where(squared <= limit, squared, bent), valid)


def robust_l1_cm(
    predicted: Float[Tensor, "batch joint 3"],
    target: Float[Tensor, "batch joint 3"],
    valid: Bool[Tensor, "batch joint"] | None = None,
    threshold_cm: float = 20.0,
) -> Float[Tensor, ""]:
    """Absolute error a coordinate, growing slowly beyond a threshold.

    The L1 that the paper prefers for volumes, with the clipping of its eq. 7; early in
    training a swapped limb would otherwise outweigh everything else.

    Args:
        predicted: World positions, in metres.
        target: World positions, in metres.
        valid: Joints that count; all when absent.
        threshold_cm: From this distance the error counts by its power 0.2.
    """
    error = (100 * (predicted - target)).abs()
    bent = threshold_cm * (error.clamp_min(threshold_cm) / threshold_cm) ** 0.2
    return _mean(torch.where(error <= threshold_cm, error, bent).mean(-1), valid)


def heatmap_cross_entropy(
    heatmaps: Float[Tensor, "sample joint row column"],
    keypoints: Float[Tensor, "sample joint 2"],
    valid: Bool[Tensor, "sample joint"] | None = None,
    sigma: float = 1.0,
) -> Float[Tensor, ""]:
    """Cross-entropy between a Gaussian at the truth and the softmax of the map.

    Args:
        heatmaps: Logits.
        keypoints: True positions, in cells.
        valid: Joints that count, those inside the map when absent.
        sigma: Of the Gaussian, in cells.
    """
    rows, columns = heatmaps.shape[-2:]
    if valid is None:
        valid = inside(keypoints, rows, columns)
    target = gaussian(keypoints, rows, columns, sigma)
    log_probability = heatmaps.flatten(2).log_softmax(-1)
    return _mean(-(target.flatten(2) * log_probability).sum(-1), valid)


def inside(
    keypoints: Float[Tensor, "*batch joint 2"], height: int, width: int
) -> Bool[Tensor, "*batch joint"]:
    """Which key points lie in an image or map."""
    x, y = keypoints.unbind(-1)
    return (x > 0) & (x < width) & (y > 0) & (y < height)


def volume_cross_entropy(
    log_volume: Float[Tensor, "batch joint voxel"],
    grid: Float[Tensor, "batch x y z 3"],
    target: Float[Tensor, "batch joint 3"],
    valid: Bool[Tensor, "batch joint"] | None = None,
) -> Float[Tensor, ""]:
    """Minus the log-probability of the voxel nearest to the truth (eq. 12).

    Args:
        log_volume: Log-probability of every voxel.
        grid: World positions of the voxels, in metres.
        target: True positions, in metres.
        valid: Joints that count; all when absent.
    """
    positions = grid.flatten(1, 3)
    centre = positions.mean(1, keepdim=True)  # far from the origin float32 is coarse
    nearest = torch.cdist(target - centre, positions - centre).argmin(-1)
    return _mean(-log_volume.gather(-1, nearest[..., None])[..., 0], valid)
