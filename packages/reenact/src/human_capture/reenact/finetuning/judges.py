"""Who says how well a person is drawn while they are learned."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from human_capture.common.errors import InputError
from human_capture.reenact.evaluation.face_recognition import DlibFaceRecognition
from human_capture.reenact.evaluation.landmark_judges import LandmarkJudge
from human_capture.reenact.finetuning.stopping import IdentityJudge
from human_capture.reenact.networks.identity_encoder import IdentityEncoder


def usual_identity_judge(
    encoder: IdentityEncoder, landmarks: LandmarkJudge
) -> IdentityJudge:
    """Dlib's face recognition where it is installed, else the identity encoder.

    The former has no part in the training and so cannot be deceived by it.

    Args:
        encoder: Of the reenactor.
        landmarks: Finds faces for dlib to align them by.
    """
    try:
        recognition = DlibFaceRecognition()
    except InputError:
        return encoder_judge(encoder)

    def judge(
        pictures: Float[Tensor, "picture 3 height width"],
    ) -> Float[Tensor, "picture number"]:
        return recognition(pictures, landmarks(pictures))

    return judge


def encoder_judge(encoder: IdentityEncoder) -> IdentityJudge:
    """The identity encoder as a judge.

    Args:
        encoder: Stays as it is.
    """

    @torch.no_grad()
    def judge(
        pictures: Float[Tensor, "picture 3 height width"],
    ) -> Float[Tensor, "picture number"]:
        device = next(encoder.parameters()).device
        vectors: Tensor = encoder(pictures.to(device)).cpu()
        return vectors

    return judge
