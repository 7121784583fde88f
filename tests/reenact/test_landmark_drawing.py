import cv2
import numpy as np
import pytest
import torch

from human_capture.reenact.networks.landmark_drawing import draw_landmarks

PARTS = [
    (range(0, 17), False, (255, 255, 255)),
    (range(17, 22), False, (255, 0, 0)),
    (range(22, 27), False, (0, 255, 0)),
    (range(27, 31), False, (0, 0, 255)),
    (range(31, 36), False, (0, 0, 255)),
    (range(36, 42), True, (255, 0, 255)),
    (range(42, 48), True, (0, 255, 255)),
    (range(48, 60), True, (255, 255, 0)),
]


def faces(count: int = 3) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, 68, 2, generator=generator) * 1.2 - 0.1


def authors_drawing(face: torch.Tensor, size: int, thickness: int) -> np.ndarray:
    """Pixels of the authors have their middles at whole numbers."""
    points = (face * size - 0.5).round().int().numpy()
    drawing = np.zeros((size, size, 3), np.uint8)
    for part, closed, colour in PARTS:
        cv2.polylines(drawing, [points[list(part)]], closed, colour, thickness)
    return drawing


@pytest.mark.parametrize(("size", "thickness"), [(256, 2), (128, 1), (64, 1), (512, 4)])
def test_drawings_are_those_of_the_authors(size, thickness):
    drawings = draw_landmarks(faces(), size)
    for drawing, face in zip(drawings, faces(), strict=True):
        expected = authors_drawing(face, size, thickness)
        ours = (drawing * 255).round().byte().permute(1, 2, 0).numpy()
        assert np.array_equal(ours, expected) and ours.any()


def test_inner_lips_are_not_drawn():
    moved = faces()
    moved[:, 60:] = 0.5
    assert torch.equal(draw_landmarks(moved, 64), draw_landmarks(faces(), 64))
    moved[:, 59] = 0.5
    assert not torch.equal(draw_landmarks(moved, 64), draw_landmarks(faces(), 64))


def test_a_line_through_an_unknown_landmark_is_left_out():
    unknown = torch.full((1, 68, 2), torch.nan)
    assert not draw_landmarks(unknown, 32).any()
    unknown[0, 22:27] = torch.tensor([[0.1, 0.5], [0.3, 0.4], [0.5, 0.5], [0.7, 0.4],
                                      [0.9, 0.5]])  # fmt: skip
    red, green, blue = draw_landmarks(unknown, 32)[0]
    assert green.max() == 1 and not red.any() and not blue.any()


def test_landmarks_far_outside_do_no_harm():
    far = 1e12 * (faces() - 0.5)
    assert draw_landmarks(far, 32).isfinite().all()
    assert draw_landmarks(faces()[:0], 32).shape == (0, 3, 32, 32)
