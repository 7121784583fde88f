"""Pictures compared by what a face detector sees."""

import torch
from skimage.data import astronaut

from human_capture.common.images import to_tensor
from human_capture.reenact.crops import Square, crop_face
from human_capture.reenact.losses.face_features import FaceFeaturesLoss


def face(size=128):
    return to_tensor(crop_face(astronaut(), Square(130, 20, 190), size))[None]


def test_it_is_zero_for_equal_pictures_and_grows_with_the_difference():
    loss, picture = FaceFeaturesLoss(), face()
    little = (picture + 0.02 * torch.randn_like(picture)).clamp(0, 1)
    much = (picture + 0.2 * torch.randn_like(picture)).clamp(0, 1)
    assert loss(picture, picture).item() == 0
    assert 0 < loss(little, picture) < loss(much, picture)


def test_a_face_without_eyes_costs_more_than_a_change_of_as_many_pixels_elsewhere():
    loss, picture = FaceFeaturesLoss(), face()
    part = (slice(None), slice(None), slice(48, 60), slice(40, 88))
    eyeless, elsewhere = picture.clone(), picture.clone()
    eyeless[part] = picture[part].mean((-2, -1), keepdim=True)
    # as large a change, far from the face
    elsewhere[..., 4:16, 40:88] += (eyeless - picture)[part]
    assert loss(eyeless, picture) > loss(elsewhere, picture)


def test_gradients_reach_pictures_of_any_size():
    loss = FaceFeaturesLoss()
    picture = face(64).requires_grad_()
    loss(picture, face(64).flip(-1)).backward()
    assert picture.grad.isfinite().all() and picture.grad.abs().sum() > 0
