"""The face detectors: where faces are, coarsely.

Both are single-shot detectors of the BlazeFace family
(https://arxiv.org/abs/1907.05047) that box a face and give six points of it. The near
one sees 128 x 128 pixels and finds faces from a seventh of that up, also those that
lean or lie; the far one sees 192 x 192 pixels and finds faces from a fifteenth up, but
not all that fill its view.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from human_capture.common.detectors.anchors import FACE_STRIDES, anchor_centres
from human_capture.common.detectors.models import Network
from human_capture.common.detectors.regions import ImagePyramid, Region
from human_capture.common.detectors.suppression import weighted_suppression

FACE_POINTS = (
    "right_eye", "left_eye", "nose", "mouth", "right_ear", "left_ear",
)  # fmt: skip
"""The detectors' points, in their order; right and left are the person's own."""

_POINTS = len(FACE_POINTS)
_SCALE = 1.5  # of the landmark network's view over the detectors' box


@dataclass(frozen=True)
class FaceGrid:
    """How a face detector lays out its outputs.

    Attributes:
        strides: Stride of each feature map.
        per_cell: Anchors of one feature map in one cell.
        boxes: Name of the output with boxes and points.
        scores: Name of the output with the logits.
    """

    strides: Sequence[int]
    per_cell: int
    boxes: str
    scores: str


NEAR_FACES = FaceGrid(FACE_STRIDES, 2, "regressors", "classificators")
"""The layout of ``face_detection_short_range.tflite``."""

FAR_FACES = FaceGrid((4,), 1, "Identity", "Identity_1")
"""The layout of ``face_detection_full_range_sparse.tflite``."""


@dataclass(frozen=True)
class FaceCandidate:
    """A face seen by a detector.

    Attributes:
        box: Left, top, right and bottom in pixels, from the brows to the chin.
        points: ``FACE_POINTS`` in pixels; pixel centres at +0.5.
        score: Confidence between 0 and 1.
    """

    box: Float[np.ndarray, " 4"]
    points: Float[np.ndarray, "6 2"]
    score: float

    @property
    def region(self) -> Region:
        """Where the landmark network should look: the eyes level, the chin below."""
        right, left = self.points[:2]
        across, down = (left - right).tolist()
        x, y = ((self.box[:2] + self.box[2:]) / 2).tolist()
        side = _SCALE * float(np.max(self.box[2:] - self.box[:2]))
        return Region(x, y, side, math.atan2(down, across))


class FaceDetector:
    """Candidates for faces in parts of an image.

    Args:
        network: The detector.
        grid: Its layout, ``NEAR_FACES`` or ``FAR_FACES``.
        min_score: Candidates below this confidence are dropped.
    """

    def __init__(
        self, network: Network, grid: FaceGrid, min_score: float = 0.5
    ) -> None:
        self.network = network
        self.size = network.input_size
        self.min_score = min_score
        self._grid = grid
        self._anchors = anchor_centres(self.size, grid.strides, grid.per_cell)
        count = len(self._anchors)
        network.require_outputs(
            {grid.boxes: (count, 4 + 2 * _POINTS), grid.scores: (count, 1)}
        )

    def __call__(
        self, pyramid: ImagePyramid, regions: Iterable[Region]
    ) -> list[FaceCandidate]:
        """Candidates from all regions, best first; one face may appear repeatedly.

        Args:
            pyramid: The image.
            regions: Where to look.
        """
        found = [c for region in regions for c in self._look(pyramid, region)]
        return sorted(found, key=lambda candidate: -candidate.score)

    def _look(self, pyramid: ImagePyramid, region: Region) -> list[FaceCandidate]:
        crop = region.crop(pyramid, self.size, border=0)
        outputs = self.network(crop.astype(np.float32) / np.float32(127.5) - 1)
        logits = outputs[self._grid.scores][:, 0].astype(float)
        scores = 1 / (1 + np.exp(-np.clip(logits, -100, 100)))
        sure = scores >= self.min_score
        regressors = outputs[self._grid.boxes][sure]
        values = self._decode(regressors, self._anchors[sure])
        middles, sizes = values[:, 0], values[:, 1]
        boxes = np.concatenate((middles - sizes / 2, middles + sizes / 2), 1)
        flat = values.reshape(-1, 4 + 2 * _POINTS)
        faces, scores = weighted_suppression(boxes, flat, scores[sure])
        return [
            _candidate(region, face.reshape(-1, 2), float(score))
            for face, score in zip(faces, scores, strict=True)
        ]

    def _decode(
        self,
        regressors: Float[np.ndarray, "anchor 16"],
        anchors: Float[np.ndarray, "anchor 2"],
    ) -> Float[np.ndarray, "anchor 8 2"]:
        """Middle of the box, its size and the points, as fractions of the region."""
        values = regressors.astype(float).reshape(-1, 2 + _POINTS, 2) / self.size
        values[:, 0] += anchors
        values[:, 2:] += anchors[:, None]
        return values


def _candidate(
    region: Region, face: Float[np.ndarray, "8 2"], score: float
) -> FaceCandidate:
    middle, half = region.to_image(face[0]), face[1] * region.side / 2
    box = np.concatenate((middle - half, middle + half))
    return FaceCandidate(box, region.to_image(face[2:]), score)
