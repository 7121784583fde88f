"""The person detector: where people are, coarsely.

BlazePose's detector (https://arxiv.org/abs/2006.10204) is an SSD on 224 x 224 pixels.
It boxes the face and gives four points of the body; two of them, the middle of the hips
and the top of the circle around the body, say where the landmark network should look.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from human_capture.common.detectors.anchors import PERSON_STRIDES, anchor_centres
from human_capture.common.detectors.models import Network
from human_capture.common.detectors.regions import ImagePyramid, Region
from human_capture.common.detectors.silhouettes import Silhouette, hide
from human_capture.common.detectors.suppression import weighted_suppression

_ANCHORS = 2254
_POINTS = 4
_SUM_OF_HEADS = 4 + 2 * _POINTS


@dataclass(frozen=True)
class PersonCandidate:
    """A person seen by the detector.

    Attributes:
        region: Where the landmark network should look.
        score: Confidence between 0 and 1.
    """

    region: Region
    score: float


class PersonDetector:
    """Candidates for people in parts of an image.

    Args:
        network: The detector, ``pose_detection.tflite``.
        min_score: Candidates below this confidence are dropped.
    """

    def __init__(self, network: Network, min_score: float = 0.5) -> None:
        network.require_outputs(
            {"Identity": (_ANCHORS, _SUM_OF_HEADS), "Identity_1": (_ANCHORS, 1)}
        )
        self.network = network
        self.min_score = min_score
        self._size = network.input_size
        self._anchors = anchor_centres(self._size, PERSON_STRIDES)

    def __call__(
        self,
        pyramid: ImagePyramid,
        regions: Iterable[Region],
        hidden: Sequence[Silhouette] = (),
    ) -> list[PersonCandidate]:
        """Candidates from all regions, best first; one person may appear repeatedly.

        Args:
            pyramid: The image.
            regions: Where to look; people should be upright in at least one of them.
            hidden: People to look past.
        """
        found = [c for region in regions for c in self._look(pyramid, region, hidden)]
        return sorted(found, key=lambda candidate: -candidate.score)

    def _look(
        self, pyramid: ImagePyramid, region: Region, hidden: Sequence[Silhouette]
    ) -> list[PersonCandidate]:
        crop = hide(region.crop(pyramid, self._size, border=0), region, hidden)
        outputs = self.network(crop.astype(np.float32) / np.float32(127.5) - 1)
        logits = np.clip(outputs["Identity_1"][:, 0].astype(float), -100, 100)
        scores = 1 / (1 + np.exp(-logits))
        sure = scores >= self.min_score
        boxes, points = self._decode(outputs["Identity"][sure], self._anchors[sure])
        points, scores = weighted_suppression(boxes, points, scores[sure])
        return [
            PersonCandidate(Region.from_axis(centre, top), float(score))
            for (centre, top, *_), score in zip(
                region.to_image(points.reshape(-1, _POINTS, 2)), scores, strict=True
            )
        ]

    def _decode(
        self,
        regressors: Float[np.ndarray, "anchor 12"],
        anchors: Float[np.ndarray, "anchor 2"],
    ) -> tuple[Float[np.ndarray, "anchor 4"], Float[np.ndarray, "anchor 8"]]:
        """Boxes (left, top, right, bottom) and points as fractions of the region."""
        values = regressors.astype(float).reshape(-1, 2 + _POINTS, 2) / self._size
        centres = values[:, 0] + anchors
        half = values[:, 1] / 2
        points = values[:, 2:] + anchors[:, None]
        boxes = np.concatenate([centres - half, centres + half], -1)
        return boxes, points.reshape(-1, 2 * _POINTS)
