"""Merging what was found more than once."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def box_overlaps(
    box: Float[np.ndarray, " 4"], boxes: Float[np.ndarray, "box 4"]
) -> Float[np.ndarray, " box"]:
    """Intersection over union of one box with many.

    Args:
        box: Left, top, right, bottom.
        boxes: The same for each box.
    """
    corners = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    intersection = np.prod(np.maximum(corners, 0), -1)
    union = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], -1)
    return np.asarray(intersection / np.maximum(union - intersection, 1e-12))


def weighted_suppression(
    boxes: Float[np.ndarray, "box 4"],
    values: Float[np.ndarray, "box value"],
    scores: Float[np.ndarray, " box"],
    overlap: float = 0.3,
) -> tuple[Float[np.ndarray, "kept value"], Float[np.ndarray, " kept"]]:
    """Score-weighted means of overlapping boxes' values, and each group's best score.

    The anchors around one object vote on where it is, which is steadier than the best
    of them alone (https://arxiv.org/abs/1907.05047, section 4.2).

    Args:
        boxes: Left, top, right, bottom.
        values: What is averaged.
        scores: Confidence of each box.
        overlap: Intersection over union above which two boxes show the same object.
    """
    left = np.argsort(-scores, kind="stable")
    means, best = [], []
    while left.size:
        same = box_overlaps(boxes[left[0]], boxes[left]) > overlap
        same[0] = True  # an empty box does not overlap even itself
        group = left[same]
        weights = scores[group] / scores[group].sum()
        means.append(weights @ values[group])
        best.append(scores[group[0]])
        left = left[~same]
    return np.reshape(means, (-1, values.shape[1])), np.array(best)


def keypoint_similarity(
    points: Float[np.ndarray, "joint 2"],
    others: Float[np.ndarray, "joint 2"],
    weights: Float[np.ndarray, " joint"],
    spread: float = 0.1,
) -> float:
    """Object key-point similarity of two bodies: 1 where they coincide.

    The measure of COCO (https://cocodataset.org/#keypoints-eval) with one spread for
    all joints.

    Args:
        points: Joints of one body in pixels; its box gives the scale.
        others: Joints of the other body in pixels.
        weights: How much each joint counts.
        spread: Tolerance of a joint as a share of the body's size.
    """
    area = max(1.0, float(np.prod(np.ptp(points, axis=0))))
    near = np.exp(-np.square(others - points).sum(-1) / (2 * area * spread**2))
    return float((near * weights).sum() / max(weights.sum(), 1e-12))
