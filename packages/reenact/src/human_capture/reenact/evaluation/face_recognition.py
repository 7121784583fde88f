"""Networks that say who drawn people are."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn.functional import normalize

from human_capture.common.images import resize, to_bytes
from human_capture.reenact.evaluation.dlib_models import find_model, import_dlib
from human_capture.reenact.evaluation.pose_error import missing


@runtime_checkable
class IdentityJudge(Protocol):
    """Describes who is in crops."""

    def __call__(
        self,
        pictures: Float[Tensor, "picture 3 height width"],
        landmarks: Float[Tensor, "picture 68 2"],
        /,
    ) -> Float[Tensor, "picture number"]:
        """A descriptor of unit length; the closer two, the likelier the same person.

        Args:
            pictures: Crops by the rule of ``crops``, in [0, 1].
            landmarks: iBUG's 68 landmarks as shares of the side, to align faces by;
                NaN where no face is seen.
        """
        ...


class DlibFaceRecognition:
    """The 128 numbers of dlib's ResNet (http://dlib.net/face_recognition.py.html).

    Faces are aligned by the given landmarks in dlib's way; where there are none, the
    middle of the crop is taken, as in the official protocol. dlib and the network's
    file are in the extra ``evaluation``.

    Raises:
        InputError: The extra is not installed.
    """

    def __init__(self) -> None:
        network = find_model("dlib_face_recognition_resnet_model_v1.dat")
        self._dlib = import_dlib()
        self._network = self._dlib.face_recognition_model_v1(network)

    def __call__(
        self,
        pictures: Float[Tensor, "picture 3 height width"],
        landmarks: Float[Tensor, "picture 68 2"],
    ) -> Float[Tensor, "picture 128"]:
        """The descriptors, brought to unit length."""
        seen = zip(to_bytes(pictures), landmarks, missing(landmarks), strict=True)
        chips = [
            _middle(picture) if lost else self._aligned(picture, face.cpu().numpy())
            for picture, face, lost in seen
        ]
        if not chips:
            return torch.zeros(0, 128)
        described = np.array(self._network.compute_face_descriptor(chips))
        return normalize(torch.from_numpy(described).float(), dim=-1)

    def _aligned(
        self,
        picture: UInt8[np.ndarray, "size size 3"],
        landmarks: Float[np.ndarray, "68 2"],
    ) -> UInt8[np.ndarray, "150 150 3"]:
        # dlib takes landmarks in whole pixels only, so these should be small
        large = resize(picture, _ENLARGED, _ENLARGED)
        pixels = np.floor(landmarks * _ENLARGED).astype(int).tolist()
        box = self._dlib.rectangle(0, 0, _ENLARGED, _ENLARGED)
        points = [self._dlib.point(x, y) for x, y in pixels]
        face = self._dlib.full_object_detection(box, points)
        return np.asarray(self._dlib.get_face_chip(large, face, _CHIP, 0.25))


_CHIP, _ENLARGED = 150, 1024
_CUT = (42 / 256, 53 / 256)  # above and to the left of a face that was not found
_SIDE = 150 / 256  # of it


def _middle(
    picture: UInt8[np.ndarray, "size size 3"],
) -> UInt8[np.ndarray, "150 150 3"]:
    """The part of a crop where the official protocol takes a face to be."""
    size = len(picture)
    top, left, side = (round(size * share) for share in (*_CUT, _SIDE))
    part = picture[top : top + side, left : left + side]
    return resize(np.ascontiguousarray(part), _CHIP, _CHIP)
