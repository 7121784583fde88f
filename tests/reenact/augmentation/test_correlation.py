import numpy as np
import torch
from scipy import ndimage

from human_capture.reenact.augmentation.correlation import (
    correlate,
    emboss,
    outline,
    sharpen,
)

NOTHING = np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])
ALPHA = torch.tensor([0.0, 0.3, 0.7, 1.0])
OTHER = torch.tensor([0.5, 0.0, 0.2, 0.4])


def assert_matches(changed, pictures, kernels):
    for picture, result, kernel in zip(pictures, changed, kernels, strict=True):
        for channel, got in zip(picture.double().numpy(), result, strict=True):
            wanted = ndimage.correlate(channel, kernel, mode="mirror")
            assert np.abs(got.numpy() - wanted).max() < 2e-5


def test_sums_match_scipy_for_a_kernel_each(pictures, generator):
    for shape in ((3, 3), (1, 5), (5, 3)):
        kernels = torch.randn(4, *shape, generator=generator)
        changed = correlate(pictures, kernels)
        assert_matches(changed, pictures, kernels.double().numpy())


def test_sharpening_matches_its_kernel(pictures):
    kernels = []
    for alpha, lightness in zip(ALPHA.tolist(), (1 + OTHER).tolist(), strict=True):
        effect = np.array([[-1, -1, -1], [-1, 8 + lightness, -1], [-1, -1, -1]])
        kernels.append((1 - alpha) * NOTHING + alpha * effect)
    assert_matches(sharpen(pictures, ALPHA, 1 + OTHER), pictures, kernels)


def test_a_relief_matches_its_kernel(pictures):
    kernels = []
    for alpha, strength in zip(ALPHA.tolist(), OTHER.tolist(), strict=True):
        effect = np.array(
            [
                [-1 - strength, -strength, 0],
                [-strength, 1, strength],
                [0, strength, 1 + strength],
            ]
        )
        kernels.append((1 - alpha) * NOTHING + alpha * effect)
    assert_matches(emboss(pictures, ALPHA, OTHER), pictures, kernels)


def test_edges_match_their_kernel(pictures):
    effect = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    kernels = [(1 - alpha) * NOTHING + alpha * effect for alpha in ALPHA.tolist()]
    assert_matches(outline(pictures, ALPHA), pictures, kernels)
