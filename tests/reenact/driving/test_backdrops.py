"""What is behind the avatar."""

import numpy as np
import pytest

from human_capture.common.errors import InputError
from human_capture.common.images import write_image
from human_capture.reenact.crops import Square
from human_capture.reenact.driving.animator import Drawing
from human_capture.reenact.driving.backdrops import (
    DriverBackdrop,
    border_fade,
    make_backdrop,
    seen,
)

NOISE = np.random.default_rng(0)
FRAME = NOISE.integers(0, 256, (90, 120, 3), np.uint8)
SQUARE = Square(30, 20, 48)


def drawing(share, colour=200, size=32):
    return Drawing(
        np.full((size, size, 3), colour, np.uint8),
        np.full((size, size), share, np.float32),
    )


@pytest.mark.parametrize(
    ("name", "colour"), [("black", (0, 0, 0)), ("#10ff20", (16, 255, 32))]
)
def test_a_colour_shows_where_the_avatar_does_not(name, colour):
    backdrop = make_backdrop(name, 32)
    assert (backdrop(drawing(0.0), FRAME, SQUARE) == colour).all()
    assert (backdrop(drawing(1.0), FRAME, SQUARE) == 200).all()
    half = backdrop(drawing(0.5), FRAME, SQUARE)[0, 0]
    assert half == pytest.approx((np.array(colour) + 200) / 2, abs=1)


def test_a_picture_shows_behind_the_avatar(tmp_path):
    write_image(tmp_path / "wall.png", FRAME)
    backdrop = make_backdrop(str(tmp_path / "wall.png"), 32)
    picture = backdrop(drawing(0.0), FRAME, None)
    assert np.array_equal(picture, seen(FRAME, Square(15, 0, 90), 32))


def test_in_the_drivers_frame_nothing_outside_the_square_changes():
    picture = DriverBackdrop()(drawing(1.0), FRAME, SQUARE)
    outside = np.ones(FRAME.shape[:2], bool)
    outside[20:68, 30:78] = False
    assert np.array_equal(picture[outside], FRAME[outside])
    assert (picture[32:56, 42:66] == 200).all()


def test_the_drawing_fades_out_at_the_squares_borders():
    frame = np.zeros_like(FRAME)
    picture = DriverBackdrop(0.1)(drawing(1.0), frame, SQUARE)[..., 0].astype(int)
    row = picture[44, 28:54]
    assert row[2] < 30 and row[-1] == 200
    assert (np.diff(row) >= 0).all() and np.diff(row).max() < 90
    fade = border_fade(64, 0.1)
    assert np.array_equal(fade, fade.T) and np.array_equal(fade, fade[::-1])


def test_before_a_head_was_seen_the_drivers_frame_is_shown():
    assert np.array_equal(DriverBackdrop()(drawing(1.0), FRAME, None), FRAME)


@pytest.mark.parametrize("name", ["blakc", "#12", ""])
def test_what_is_no_background_is_one_sentence(name):
    with pytest.raises(InputError, match="is no background; give driver, a colour"):
        make_backdrop(name, 32)


def test_a_missing_picture_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="There is no image"):
        make_backdrop(str(tmp_path / "none.png"), 32)
