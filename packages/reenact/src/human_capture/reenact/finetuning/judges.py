"""Who says how well a person is drawn while they are learned."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

from human_capture.common.errors import InputError
from human_capture.reenact.evaluation.face_recognition import (
    DlibFaceRecognition,
    IdentityJudge,
)
from human_capture.reenact.networks.identity_encoder import IdentityEncoder


def usual_identity_judge(encoder: IdentityEncoder) -> IdentityJudge:
    """Dlib's face recognition where it is installed, else the identity encoder.

    The former has no part in the training and so cannot be deceived by it.

    Args:
        encoder: Of the reenactor.
    """
    try:
        return DlibFaceRecognition()
    except InputError:
        return encoder_judge(encoder)


def encoder_judge(encoder: IdentityEncoder) -> IdentityJudge:
    """The identity encoder as a judge, which needs no landmarks.

    Args:
        encoder: Stays as it is.
    """

    @torch.no_grad()
    def judge(
        pictures: Float[Tensor, "picture 3 height width"],
        landmarks: Float[Tensor, "picture 68 2"],
    ) -> Float[Tensor, "picture number"]:
        device = next(encoder.parameters()).device
        vectors: Tensor = encoder(pictures.to(device)).cpu()
        return normalize(vectors, dim=-1)

    return judge
