import cv2
import numpy as np
import pytest
import torch

from human_capture.reenact.augmentation.photometric import (
    brighten,
    linear_contrast,
    multiply,
    saturate,
    sigmoid_contrast,
)


def test_brightness_is_added_and_multiplied_for_each_picture(pictures):
    offset = torch.linspace(-0.1, 0.1, 12).view(4, 3)
    factor = torch.tensor([0.5, 0.9, 1.1, 1.5])
    brighter = brighten(pictures, offset)
    multiplied = multiply(pictures, factor)
    for i in range(4):
        assert torch.allclose(multiplied[i], pictures[i] * factor[i])
        for j in range(3):
            assert torch.allclose(brighter[i, j], pictures[i, j] + offset[i, j])


def test_contrasts_match_their_formulas(pictures):
    factor = torch.tensor([0.75, 1.0, 1.1, 1.25])
    gain = torch.tensor([3.0, 5.0, 8.0, 11.0])
    linear = linear_contrast(pictures, factor)
    sigmoid = sigmoid_contrast(pictures, gain)
    for i in range(4):
        picture = pictures[i].double().numpy()
        wanted = 0.5 + float(factor[i]) * (picture - 0.5)
        assert np.abs(linear[i].numpy() - wanted).max() < 1e-6
        wanted = 1 / (1 + np.exp(float(gain[i]) * (0.5 - picture)))
        assert np.abs(sigmoid[i].numpy() - wanted).max() < 1e-6


def test_saturation_matches_hsv_of_opencv(pictures):
    offset = torch.tensor([-20.0, -5.0, 5.0, 20.0]) / 255
    changed = saturate(pictures, offset)
    for i in range(4):
        picture = pictures[i].permute(1, 2, 0).contiguous().numpy()
        hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
        hsv[..., 1] = np.clip(hsv[..., 1] + float(offset[i]), 0, 1)
        wanted = cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)
        apart = np.abs(changed[i].permute(1, 2, 0).numpy() - wanted)
        assert apart.max() < 1e-4


@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
def test_grey_and_black_stay_as_they_are(level):
    grey = torch.full((2, 3, 4, 4), level)
    changed = saturate(grey, torch.tensor([-0.1, 0.1]))
    assert torch.equal(changed, grey)
