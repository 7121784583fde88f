"""Networks that say where the landmarks of drawn heads are."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from human_capture.common.detectors.face_landmarks import DetectedFace, FaceLandmarker
from human_capture.common.detectors.models import Network, find_network
from human_capture.common.detectors.regions import ImagePyramid, Region
from human_capture.common.images import resize, to_bytes
from human_capture.reenact.crops import SCALE
from human_capture.reenact.evaluation.dlib_models import find_model, import_dlib
from human_capture.reenact.evaluation.pose_error import missing
from human_capture.reenact.landmarks import face68


@runtime_checkable
class LandmarkJudge(Protocol):
    """Finds the landmarks of heads in crops."""

    def __call__(
        self, pictures: Float[Tensor, "picture 3 height width"], /
    ) -> Float[Tensor, "picture 68 2"]:
        """The 68 landmarks of iBUG as shares of the side; NaN where no face is seen.

        Args:
            pictures: Crops by the rule of ``crops``, in [0, 1].
        """
        ...


class MeshLandmarks:
    """Landmarks by MediaPipe's face mesh.

    The crop rule says where the face is, so nothing is searched for: the network looks
    there, and then again where it has seen the face.

    Args:
        folder: Folder with the network file; see ``models.find_network``.
        min_score: Probability of a face below which none is reported.
        passes: How often the network looks.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        min_score: float = 0.5,
        passes: int = 2,
    ) -> None:
        network = Network(find_network("face_landmark.tflite", folder))
        self.landmarker = FaceLandmarker(network)
        self.min_score, self.passes = min_score, passes

    def __call__(
        self, pictures: Float[Tensor, "picture 3 height width"]
    ) -> Float[Tensor, "picture 68 2"]:
        """The landmarks; NaN where no face is seen."""
        size = pictures.shape[-1]
        faces = [self._face(picture) for picture in to_bytes(pictures)]
        points = [_NOWHERE if f is None else face68(f.landmarks) / size for f in faces]
        return torch.from_numpy(np.reshape(points, (-1, 68, 2))).float()

    def _face(self, picture: UInt8[np.ndarray, "size size 3"]) -> DetectedFace | None:
        size = len(picture)
        pyramid = ImagePyramid(picture)
        region = Region(size / 2, size / 2, _LOOK / SCALE * size)
        for _ in range(self.passes):
            face = self.landmarker(pyramid, region)
            if face.score < self.min_score:
                return None
            region = face.region
        return face


class DlibLandmarks:
    """Landmarks by dlib's regression trees (Kazemi and Sullivan, CVPR 2014).

    They know frontal faces best, and never say that there is none. dlib and the trees
    are in the extra ``evaluation``.

    Raises:
        InputError: The extra is not installed.
    """

    def __init__(self) -> None:
        trees = find_model("shape_predictor_68_face_landmarks.dat")
        self._dlib = import_dlib()
        self._trees = self._dlib.shape_predictor(trees)

    def __call__(
        self, pictures: Float[Tensor, "picture 3 height width"]
    ) -> Float[Tensor, "picture 68 2"]:
        """The landmarks, wherever they fit best."""
        points = [self._face(picture) for picture in to_bytes(pictures)]
        found = torch.from_numpy(np.reshape(points, (-1, 68, 2))).float()
        return found / _ENLARGED

    def _face(
        self, picture: UInt8[np.ndarray, "size size 3"]
    ) -> list[tuple[float, float]]:
        # landmarks come as whole pixels
        large = resize(picture, _ENLARGED, _ENLARGED)
        found = self._trees(large, self._dlib.rectangle(*_BOX)).parts()
        return [(point.x + 0.5, point.y + 0.5) for point in found]


def completed(found: Float[Tensor, "picture 68 2"]) -> Float[Tensor, "picture 68 2"]:
    """Landmarks where a face that was not found has the mean of the others.

    Args:
        found: By a judge.
    """
    lost = missing(found)
    mean = found[~lost].mean(0).nan_to_num(0.5)  # the middle, if none is found
    return torch.where(lost[:, None, None], mean, found)


_ENLARGED = 512
_BOX = (123, 121, 389, 387)  # where dlib's detector sees faces of the crop rule

_LOOK = 1.5  # of the network's view over the extent of the landmarks
_NOWHERE = np.full((68, 2), np.nan)
