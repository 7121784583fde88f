import numpy as np
import torch

from human_capture.common.crops import crop_cameras, crop_image, square_boxes
from human_capture.common.rigs import ring


def test_boxes_are_squares_that_hold_the_valid_points():
    points = torch.tensor([[[10.0, 20.0], [110.0, 60.0], [1e6, 1e6]]])
    valid = torch.tensor([[True, True, False]])
    left, top, right, bottom = square_boxes(points, valid, margin=1.2)[0].tolist()
    assert right - left == bottom - top == 120
    assert left <= 10 and right >= 110 and top <= 20 and bottom >= 60


def test_a_box_without_points_is_small_and_finite():
    points = torch.full((1, 3, 2), torch.nan)
    box = square_boxes(points, torch.zeros(1, 3, dtype=torch.bool), smallest=40.0)
    assert (box[0, 2:] - box[0, :2]).tolist() == [40, 40]


def test_a_crop_of_the_same_size_is_the_part_of_the_image():
    image = np.random.default_rng(0).integers(0, 255, (50, 60, 3), np.uint8)
    crop = crop_image(image, (10, 5, 42, 37), 32)
    np.testing.assert_array_equal(crop, image[5:37, 10:42])


def test_outside_the_image_is_black():
    image = np.full((20, 20, 3), 200, np.uint8)
    crop = crop_image(image, (-10, -10, 10, 10), 20)
    assert (crop[:10] == 0).all() and (crop[:, :10] == 0).all()
    assert (crop[10:, 10:] == 200).all()
    assert (crop_image(image, (100, 100, 120, 120), 20) == 0).all()


def test_cameras_follow_the_crop():
    # a bright pixel must lie where the camera of the crop sees its point
    cameras = ring(3, width=400)
    point = torch.tensor([[0.1, -0.2, 1.1]])
    pixels, _ = cameras.project(point)
    boxes = square_boxes(pixels + torch.tensor([[30.0, -12.0]]), pixels[..., 0] > 0)
    boxes = boxes + torch.tensor([-50, -50, 50, 50])
    moved, _ = crop_cameras(cameras, boxes, 64).project(point)
    for view in range(3):
        image = np.zeros((400, 400, 3), np.uint8)
        column, row = pixels[view, 0].int().tolist()
        image[row - 2 : row + 3, column - 2 : column + 3] = 255
        crop = crop_image(image, tuple(boxes[view].tolist()), 64)[..., 0].astype(float)
        rows, columns = np.mgrid[:64, :64] + 0.5
        found = [(columns * crop).sum() / crop.sum(), (rows * crop).sum() / crop.sum()]
        assert np.abs(np.array(found) - moved[view, 0].numpy()).max() < 0.5
