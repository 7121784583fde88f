"""The landmark network: 33 points of one body inside a region.

BlazePose's second network (https://arxiv.org/abs/2006.10204) sees 256 x 256 pixels. It
regresses 39 points, the last six of which are for its own use: numbers 33 and 34 are
the axis from which the next frame's region follows. Its heat maps refine the regressed
points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from human_capture.common.detectors.models import Network
from human_capture.common.detectors.regions import ImagePyramid, Region
from human_capture.common.detectors.silhouettes import Silhouette, hide

BODY_POINTS = 33
_POINTS = 39
_HEAT_MAP = 64
_AXIS = (33, 34)


@dataclass(frozen=True)
class BodyLandmarks:
    """What the landmark network says of one region.

    Attributes:
        points: Pixels of the image; pixel centres at +0.5.
        depth: Distance behind the hips, roughly in pixels.
        visibility: Probability that a point is in the image and not hidden.
        presence: Probability that a point is in the image.
        confidence: Peak of a point's heat map near it. Visibility and presence are
            near 1 even for bodies that the network imagines; this is not.
        score: Probability that the region shows a person.
        next_region: Where the person should be looked for in the next frame.
        silhouette: The person's pixels.
    """

    points: Float[np.ndarray, "33 2"]
    depth: Float[np.ndarray, " 33"]
    visibility: Float[np.ndarray, " 33"]
    presence: Float[np.ndarray, " 33"]
    confidence: Float[np.ndarray, " 33"]
    score: float
    next_region: Region
    silhouette: Silhouette


class BodyLandmarker:
    """Landmarks of the person in a region.

    Args:
        network: ``pose_landmark_full.tflite``, or its lite or heavy sibling.
    """

    def __init__(self, network: Network) -> None:
        network.require_outputs(
            {
                "Identity": (5 * _POINTS,),
                "Identity_1": (1,),
                "Identity_2": (network.input_size, network.input_size, 1),
                "Identity_3": (_HEAT_MAP, _HEAT_MAP, _POINTS),
            }
        )
        self.network = network
        self._size = network.input_size

    def __call__(
        self,
        pyramid: ImagePyramid,
        region: Region,
        hidden: Sequence[Silhouette] = (),
    ) -> BodyLandmarks:
        """The landmarks of the person in ``region``, found or not: see ``score``.

        Args:
            pyramid: The image.
            region: Where to look.
            hidden: People to look past.
        """
        crop = hide(region.crop(pyramid, self._size), region, hidden)
        outputs = self.network(crop.astype(np.float32) / np.float32(255))
        raw = outputs["Identity"].reshape(_POINTS, 5).astype(float)
        fractions, peaks = refine_with_heat_maps(
            raw[:, :2] / self._size, outputs["Identity_3"]
        )
        points = region.to_image(fractions)
        visibility, presence = _sigmoid(raw[:BODY_POINTS, 3:]).T
        return BodyLandmarks(
            points=points[:BODY_POINTS],
            depth=raw[:BODY_POINTS, 2] * (region.side / self._size),
            visibility=visibility,
            presence=presence,
            confidence=peaks[:BODY_POINTS],
            score=float(outputs["Identity_1"][0]),
            next_region=Region.from_axis(*points[list(_AXIS)]),
            silhouette=Silhouette.from_logits(outputs["Identity_2"][..., 0], region),
        )


def refine_with_heat_maps(
    points: Float[np.ndarray, "joint 2"],
    logits: Float32[np.ndarray, "height width joint"],
    reach: int = 3,
    min_confidence: float = 0.5,
) -> tuple[Float[np.ndarray, "joint 2"], Float[np.ndarray, " joint"]]:
    """Points moved to the centre of mass of their heat map near them, and its peaks.

    Args:
        points: Regressed points as fractions of the region.
        logits: Heat maps before the sigmoid.
        reach: Cells on each side of the regressed point that are averaged.
        min_confidence: Points whose highest cell stays below this do not move.
    """
    height, width, _ = logits.shape
    refined, peaks = points.copy(), np.zeros(len(points))
    for joint, (x, y) in enumerate(points):
        column, row = int(x * width), int(y * height)
        if not (0 <= column < width and 0 <= row < height):
            continue
        rows = slice(max(0, row - reach), row + reach + 1)
        columns = slice(max(0, column - reach), column + reach + 1)
        weights = _sigmoid(logits[rows, columns, joint])
        peaks[joint] = weights.max()
        if peaks[joint] < min_confidence:
            continue
        total = weights.sum()
        cells = np.arange(height)[rows], np.arange(width)[columns]
        refined[joint] = (
            (weights.sum(0) @ cells[1]) / total / width,
            (weights.sum(1) @ cells[0]) / total / height,
        )
    return refined, peaks


def _sigmoid(logits: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits.astype(float), -100, 100))))
