import pytest
import torch

from human_capture.common.errors import InputError
from human_capture.reenact.networks.generator import Generator
from human_capture.reenact.networks.keypoint_driven.embedder import Embedder
from human_capture.reenact.networks.keypoint_driven.reenactor import (
    KeypointReenactor,
    landmarks_to_pose,
    pose_to_landmarks,
)
from human_capture.reenact.networks.landmark_drawing import draw_landmarks


@pytest.fixture
def seen():
    """Two pictures of each of three people, with landmarks."""
    generator = torch.Generator().manual_seed(0)
    pictures = torch.rand(3, 2, 3, 16, 16, generator=generator)
    return pictures, torch.rand(3, 2, 68, 2, generator=generator)


def test_the_pose_is_x_and_y_of_each_landmark_around_zero(seen):
    landmarks = seen[1][:, 0]
    pose = landmarks_to_pose(landmarks)
    assert torch.equal(pose[:, 2 * 30], landmarks[:, 30, 0] - 0.5)
    assert torch.equal(pose[:, 2 * 30 + 1], landmarks[:, 30, 1] - 0.5)
    torch.testing.assert_close(pose_to_landmarks(pose), landmarks)


def test_every_kind_draws_who_is_in_pictures_in_a_pose(players, seen):
    reenactor = players[0].eval()
    pictures, landmarks = seen
    identities = reenactor.identities_of(pictures, landmarks)
    assert identities.shape == (3, 2, 8)
    pose = reenactor.pose_of(pictures[:, 0], landmarks[:, 0])
    drawn = reenactor.draw(identities.mean(1), pose)
    assert drawn.picture.shape == (3, 3, reenactor.size, reenactor.size)
    other = reenactor.pose_of(pictures[:, 1], landmarks[:, 1])
    moved = reenactor.draw(identities.mean(1), other)
    assert not torch.equal(moved.picture, drawn.picture)
    else_who = reenactor.draw(identities.mean(1).flip(0), pose)
    assert not torch.equal(else_who.picture, drawn.picture)


@pytest.mark.parametrize("kind", ["vector", "drawing"])
def test_pictures_do_not_drive(kind, seen, request):
    reenactor = request.getfixturevalue(kind)[0]
    pictures, landmarks = seen[0][:, 0], seen[1][:, 0]
    pose = reenactor.pose_of(pictures, landmarks)
    assert torch.equal(pose, reenactor.pose_of(1 - pictures, landmarks))


def test_a_latent_descriptor_needs_no_landmarks(networks, seen):
    reenactor = networks()[0].eval()
    pictures, unknown = seen[0], torch.full((3, 2, 68, 2), torch.nan)
    identities = reenactor.identities_of(pictures, unknown)
    assert torch.equal(identities, reenactor.identities(pictures))
    pose = reenactor.pose_of(pictures[:, 0], unknown[:, 0])
    assert torch.equal(pose, reenactor.pose(pictures[:, 0]))
    assert reenactor.beside(pose) is None


def test_drawings_come_before_pictures_and_become_pictures(drawing, seen):
    reenactor, shown = drawing[0].eval(), []
    reenactor.identity_encoder.register_forward_pre_hook(
        lambda _, inputs: shown.append(inputs[0])
    )
    reenactor.generator.register_forward_pre_hook(
        lambda _, inputs: shown.append(inputs[1])
    )
    pictures, landmarks = seen
    identities = reenactor.identities_of(pictures, landmarks)
    expected = draw_landmarks(landmarks.flatten(0, 1), 16).reshape(3, 2, 3, 16, 16)
    assert torch.equal(shown[0], torch.cat((expected, pictures), 2))
    pose = reenactor.pose_of(pictures[:, 0], landmarks[:, 0])
    reenactor.draw(identities[:, 0], pose)
    # rounding may carry a landmark over the border of a pixel
    again = draw_landmarks(pose_to_landmarks(pose), 16)
    assert torch.equal(shown[1], again)
    assert torch.equal(reenactor.beside(pose), again) and again.any()


@pytest.mark.parametrize("kind", ["vector", "drawing"])
def test_pictures_without_landmarks_are_one_sentence(kind, seen, request):
    reenactor = request.getfixturevalue(kind)[0]
    pictures, landmarks = seen
    landmarks[1, 0, 5] = torch.nan
    with pytest.raises(InputError, match="no landmarks"):
        reenactor.pose_of(pictures[:, 0], landmarks[:, 0])


def test_a_generator_for_another_pose_is_one_sentence():
    with pytest.raises(InputError, match="136"):
        KeypointReenactor(Embedder(8, 16, 4, 8), Generator(8, 64, 16, 4, 8))
