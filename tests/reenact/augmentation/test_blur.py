import cv2
import numpy as np
import pytest
import torch
from scipy import ndimage

from human_capture.reenact.augmentation.blur import (
    average_blur,
    gaussian_blur,
    median_blur,
)


def test_a_bell_matches_scipy(pictures):
    sigma = torch.tensor([0.3, 0.6, 0.8, 1.0])
    blurred = gaussian_blur(pictures, sigma)
    for i in range(4):
        wanted = ndimage.gaussian_filter(
            pictures[i].double().numpy(),
            (0, float(sigma[i]), float(sigma[i])),
            mode="mirror",
            radius=(0, 2, 2),
        )
        assert np.abs(blurred[i].numpy() - wanted).max() < 1e-6


def test_a_bell_of_no_width_changes_nothing(pictures):
    blurred = gaussian_blur(pictures, torch.tensor([0.0, 1e-4, 1e-3, 0.01]))
    assert torch.allclose(blurred, pictures)


def test_means_match_opencv(pictures):
    sides = torch.tensor([1, 2, 3, 2])
    blurred = average_blur(pictures, sides)
    for i, side in enumerate(sides.tolist()):
        picture = pictures[i].permute(1, 2, 0).contiguous().numpy()
        wanted = cv2.blur(picture, (side, side))
        assert np.abs(blurred[i].permute(1, 2, 0).numpy() - wanted).max() < 1e-6


@pytest.mark.parametrize("levels", [4, 256])  # few levels have many ties
def test_medians_match_scipy(pictures, levels):
    pictures = (pictures * (levels - 1)).round() / (levels - 1)
    wanted = ndimage.median_filter(pictures.numpy(), (1, 1, 3, 3), mode="nearest")
    assert np.array_equal(median_blur(pictures).numpy(), wanted)
