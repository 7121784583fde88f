"""The face landmark network: 468 points of one face inside a region.

MediaPipe's face mesh (https://arxiv.org/abs/1907.06724) sees 192 x 192 pixels. Its
points have fixed numbers: 33 and 263 are the outer corners of the right and the left
eye, 1 the tip of the nose and 2 its base, 152 the chin, 234 and 454 lie in front of the
right and the left ear. Right and left are the person's own.

Measured with ``face_finder.FaceFinder`` on 24 drawn people in 144 pictures with exact
landmarks, in shares of the distance between the outer corners of the eyes: half of the
points lie within 3.7 % (median picture; 5.3 % in the worst) seen from up to 20 degrees
aside, within 4.4 % up to 40 degrees and within 5.5 % up to 60 degrees; 107 of these 108
faces are found. From 60 to 75 degrees it is 12 %, five of six faces; beyond, 3 of 30.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from human_capture.common.detectors.models import Network
from human_capture.common.detectors.regions import ImagePyramid, Region

LANDMARKS = 468
_POINTS, _SCORE = "conv2d_21", "conv2d_31"
_EYES = (33, 263)
_SCALE = 1.5  # of the network's view over the extent of the landmarks
_HEAD = 2.4  # of the head with the shoulders over the network's view


@dataclass(frozen=True)
class DetectedFace:
    """One face in one picture.

    Attributes:
        landmarks: Pixels; pixel centres at +0.5.
        depth: Distance behind a plane through the face, roughly in pixels; below 0
            for the tip of the nose.
        score: Probability that there is a face at all.
        box: Left, top, right and bottom of the landmarks in pixels.
        region: Where the landmark network should look next, in this or the next frame.
    """

    landmarks: Float[np.ndarray, "468 2"]
    depth: Float[np.ndarray, " 468"]
    score: float
    box: Float[np.ndarray, " 4"]
    region: Region

    @classmethod
    def from_landmarks(
        cls,
        landmarks: Float[np.ndarray, "468 2"],
        depth: Float[np.ndarray, " 468"],
        score: float,
    ) -> DetectedFace:
        """The face with these landmarks."""
        box = np.concatenate((landmarks.min(0), landmarks.max(0)))
        return cls(landmarks, depth, score, box, _region_around(landmarks))

    @property
    def head(self) -> Region:
        """Square around head and shoulders, turned with the head.

        It is what ``person_mask.PersonSegmenter`` sees the outline of the head best in.
        """
        return replace(self.region, side=_HEAD * self.region.side)

    @property
    def size(self) -> float:
        """Width times height of the box in square pixels."""
        return float(np.prod(self.box[2:] - self.box[:2]))

    def holds(self, point: Float[np.ndarray, " 2"]) -> bool:
        """Whether a point lies in the box."""
        return bool((self.box[:2] <= point).all() and (point <= self.box[2:]).all())

    def is_copy_of(self, other: DetectedFace) -> bool:
        """Whether both show the same face: the middle of one lies in the other."""
        here, there = ((f.box[:2] + f.box[2:]) / 2 for f in (self, other))
        return self.holds(there) or other.holds(here)


class FaceLandmarker:
    """Landmarks of the face in a region.

    Args:
        network: ``face_landmark.tflite``.
    """

    def __init__(self, network: Network) -> None:
        network.require_outputs({_POINTS: (1, 1, 3 * LANDMARKS), _SCORE: (1, 1, 1)})
        self.network = network
        self._size = network.input_size

    def __call__(self, pyramid: ImagePyramid, region: Region) -> DetectedFace:
        """The face in ``region``, there or not: see its score.

        Args:
            pyramid: The image.
            region: Where to look; the face should be upright in it and fill two thirds.
        """
        crop = region.crop(pyramid, self._size)
        outputs = self.network(crop.astype(np.float32) / np.float32(255))
        points = outputs[_POINTS].reshape(LANDMARKS, 3).astype(float) / self._size
        logit = float(np.clip(outputs[_SCORE].item(), -100, 100))
        return DetectedFace.from_landmarks(
            landmarks=region.to_image(points[:, :2]),
            depth=points[:, 2] * region.side,
            score=1 / (1 + math.exp(-logit)),
        )


def _region_around(landmarks: Float[np.ndarray, "468 2"]) -> Region:
    """The square about the landmarks' extent along and across the line of the eyes."""
    right, left = landmarks[[*_EYES]]
    across, down = (left - right).tolist()
    turn = math.atan2(down, across)
    level = Region(0.0, 0.0, 1.0, turn)
    turned = level.from_image(landmarks)
    low, high = turned.min(0), turned.max(0)
    x, y = level.to_image((low + high) / 2).tolist()
    return Region(x, y, _SCALE * float((high - low).max()), turn)
