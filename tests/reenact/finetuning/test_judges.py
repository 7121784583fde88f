"""Who says how well a person is drawn."""

import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.finetuning import judges
from human_capture.reenact.finetuning.judges import (
    encoder_judge,
    usual_identity_judge,
)

PICTURES = torch.rand(3, 3, 16, 16)


@pytest.fixture
def encoder(networks):
    return networks()[0].identity_encoder.eval()


def landmarks(pictures):
    return torch.full((len(pictures), 68, 2), 0.5)


def test_the_encoder_judges_as_it_is(encoder):
    vectors = encoder_judge(encoder)(PICTURES)
    assert not vectors.requires_grad
    torch.testing.assert_close(vectors, encoder(PICTURES).detach())


def test_without_dlib_the_encoder_judges(encoder, monkeypatch):
    def missing():
        raise InputError("The extra is not installed.")

    monkeypatch.setattr(judges, "DlibFaceRecognition", missing)
    judge = usual_identity_judge(encoder, landmarks)
    torch.testing.assert_close(judge(PICTURES), encoder(PICTURES).detach())


def test_dlib_judges_by_landmarks(encoder, monkeypatch):
    def recognition(pictures, found):
        return pictures.mean((1, 2, 3))[:, None] + found.mean((1, 2))[:, None]

    monkeypatch.setattr(judges, "DlibFaceRecognition", lambda: recognition)
    judge = usual_identity_judge(encoder, landmarks)
    torch.testing.assert_close(judge(PICTURES), PICTURES.mean((1, 2, 3))[:, None] + 0.5)
