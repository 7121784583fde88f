"""Merging what was found more than once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int


def box_overlaps(
    box: Float[np.ndarray, "4"], boxes: Float[np.ndarray, "box 4"]
) -> Float[np.ndarray, "box"]:
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
    scores: Float[np.ndarray, "box"],
    overlap: float = 0.3,
) -> tuple[Float[np.ndarray, "kept value"], Float[np.ndarray, "kept"]]:
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
    others: Float[np.ndarray, "person joint 2"],
    size: float,
    weights: Float[np.ndarray, "person joint"] | None = None,
    spread: float = 0.1,
) -> Float[np.ndarray, "person"]:
    """Object key-point similarity of one body with others: 1 where they coincide.

    The measure of COCO (https://cocodataset.org/#keypoints-eval) with one spread for
    all joints.

    Args:
        points: Joints of one body in pixels.
        others: Joints of the other bodies in pixels.
        size: Size of the body in pixels.
        weights: How much each joint of the other bodies counts; all alike by default.
        spread: Tolerance of a joint as a share of ``size``.
    """
    if weights is None:
        weights = np.ones(others.shape[:2])
    near = np.exp(-np.square(others - points).sum(-1) / (2 * (size * spread) ** 2))
    total = np.maximum(weights.sum(-1), 1e-12)
    return np.asarray((near * weights).sum(-1) / total)


def body_size(points: Float[np.ndarray, "joint 2"]) -> float:
    """Square root of the area of the box around a body, at least one pixel."""
    return float(max(1.0, np.sqrt(np.prod(np.ptp(points, axis=0)))))


def keypoint_suppression(
    points: Float[np.ndarray, "person joint 2"],
    confidences: Float[np.ndarray, "person joint"],
    mirrored: Sequence[int],
    similarity: float = 0.5,
) -> Int[np.ndarray, "kept"]:
    """Positions of the bodies that are no copies of a surer one, surest first.

    A body whose left and right are exchanged is a copy as well.

    Args:
        points: Joints of each body in pixels.
        confidences: Confidence of each joint; unsure joints hardly count.
        mirrored: For every joint the position of its mirror image.
        similarity: Key-point similarity above which two bodies are the same.
    """
    left = np.argsort(-confidences.mean(-1), kind="stable")
    kept = []
    while left.size:
        body = points[left[0]]
        likeness = np.maximum(
            *(
                keypoint_similarity(
                    side, points[left], body_size(body), confidences[left]
                )
                for side in (body, body[list(mirrored)])
            )
        )
        copies = likeness > similarity
        copies[0] = True
        kept.append(left[0])
        left = left[~copies]
    return np.array(kept, dtype=int)
