import cv2
import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.reenact.crops import (
    Square,
    crop_face,
    crop_mask,
    face_square,
    paste,
)


@pytest.fixture
def picture():
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 2)


def test_square_is_the_landmarks_extent_enlarged():
    # 100 wide, 60 high, middle (150, 230): side 180, so from (60, 140)
    landmarks = np.array([[100.0, 200.0], [200.0, 260.0], [150.0, 230.0]])
    assert face_square(landmarks) == Square(60, 140, 180)


def test_side_does_not_depend_on_the_place_within_a_pixel():
    landmarks = np.array([[100.0, 200.0], [211.3, 260.0]])
    sides = {face_square(landmarks + shift).side for shift in np.linspace(0, 1, 11)}
    assert sides == {201}  # 1.8 x 111.3 = 200.34


def test_square_lies_around_the_middle_to_half_a_pixel():
    random = np.random.default_rng(1)
    for _ in range(50):
        landmarks = random.uniform(-50, 300, (20, 2))
        square = face_square(landmarks)
        middle = (landmarks.min(0) + landmarks.max(0)) / 2
        found = np.array([square.left, square.top]) + square.side / 2
        assert np.abs(found - middle).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("points", [np.zeros((0, 2)), np.full((468, 2), np.nan)])
def test_no_landmarks_no_square(points):
    with pytest.raises(InputError, match="finite landmarks"):
        face_square(points)


def test_face_without_extent_is_an_input_error():
    with pytest.raises(InputError, match="empty"):
        face_square(np.full((468, 2), 7.0))


def test_points_there_and_back():
    square = Square(-7, 12, 90)
    points = np.random.default_rng(2).uniform(-20, 100, (3, 5, 2))
    back = square.to_image(square.to_crop(points, 256), 256)
    np.testing.assert_allclose(back, points, atol=1e-9)
    affine = square.crop_to_image(256)
    moved = square.to_crop(points, 256) @ affine[:, :2].T + affine[:, 2]
    np.testing.assert_allclose(moved, points, atol=1e-9)
    corners = square.to_crop(np.array([[-7.0, 12.0], [83.0, 102.0]]), 256)
    np.testing.assert_allclose(corners, [[0, 0], [256, 256]])


@pytest.mark.parametrize("size", [20, 160])
def test_pictures_move_as_points_do(size):
    image = np.zeros((100, 120, 3), np.uint8)
    image[40:50, 60:70] = 255  # centred on (65, 45)
    square = Square(30, 20, 80)
    crop = crop_face(image, square, size)[..., 0].astype(float)
    middles = np.arange(size) + 0.5
    centre = np.array([crop.sum(0) @ middles, crop.sum(1) @ middles]) / crop.sum()
    expected = square.to_crop(np.array([65.0, 45.0]), size)
    np.testing.assert_allclose(centre, expected, atol=0.1)


def test_crop_within_the_picture_is_the_picture(picture):
    crop = crop_face(picture, Square(10, 5, 40), 40)
    np.testing.assert_array_equal(crop, picture[5:45, 10:50])
    crop[:] = 0
    assert picture.any()  # not a view of it


def test_border_is_mirrored_blurred_and_fades_to_the_median(picture):
    # the rule pixel by pixel, at the crop's own resolution
    square, side = Square(-12, 30, 48), 48  # 12 columns too far left, 18 rows down
    extended = np.pad(picture[30:60, 0:36], ((0, 18), (12, 0), (0, 0)), "reflect")
    blurred = cv2.GaussianBlur(extended.astype(np.float32), (0, 0), 0.016 * side)
    expected = np.empty((side, side, 3))
    depth = np.empty((side, side))
    for y in range(side):
        for x in range(side):
            across, down = 1 - (x + 0.5) / 12, 1 - (side - y - 0.5) / 18
            depth[y, x] = max(across, down)
            share = min(max(3 * depth[y, x] + 1, 0), 1)
            old, new = extended[y, x].astype(float), blurred[y, x]
            expected[y, x] = old + share * (new - old)
    median = np.median(expected, axis=(0, 1))
    expected += (median - expected) * depth.clip(0, 1)[..., None]
    crop = crop_face(picture, square, side)
    np.testing.assert_allclose(crop, expected, atol=0.6)
    inner = depth < -1 / 3
    np.testing.assert_array_equal(crop[inner], extended[inner])


def test_square_much_larger_than_the_picture(picture):
    crop = crop_face(picture, Square(-300, -300, 700), 64)
    median = np.median(crop, axis=(0, 1))
    assert np.abs(crop[0, 0] - median).max() <= 3


def test_square_beside_the_picture_is_an_input_error(picture):
    for square in (Square(80, 0, 20), Square(0, -20, 20)):
        with pytest.raises(InputError, match="outside of the picture"):
            crop_face(picture, square, 32)
        with pytest.raises(InputError, match="outside of the picture"):
            crop_mask(np.ones((60, 80), np.float32), square, 32)


def test_mask_ends_above_goes_on_below_and_fades_to_the_sides():
    everywhere = np.ones((60, 80), np.float32)
    above = crop_mask(everywhere, Square(20, -20, 40), 40)
    assert (above[:14] == 0).all() and (above[30:] == 255).all()
    below = crop_mask(everywhere, Square(20, 40, 40), 40)
    assert (below == 255).all()
    beside = crop_mask(everywhere, Square(-20, 10, 40), 40)
    assert (beside[:, 20:] == 255).all()
    assert (np.diff(beside[20, :20].astype(int)) > 0).all() and beside[20, 0] < 8


def test_mask_within_the_picture_is_in_bytes():
    mask = np.linspace(0, 1, 100, dtype=np.float32).reshape(10, 10)
    crop = crop_mask(mask, Square(2, 2, 6), 6)
    np.testing.assert_array_equal(crop, np.rint(mask[2:8, 2:8] * 255))


@pytest.mark.parametrize("square", [Square(10, 5, 40), Square(-9, -5, 40)])
def test_pasting_back_what_was_cut_out_changes_nothing(picture, square):
    whole = np.ones((40, 40), np.float32)
    patch = crop_face(picture, square, 40)
    pasted = paste(picture, patch, whole, square)
    if square.left >= 0:
        np.testing.assert_array_equal(pasted, picture)
    outside = np.ones(picture.shape[:2], bool)
    outside[max(square.top, 0) : square.top + 40, max(square.left, 0) :][:, :40] = False
    np.testing.assert_array_equal(pasted[outside], picture[outside])


def test_pasting_blends_by_the_mask(picture):
    square, red = Square(50, 30, 40), np.full((64, 64, 3), (255, 0, 0), np.uint8)
    mask = np.full((64, 64), 0.25, np.float32)
    pasted = paste(picture, red, mask, square).astype(float)
    expected = picture.astype(float)
    expected[30:, 50:] += 0.25 * (np.array([255.0, 0, 0]) - expected[30:, 50:])
    np.testing.assert_allclose(pasted, expected, atol=0.5 + 1e-3)
    unchanged = paste(picture, red, 0 * mask, square)
    np.testing.assert_array_equal(unchanged, picture)


def test_share_outside():
    assert Square(0, 0, 10).outside(10, 10) == 0
    assert Square(-5, -5, 10).outside(20, 20) == pytest.approx(0.75)
    assert Square(-20, 0, 10).outside(20, 20) == 1
