import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from human_capture.common.detectors.regions import ImagePyramid, Region
from human_capture.common.errors import InputError

REGIONS = st.builds(
    Region,
    x=st.floats(-500, 4000),
    y=st.floats(-500, 4000),
    side=st.floats(5, 5000),
    rotation=st.floats(-7, 7),
)


def noise(height, width):
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (height, width, 3), dtype=np.uint8)


def ramp(height, width):
    """Red grows by one a column and green by one a row."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns, rows, 0 * rows], -1).astype(np.uint8)


@given(region=REGIONS, points=st.lists(st.tuples(*[st.floats(-1, 2)] * 2), min_size=1))
def test_points_come_back_within_a_ten_thousandth_of_a_pixel(region, points):
    fractions = np.array(points)
    pixels = region.to_image(fractions)
    again = region.to_image(region.from_image(pixels))
    np.testing.assert_allclose(again, pixels, atol=1e-4)
    np.testing.assert_allclose(region.from_image(pixels), fractions, atol=1e-7)


def test_upright_region_spans_its_square():
    corners = Region(100.0, 60.0, 40.0).to_image(np.array([[0.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_allclose(corners, [[80, 40], [120, 80]], atol=1e-9)


def test_axis_of_the_body_becomes_the_upward_direction():
    centre, top = np.array([50.0, 40.0]), np.array([80.0, 0.0])
    region = Region.from_axis(centre, top, scale=1.25)
    assert region.side == pytest.approx(2 * 1.25 * 50)
    np.testing.assert_allclose(region.from_image(centre), [0.5, 0.5], atol=1e-9)
    np.testing.assert_allclose(region.from_image(top), [0.5, 0.1], atol=1e-9)


@pytest.mark.parametrize(
    ("top", "degrees"), [((0, -1), 0), ((1, 0), 90), ((-1, 0), -90), ((1, -1), 45)]
)
def test_rotation_is_clockwise_from_upright(top, degrees):
    region = Region.from_axis(np.zeros(2), np.array(top, float))
    assert math.degrees(region.rotation) == pytest.approx(degrees)


@pytest.mark.parametrize("degrees", [0, 30, 90, -45])
def test_region_around_an_image_holds_all_corners_and_touches_two(degrees):
    corners = np.array([[0.0, 0.0], [640.0, 0.0], [0.0, 480.0], [640.0, 480.0]])
    region = Region.around_image(480, 640, math.radians(degrees))
    fractions = region.from_image(corners)
    assert fractions.min() == pytest.approx(0, abs=1e-9)
    assert fractions.max() == pytest.approx(1, abs=1e-9)


def test_unscaled_crop_copies_pixels():
    image = noise(40, 50)
    crop = Region(25.0, 20.0, 20.0).crop(ImagePyramid(image), 20)
    np.testing.assert_array_equal(crop, image[10:30, 15:35])


def test_quarter_turned_crop_turns_pixels():
    image = noise(40, 40)
    crop = Region(20.0, 20.0, 20.0, math.pi / 2.0).crop(ImagePyramid(image), 20)
    np.testing.assert_array_equal(crop, np.rot90(image[10:30, 10:30]))


@pytest.mark.parametrize("side", [50.0, 100.0, 150.0])
def test_scaled_crop_samples_at_exact_pixel_centres(side):
    region, size = Region(100.0, 90.0, side, 0.3), 25
    crop = region.crop(ImagePyramid(ramp(200, 200)), size)
    axis = (np.arange(size) + 0.5) / size
    grid = np.stack(np.meshgrid(axis, axis), -1)
    # A pixel's value is its index; its centre lies half a pixel further.
    np.testing.assert_allclose(crop[..., :2], region.to_image(grid) - 0.5, atol=0.6)


def test_letterbox_pads_with_the_border_and_maps_back():
    image = np.full((60, 100, 3), 200, np.uint8)
    region = Region.around_image(60, 100)
    crop = region.crop(ImagePyramid(image), 100, border=0)
    assert (crop[:20] == 0).all() and (crop[80:] == 0).all()
    assert (crop[20:80] == 200).all()
    np.testing.assert_allclose(region.to_image(np.array([0.3, 0.2])), [30, 0])


def test_crop_without_border_repeats_the_outermost_pixels():
    image = noise(20, 20)
    crop = Region(0.0, 10.0, 20.0).crop(ImagePyramid(image), 20)
    np.testing.assert_array_equal(crop[:, :10], np.repeat(image[:, :1], 10, axis=1))


def test_very_large_steps_average_instead_of_skipping():
    stripes = np.zeros((640, 640, 3), np.uint8)
    stripes[:, ::2] = 200
    crop = Region(320.0, 320.0, 640.0).crop(ImagePyramid(stripes), 20)
    np.testing.assert_allclose(crop, 100, atol=1)


def test_neighbouring_regions_resemble_each_other():
    region = Region(100.0, 100.0, 50.0, 3.1)
    assert region.resembles(Region(102.0, 101.0, 52.0, 3.1 - 2.0 * math.pi), 0.1)
    assert not region.resembles(Region(120.0, 100.0, 50.0, 3.1), 0.1)
    assert not region.resembles(Region(100.0, 100.0, 80.0, 3.1), 0.1)
    assert not region.resembles(Region(100.0, 100.0, 50.0, 2.8), 0.1)


@pytest.mark.parametrize(
    "image", [np.zeros((10, 10, 3)), np.zeros((10, 10, 4), np.uint8)]
)
@pytest.mark.filterwarnings("ignore")
def test_other_images_are_refused_in_one_sentence(image):
    refuse = getattr(ImagePyramid.__init__, "__wrapped__", ImagePyramid.__init__)
    with pytest.raises(InputError, match="RGB bytes"):
        refuse(object.__new__(ImagePyramid), image)


def test_an_image_of_one_row_is_refused():
    with pytest.raises(InputError, match="too small"):
        ImagePyramid(np.zeros((1, 10, 3), np.uint8))
