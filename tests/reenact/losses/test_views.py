"""The parts of pictures that losses see."""

import numpy as np
import pytest
import torch
from skimage.data import astronaut
from torch import nn

from human_capture.common.errors import InputError
from human_capture.common.images import to_tensor
from human_capture.reenact.crops import Square, crop_face
from human_capture.reenact.losses.face_features import FaceFeaturesLoss
from human_capture.reenact.losses.views import face_of, look_at
from human_capture.reenact.objective import PictureLoss


def landmarks_at(eyes, mouth):
    points = torch.full((1, 68, 2), 0.5)
    points[:, 36:48], points[:, 48:68] = torch.tensor(eyes), torch.tensor(mouth)
    return points


def places(size=64):
    """Pictures of where their pixels are: column, row, nothing."""
    row, column = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return torch.stack((column, row, 0 * row))[None].float()


def test_the_face_is_the_middle_of_a_crop():
    images = torch.zeros(1, 3, 36, 36)
    images[..., 8:28, 8:28] = 1
    face = face_of(images)
    assert face.shape == images.shape and face.min() > 0.99


def test_eyes_and_mouth_are_looked_at_where_they_are():
    points = landmarks_at(eyes=(0.5, 0.375), mouth=(0.5625, 0.625))
    eyes, mouth = (look_at(places(), points, view) for view in ("eyes", "mouth"))
    assert eyes.shape == (1, 3, 16, 32) and mouth.shape == (1, 3, 16, 16)
    # the middle of 64 pixels is between the columns 31 and 32
    assert eyes[0, :2].mean((1, 2)).tolist() == [31.5, 23.5]
    assert mouth[0, :2].mean((1, 2)).tolist() == [35.5, 39.5]


def test_each_picture_has_its_own_mouth_which_stays_inside():
    points = torch.cat(
        [landmarks_at((0.5, 0.4), place) for place in ((0.0, 0.0), (2.0, 0.5))]
    )
    first, second = look_at(places().expand(2, -1, -1, -1), points, "mouth")
    assert first[:2].amax((1, 2)).tolist() == [15, 15]
    assert second[0].min() == 48 and second[1].mean() == 31.5


def test_unknown_landmarks_are_told_only_where_they_matter():
    points = landmarks_at((0.5, 0.4), (0.5, 0.6))
    points[0, 50] = torch.nan
    assert look_at(places(), points, "picture").shape == (1, 3, 64, 64)
    assert look_at(places(), points, "face").shape == (1, 3, 64, 64)
    assert look_at(places(), points, "eyes").shape == (1, 3, 16, 32)
    with pytest.raises(InputError, match=r"at the mouth, .* are not known; leave out"):
        look_at(places(), points, "mouth")


@pytest.mark.parametrize(
    ("view", "inside", "outside"),
    [
        ("picture", (0, 0), None),
        ("face", (64, 64), (4, 64)),
        ("eyes", (50, 40), (80, 64)),
        ("mouth", (80, 64), (50, 40)),
    ],
)
def test_a_loss_sees_nothing_but_its_view(view, inside, outside):
    loss = PictureLoss("features", FaceFeaturesLoss(), 2.0, view)
    cropped = crop_face(astronaut(), Square(130, 20, 190), 128)
    wanted = to_tensor(np.asarray(cropped))[None]
    points = landmarks_at(eyes=(0.5, 0.4), mouth=(0.5, 0.625))

    def cost(place):
        found = wanted.clone()
        if place is not None:
            found[..., place[0], place[1]] = 1 - found[..., place[0], place[1]]
        return float(loss(found, wanted, points))

    assert cost(None) == 0 and cost(inside) > 0
    assert cost(outside) == 0


def test_what_a_mouth_does_counts_more_where_the_face_alone_is_seen():
    cropped = crop_face(astronaut(), Square(130, 20, 190), 128)
    picture = to_tensor(np.asarray(cropped))[None]
    points = landmarks_at(eyes=(0.5, 0.4), mouth=(0.5, 0.625))
    shoulders, mouth = picture.clone(), picture.clone()
    shoulders[..., 112:, :] = 0
    mouth[..., 76:88, 52:76] = 0
    whole, face = (
        PictureLoss("features", FaceFeaturesLoss(), view=view)
        for view in ("picture", "face")
    )
    assert face(shoulders, picture, points).item() == 0
    assert face(mouth, picture, points) > whole(mouth, picture, points) > 0


def test_no_gradient_reaches_what_is_not_seen():
    loss, points = PictureLoss("l1", nn.L1Loss(), view="face"), torch.rand(1, 68, 2)
    found = torch.rand(1, 3, 64, 64, requires_grad=True)
    loss(found, torch.rand(1, 3, 64, 64), points).backward()
    assert found.grad.isfinite().all() and found.grad[..., 32, 32].abs().min() > 0
    # only the middle counts
    assert found.grad[..., :10, :].abs().max() == 0
