import cv2
import numpy as np
import pytest
import torch
from scipy import ndimage

from human_capture.reenact.augmentation.geometry import displace, shift, stretch


def test_stretching_matches_scipy(pictures):
    scale = torch.tensor([[0.8, 1.2], [1.2, 0.8], [1.0, 0.9], [0.85, 1.0]])
    stretched = stretch(pictures, scale)
    middle = np.array([(64 - 1) / 2, (48 - 1) / 2])[:, None, None]
    pixels = np.stack(np.mgrid[:64, :48])
    for i in range(4):
        source = middle + (pixels - middle) / scale[i].flip(0).numpy()[:, None, None]
        for channel, got in zip(pictures[i].numpy(), stretched[i], strict=True):
            wanted = ndimage.map_coordinates(channel, source, order=1, mode="mirror")
            assert np.abs(got.numpy() - wanted).max() < 1e-5


def test_above_1_enlarges():
    bar = torch.zeros(1, 1, 20, 20)
    bar[..., 8:12] = 1  # 4 pixels wide
    for scale in (0.8, 1.2):
        wider = stretch(bar, torch.tensor([[scale, 1.0]]))
        assert float(wider[0, 0, 10].sum()) == pytest.approx(4 * scale, rel=0.05)
        higher = stretch(bar, torch.tensor([[1.0, scale]]))
        assert torch.allclose(higher, bar, atol=1e-5)


def test_moving_matches_numpy(pictures):
    pixels = torch.tensor([[3, -2], [0, 0], [-4, 1], [2, 4]])
    moved = shift(pictures, pixels)
    for i, (x, y) in enumerate(pixels.tolist()):
        padded = np.pad(pictures[i].numpy(), ((0, 0), (4, 4), (4, 4)), "reflect")
        wanted = padded[:, 4 - y : 68 - y, 4 - x : 52 - x]
        assert np.array_equal(moved[i].numpy(), wanted)


def test_positive_pixels_move_to_the_right_and_down():
    dot = torch.zeros(1, 1, 9, 9)
    dot[0, 0, 4, 4] = 1
    assert shift(dot, torch.tensor([[2, 1]]))[0, 0, 5, 6] == 1


def test_trembling_matches_opencv(pictures, generator):
    # OpenCV knows places to a 32nd of a pixel
    steps = torch.randint(-112, 113, (4, 64, 48, 2), generator=generator)
    pixels = steps / 32
    displaced = displace(pictures, pixels)
    y, x = np.mgrid[:64, :48].astype(np.float32)
    for i in range(4):
        wanted = cv2.remap(
            pictures[i].permute(1, 2, 0).contiguous().numpy(),
            x + pixels[i, ..., 0].numpy(),
            y + pixels[i, ..., 1].numpy(),
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        assert np.abs(displaced[i].permute(1, 2, 0).numpy() - wanted).max() < 1e-3


def test_no_displacement_changes_nothing(pictures):
    assert torch.allclose(
        displace(pictures, torch.zeros(4, 64, 48, 2)), pictures, atol=1e-4
    )
