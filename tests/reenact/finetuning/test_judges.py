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


LANDMARKS = torch.full((3, 68, 2), 0.5)


def test_the_encoder_judges_as_it_is(encoder):
    vectors = encoder_judge(encoder)(PICTURES, LANDMARKS)
    assert not vectors.requires_grad
    wanted = encoder(PICTURES).detach()
    torch.testing.assert_close(vectors, wanted / wanted.norm(dim=1, keepdim=True))


def test_without_dlib_the_encoder_judges(encoder, monkeypatch):
    def missing():
        raise InputError("The extra is not installed.")

    monkeypatch.setattr(judges, "DlibFaceRecognition", missing)
    judge = usual_identity_judge(encoder)
    wanted = encoder_judge(encoder)(PICTURES, LANDMARKS)
    torch.testing.assert_close(judge(PICTURES, LANDMARKS), wanted)


def test_dlib_judges_where_it_is_installed(encoder, monkeypatch):
    def recognition(pictures, landmarks):
        raise AssertionError

    monkeypatch.setattr(judges, "DlibFaceRecognition", lambda: recognition)
    assert usual_identity_judge(encoder) is recognition
